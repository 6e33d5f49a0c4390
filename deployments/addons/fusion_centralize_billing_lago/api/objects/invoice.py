"""An invoice of Odoo, as far as it is one service's."""

from odoo import fields

from ..lago_id import lago_id
from .customer import CUSTOMER
from .fee import FEE, fees_of_invoice, lines_of
from .subscription import SUBSCRIPTION
from .table import (
    CENTS,
    DAY_,
    FLAG,
    ID,
    MOMENT_,
    NOTHING,
    TEXT,
    TEXT_,
    WHOLE,
    Table,
    list_of,
    or_null,
)
from .values import cents, day

STATUSES = {"draft": "draft", "posted": "finalized", "cancel": "voided"}
_PAID = ("paid", "in_payment", "reversed")


def customer_of(move, service):
    """Return the account link of the service that an invoice is for."""
    orders = lines_of(move, service).sale_line_ids.order_id
    return orders.filtered(lambda order: order.x_fc_service_id == service)[:1]._fc_link()


def payment_status(move) -> str:
    """Return succeeded, failed (the last attempt to pay did) or pending."""
    if move.payment_state in _PAID:
        return "succeeded"
    transactions = move.sudo().transaction_ids.sorted("id")
    return "failed" if transactions[-1:].state == "error" else "pending"


def is_overdue(move) -> bool:
    """Tell whether a posted invoice should have been paid before today."""
    if move.state != "posted" or move.payment_state in _PAID or not move.invoice_date_due:
        return False
    return move.invoice_date_due < fields.Date.context_today(move)


class _Seen:
    """An ``account.move`` with a line of the service, and the amounts of that service's lines.

    Args:
        move: A customer invoice.
        service: The ``fusion.billing.service`` that asks.
    """

    def __init__(self, move, service) -> None:
        self.move, self.service = move, service
        self.lines = lines_of(move, service)
        untaxed, tax, due = self._amounts()
        self.fees, self.taxes, self.due = (
            cents(amount, move.currency_id) for amount in (untaxed, tax, due)
        )
        self.total = self.fees + self.taxes

    def _amounts(self) -> tuple[float, float, float]:
        """Return what the lines cost before tax, their tax, and what is not paid."""
        move, lines = self.move, self.lines
        if lines == lines_of(move):
            return move.amount_untaxed, move.amount_tax, _unpaid(move)
        untaxed = sum(lines.mapped("price_subtotal"))
        total = sum(lines.mapped("price_total"))
        share = total / move.amount_total if move.amount_total else 0
        return untaxed, total - untaxed, _unpaid(move) * share

    @property
    def orders(self):
        orders = self.lines.sale_line_ids.order_id
        return orders.filtered(lambda order: order.x_fc_service_id == self.service)


def _unpaid(move) -> float:
    if move.state == "cancel":
        return 0.0
    return move.amount_residual if move.state == "posted" else move.amount_total


def _term_days(move) -> int:
    issued = move.invoice_date or move.date
    return max((move.invoice_date_due - issued).days, 0) if move.invoice_date_due else 0


def _customer(seen: _Seen) -> dict | None:
    link = customer_of(seen.move, seen.service)
    return CUSTOMER.show(link) if link else None


INVOICE = Table(
    "Invoice",
    {
        "lago_id": (ID, lambda seen: lago_id(seen.move)),
        "billing_entity_code": (TEXT, lambda seen: seen.service.code),
        "sequential_id": (WHOLE, lambda seen: seen.move.id),
        "number": (TEXT, lambda seen: seen.move.name or f"DRAFT-{seen.move.id}"),
        "issuing_date": (DAY_, lambda seen: day(seen.move.invoice_date or seen.move.date)),
        "payment_due_date": (DAY_, lambda seen: day(seen.move.invoice_date_due)),
        "net_payment_term": (WHOLE, lambda seen: _term_days(seen.move)),
        "invoice_type": (TEXT, "subscription"),
        "status": (
            {"type": "string", "enum": ["draft", "finalized", "voided"]},
            lambda seen: STATUSES[seen.move.state],
        ),
        "payment_status": (
            {"type": "string", "enum": ["pending", "succeeded", "failed"]},
            lambda seen: payment_status(seen.move),
        ),
        "payment_overdue": (FLAG, lambda seen: is_overdue(seen.move)),
        "payment_dispute_lost_at": (MOMENT_, None),
        "currency": (TEXT, lambda seen: seen.move.currency_id.name),
        "fees_amount_cents": (CENTS, lambda seen: seen.fees),
        "taxes_amount_cents": (CENTS, lambda seen: seen.taxes),
        "coupons_amount_cents": (CENTS, 0),
        "credit_notes_amount_cents": (CENTS, 0),
        "progressive_billing_credit_amount_cents": (CENTS, 0),
        "prepaid_credit_amount_cents": (CENTS, 0),
        "prepaid_granted_credit_amount_cents": (CENTS, 0),
        "prepaid_purchased_credit_amount_cents": (CENTS, 0),
        "sub_total_excluding_taxes_amount_cents": (CENTS, lambda seen: seen.fees),
        "sub_total_including_taxes_amount_cents": (CENTS, lambda seen: seen.total),
        "total_amount_cents": (CENTS, lambda seen: seen.total),
        "total_due_amount_cents": (CENTS, lambda seen: seen.due),
        "total_paid_amount_cents": (CENTS, lambda seen: seen.total - seen.due),
        "version_number": (WHOLE, 4),
        "self_billed": (FLAG, False),
        "voided_at": (MOMENT_, None),
        "file_url": (TEXT_, None),
        "xml_url": (TEXT_, None),
        "customer": (or_null(CUSTOMER.schema), _customer),
        "metadata": (NOTHING, []),
        "applied_taxes": (NOTHING, []),
    },
    more={
        "subscriptions": (
            list_of(SUBSCRIPTION.ref),
            lambda seen: [SUBSCRIPTION.show(order) for order in seen.orders],
        ),
        "fees": (list_of(FEE.ref), lambda seen: fees_of_invoice(seen.move, seen.service)),
        "credits": (NOTHING, []),
        "error_details": (NOTHING, []),
    },
    root="invoice",
    plural="invoices",
    view=_Seen,
)

"""An invoice of Odoo, as far as it is one service's."""

from odoo import fields

from ..lago_id import lago_id
from .customer import customer_object
from .fee import fees_of_invoice, lines_of
from .subscription import subscription_object
from .values import cents, day

STATUSES = {"draft": "draft", "posted": "finalized", "cancel": "voided"}
_PAID = ("paid", "in_payment", "reversed")


def invoice_object(move, service, *, full: bool = False) -> dict:
    """Return an ``account.move`` as Lago's ``invoice``.

    An invoice that also bills another service shows the amounts of this service's lines only.

    Args:
        move: A customer invoice with a line of the service.
        service: The ``fusion.billing.service`` that asks.
        full: Also its fees and subscriptions, as of a single invoice.
    """
    currency, lines = move.currency_id, lines_of(move, service)
    untaxed, tax, due = _amounts(move, lines)
    fees, taxes, open_cents = (cents(amount, currency) for amount in (untaxed, tax, due))
    total = fees + taxes
    status = STATUSES[move.state]
    link = customer_of(move, service)
    body = {
        "lago_id": lago_id(move),
        "billing_entity_code": service.code,
        "sequential_id": move.id,
        "number": move.name or f"DRAFT-{move.id}",
        "issuing_date": day(move.invoice_date or move.date),
        "payment_due_date": day(move.invoice_date_due),
        "net_payment_term": _term_days(move),
        "invoice_type": "subscription",
        "status": status,
        "payment_status": payment_status(move),
        "payment_overdue": is_overdue(move),
        "payment_dispute_lost_at": None,
        "currency": currency.name,
        "fees_amount_cents": fees,
        "taxes_amount_cents": taxes,
        "coupons_amount_cents": 0,
        "credit_notes_amount_cents": 0,
        "progressive_billing_credit_amount_cents": 0,
        "prepaid_credit_amount_cents": 0,
        "prepaid_granted_credit_amount_cents": 0,
        "prepaid_purchased_credit_amount_cents": 0,
        "sub_total_excluding_taxes_amount_cents": fees,
        "sub_total_including_taxes_amount_cents": total,
        "total_amount_cents": total,
        "total_due_amount_cents": open_cents,
        "total_paid_amount_cents": total - open_cents,
        "version_number": 4,
        "self_billed": False,
        "voided_at": None,
        "file_url": None,
        "xml_url": None,
        "customer": customer_object(link) if link else None,
        "metadata": [],
        "applied_taxes": [],
    }
    if full:
        orders = lines.sale_line_ids.order_id
        orders = orders.filtered(lambda order: order.x_fc_service_id == service)
        body["subscriptions"] = [subscription_object(order) for order in orders]
        body["fees"] = fees_of_invoice(move, service)
        body["credits"] = []
        body["error_details"] = []
    return body


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


def _amounts(move, lines) -> tuple[float, float, float]:
    """Return what the service's lines cost before tax, their tax, and what is not paid."""
    if lines == lines_of(move):
        return move.amount_untaxed, move.amount_tax, _unpaid(move)
    untaxed = sum(lines.mapped("price_subtotal"))
    total = sum(lines.mapped("price_total"))
    share = total / move.amount_total if move.amount_total else 0
    return untaxed, total - untaxed, _unpaid(move) * share


def _unpaid(move) -> float:
    if move.state == "cancel":
        return 0.0
    return move.amount_residual if move.state == "posted" else move.amount_total


def _term_days(move) -> int:
    issued = move.invoice_date or move.date
    return max((move.invoice_date_due - issued).days, 0) if move.invoice_date_due else 0

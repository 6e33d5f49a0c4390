"""An invoice of Odoo, as far as it is one service's."""

from datetime import timedelta
from functools import cached_property
from uuid import uuid4

from odoo import fields
from odoo.tools import SQL

from ..lago_id import lago_id
from .coupon import credits_of_line
from .customer import CUSTOMER, metadata_id
from .fee import FEE, fees_of_invoice, lines_of, lowers
from .subscription import SUBSCRIPTION
from .table import (
    CENTS,
    DAY_,
    FLAG,
    FREE,
    ID,
    MOMENT,
    MOMENT_,
    NOTHING,
    TEXT,
    TEXT_,
    WHOLE,
    Table,
    list_of,
    one_of,
    or_null,
)
from .tax import taxes_of_lines
from .values import PAID, cents, day, moment

STATUSES = {"draft": "draft", "posted": "finalized", "cancel": "voided"}
PAYMENT_STATUSES = ("pending", "succeeded", "failed")


def customer_of(move, service):
    """Return the account link of the service that an invoice is for."""
    orders = lines_of(move, service).sale_line_ids.order_id
    link = orders.filtered(lambda order: order.x_fc_service_id == service)[:1]._fc_link()
    if link:
        return link
    return move.x_fc_link_id.filtered(lambda one: one.service_id == service)


def payment_status(move) -> str:
    """Return succeeded, failed (the last attempt to pay did) or pending."""
    if move.payment_state in PAID:
        return "succeeded"
    transactions = move.sudo().transaction_ids.sorted("id")
    return "failed" if transactions[-1:].state == "error" else "pending"


def is_overdue(move) -> bool:
    """Tell whether a posted invoice should have been paid before today."""
    if move.state != "posted" or move.payment_state in PAID or not move.invoice_date_due:
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
        self.told = move.x_fc_api_values or {}
        self.lines = lines_of(move, service)
        lowering = self.lines.filtered(lowers)
        untaxed, tax, due = self._amounts()
        self.coupons = -cents(sum(lowering.mapped("price_subtotal")), move.currency_id)
        self.untaxed, self.taxes, self.due = (
            cents(amount, move.currency_id) for amount in (untaxed, tax, due)
        )
        self.fees = self.untaxed + self.coupons
        self.used = Used(move)

    @property
    def total(self) -> int:
        """What the customer has to pay: less what credits have paid."""
        return self.untaxed + self.taxes - self.used.notes - self.used.prepaid

    def _amounts(self) -> tuple[float, float, float]:
        """Return what the lines cost before tax, their tax, and what is not paid."""
        move, lines = self.move, self.lines
        if lines == lines_of(move):
            return move.amount_untaxed, move.amount_tax, _unpaid(move)
        untaxed = sum(lines.mapped("price_subtotal"))
        total = sum(lines.mapped("price_total"))
        share = total / move.amount_total if move.amount_total else 0
        return untaxed, total - untaxed, _unpaid(move) * share

    @cached_property
    def orders(self):
        orders = self.lines.sale_line_ids.order_id
        return orders.filtered(lambda order: order.x_fc_service_id == self.service)

    @cached_property
    def link(self):
        return customer_of(self.move, self.service)


class Used:
    """What credits have paid of an invoice, in cents.

    Attributes:
        notes: By credit notes.
        granted: By prepaid credits that were granted.
        purchased: By those that were paid for.
        credit_notes: The credit notes, each with how much of it.
    """

    def __init__(self, move) -> None:
        self.notes = self.granted = self.purchased = 0
        self.credit_notes = {}
        partials = move.line_ids.matched_credit_ids if move.state == "posted" else ()
        for partial in partials:
            source = partial.credit_move_id.move_id
            amount = cents(partial.debit_amount_currency, move.currency_id)
            if source.move_type == "out_refund":
                self.notes += amount
                self.credit_notes[source] = self.credit_notes.get(source, 0) + amount
            elif _wallet_kind(source) == "granted":
                self.granted += amount
            elif _wallet_kind(source) == "purchased":
                self.purchased += amount

    @property
    def prepaid(self) -> int:
        """What prepaid credits have paid."""
        return self.granted + self.purchased


def _wallet_kind(source) -> str | None:
    """Return what kind of prepaid credit a posted entry is; None: it is none."""
    if source.move_type != "entry":
        return None
    env = source.env
    one = env["fusion.billing.wallet.transaction"].search([("move_id", "=", source.id)], limit=1)
    if one:
        return one.kind
    opening = env["fusion.billing.opening.credit"].search([("move_id", "=", source.id)], limit=1)
    return {"wallet_granted": "granted", "wallet_paid": "purchased"}.get(opening.kind)


def _unpaid(move) -> float:
    if move.state == "cancel":
        return 0.0
    return move.amount_residual if move.state == "posted" else move.amount_total


def _term_days(move) -> int:
    issued = move.invoice_date or move.date
    return max((move.invoice_date_due - issued).days, 0) if move.invoice_date_due else 0


def _customer(seen: _Seen) -> dict | None:
    return CUSTOMER.show(seen.link) if seen.link else None


def invoice_type(move) -> str:
    """Return Lago's word for what an invoice is."""
    return move.x_fc_kind if move.x_fc_kind in ("one_off", "credit") else "subscription"


def pdf_url(move) -> str | None:
    """Return where a posted invoice's PDF is: an address that holds its own key."""
    if move.state != "posted":
        return None
    if not move.access_token:
        # To be read is no update: Odoo's own way would move the date of the last one.
        token = SQL(
            "UPDATE account_move SET access_token = %s WHERE id = %s AND access_token IS NULL",
            str(uuid4()),
            move.id,
        )
        move.env.cr.execute(token)
        move.invalidate_recordset(["access_token"])
    path = move.sudo().get_portal_url(report_type="pdf", download=True)
    return f"{move.get_base_url()}{path}"


def metadata_list(record, told) -> list[dict]:
    """Return what a service keeps with a record, each pair with an id."""
    return [
        {
            "lago_id": metadata_id(record, key),
            "key": key,
            "value": value,
            "created_at": moment(record.create_date),
        }
        for key, value in (told or {}).items()
    ]


def _credits(seen: _Seen) -> list[dict]:
    currency = seen.move.currency_id
    coupons = seen.lines.filtered("x_fc_applied_coupon_id")
    return [
        *(credits_of_line(line, currency) for line in coupons),
        *(
            {
                "lago_id": metadata_id(note, str(seen.move.id)),
                "amount_cents": amount,
                "amount_currency": currency.name,
                "before_taxes": False,
                "item": {
                    "lago_item_id": lago_id(note),
                    "type": "credit_note",
                    "code": note.name or "",
                    "name": note.name or "",
                },
                "invoice": {
                    "lago_id": lago_id(seen.move),
                    "payment_status": payment_status(seen.move),
                },
            }
            for note, amount in seen.used.credit_notes.items()
        ),
    ]


def _billing_periods(seen: _Seen) -> list[dict]:
    """Return which days of which subscriptions an invoice bills."""
    return [period for order in seen.orders if (period := _period(seen, order))]


def _period(seen: _Seen, order) -> dict | None:
    lines = seen.lines.filtered(lambda line: order in line.sale_line_ids.order_id)
    flat = lines.filtered("x_fc_period_start")[:1]
    ratings = seen.move.env["fusion.billing.rating"].search(
        [("order_line_id", "in", lines.sale_line_ids.ids)], order="period_start"
    )
    first, last = (
        flat.x_fc_period_start or ratings[:1].period_start,
        flat.x_fc_period_end or ratings[-1:].period_end,
    )
    if not first or not last or not order.x_fc_service_plan_id:
        return None
    second = timedelta(seconds=1)
    return {
        "lago_subscription_id": lago_id(order),
        "external_subscription_id": order._fc_public_id(),
        "lago_plan_id": lago_id(order.x_fc_service_plan_id),
        "subscription_from_datetime": moment(first),
        "subscription_to_datetime": moment(last - second),
        "charges_from_datetime": moment(ratings[:1].period_start or first),
        "charges_to_datetime": moment((ratings[-1:].period_end or last) - second),
        "invoicing_reason": "subscription_periodic",
    }


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
        "invoice_type": (TEXT, lambda seen: invoice_type(seen.move)),
        "status": (one_of(*STATUSES.values()), lambda seen: STATUSES[seen.move.state]),
        "payment_status": (one_of(*PAYMENT_STATUSES), lambda seen: payment_status(seen.move)),
        "payment_overdue": (FLAG, lambda seen: is_overdue(seen.move)),
        "payment_dispute_lost_at": (MOMENT_, lambda seen: seen.told.get("dispute_lost_at")),
        "currency": (TEXT, lambda seen: seen.move.currency_id.name),
        "fees_amount_cents": (CENTS, lambda seen: seen.fees),
        "taxes_amount_cents": (CENTS, lambda seen: seen.taxes),
        "coupons_amount_cents": (CENTS, lambda seen: seen.coupons),
        "credit_notes_amount_cents": (CENTS, lambda seen: seen.used.notes),
        "progressive_billing_credit_amount_cents": (CENTS, 0),
        "prepaid_credit_amount_cents": (CENTS, lambda seen: seen.used.prepaid),
        "prepaid_granted_credit_amount_cents": (CENTS, lambda seen: seen.used.granted),
        "prepaid_purchased_credit_amount_cents": (CENTS, lambda seen: seen.used.purchased),
        "sub_total_excluding_taxes_amount_cents": (CENTS, lambda seen: seen.untaxed),
        "sub_total_including_taxes_amount_cents": (CENTS, lambda seen: seen.untaxed + seen.taxes),
        "total_amount_cents": (CENTS, lambda seen: seen.total),
        "total_due_amount_cents": (CENTS, lambda seen: seen.due),
        "total_paid_amount_cents": (CENTS, lambda seen: seen.total - seen.due),
        "version_number": (WHOLE, 4),
        "self_billed": (FLAG, False),
        "voided_at": (
            MOMENT_,
            lambda seen: moment(seen.move.write_date) if seen.move.state == "cancel" else None,
        ),
        "created_at": (MOMENT, lambda seen: moment(seen.move.create_date)),
        "updated_at": (MOMENT, lambda seen: moment(seen.move.write_date)),
        "file_url": (TEXT_, lambda seen: pdf_url(seen.move)),
        "xml_url": (TEXT_, None),
        "customer": (or_null(CUSTOMER.schema), _customer),
        "metadata": (
            list_of(FREE),
            lambda seen: metadata_list(seen.move, seen.told.get("metadata")),
        ),
        "applied_taxes": (list_of(FREE), lambda seen: taxes_of_lines(seen.service, seen.lines)),
    },
    more={
        "subscriptions": (
            list_of(SUBSCRIPTION.ref),
            lambda seen: [SUBSCRIPTION.show(order) for order in seen.orders],
        ),
        "fees": (list_of(FEE.ref), lambda seen: fees_of_invoice(seen.move, seen.service)),
        "credits": (list_of(FREE), _credits),
        "billing_periods": (list_of(FREE), _billing_periods),
        "error_details": (NOTHING, []),
    },
    root="invoice",
    model="account.move",
    view=_Seen,
    bare=("payment_dispute_lost_at", "file_url", "payment_due_date"),
)

"""A credit note that a service asked for."""

from ..lago_id import lago_id
from .customer import CUSTOMER
from .fee import FEE, fee_of
from .invoice import pdf_url
from .table import (
    CENTS,
    DAY,
    FLAG,
    FREE,
    ID,
    MOMENT,
    NOTHING,
    NUMBER,
    TEXT,
    TEXT_,
    WHOLE,
    Table,
    list_of,
    or_null,
)
from .tax import taxes_of_lines
from .values import cents, day, moment

REASONS = (
    "duplicated_charge",
    "product_unsatisfactory",
    "order_change",
    "order_cancellation",
    "fraudulent_charge",
    "other",
)


class _Seen:
    """An ``account.move`` of type ``out_refund`` of a service's account."""

    def __init__(self, note) -> None:
        self.note, self.link, self.currency = note, note.x_fc_link_id, note.currency_id
        self.told = note.x_fc_api_values or {}
        self.use = self.told.get("use", "credit")
        self.lines = note.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        self.invoice = self.lines.x_fc_fee_line_id.move_id[:1]
        self.total = cents(note.amount_total, note.currency_id)
        self.left = cents(note.amount_residual, note.currency_id) if note.state == "posted" else 0

    def of_use(self, use: str) -> int:
        """Return the total if the credit note is for this."""
        return self.total if self.use == use else 0


def _credit_status(seen: _Seen) -> str | None:
    if seen.use != "credit":
        return None
    if seen.note.state == "cancel" or seen.told.get("voided"):
        return "voided"
    return "available" if seen.left else "consumed"


def _refund_status(seen: _Seen) -> str | None:
    if seen.use != "refund":
        return None
    return seen.told.get("refund_status") or ("pending" if seen.left else "succeeded")


def _items(seen: _Seen) -> list[dict]:
    return [
        {
            "lago_id": lago_id(line),
            "amount_cents": cents(line.price_subtotal, seen.currency),
            "amount_currency": seen.currency.name,
            "fee": FEE.show(fee_of(line.x_fc_fee_line_id, seen.link.service_id)),
        }
        for line in seen.lines
        if line.x_fc_fee_line_id
    ]


CREDIT_NOTE = Table(
    "CreditNote",
    {
        "lago_id": (ID, lambda seen: lago_id(seen.note)),
        "billing_entity_code": (TEXT, lambda seen: seen.link.service_id.code),
        "sequential_id": (WHOLE, lambda seen: seen.note.id),
        "number": (TEXT, lambda seen: seen.note.name or f"DRAFT-{seen.note.id}"),
        "lago_invoice_id": (ID, lambda seen: lago_id(seen.invoice)),
        "invoice_number": (TEXT, lambda seen: seen.invoice.name or ""),
        "issuing_date": (DAY, lambda seen: day(seen.note.invoice_date or seen.note.date)),
        "credit_status": (TEXT_, _credit_status),
        "refund_status": (TEXT_, _refund_status),
        "reason": (TEXT, lambda seen: seen.told.get("reason") or "other"),
        "description": (TEXT_, lambda seen: seen.told.get("description")),
        "currency": (TEXT, lambda seen: seen.currency.name),
        "total_amount_cents": (CENTS, lambda seen: seen.total),
        "taxes_amount_cents": (CENTS, lambda seen: cents(seen.note.amount_tax, seen.currency)),
        "taxes_rate": (
            NUMBER,
            lambda seen: (
                round(100 * seen.note.amount_tax / seen.note.amount_untaxed, 5)
                if seen.note.amount_untaxed
                else 0.0
            ),
        ),
        "sub_total_excluding_taxes_amount_cents": (
            CENTS,
            lambda seen: cents(seen.note.amount_untaxed, seen.currency),
        ),
        "balance_amount_cents": (
            CENTS,
            lambda seen: seen.left if _credit_status(seen) == "available" else 0,
        ),
        "credit_amount_cents": (CENTS, lambda seen: seen.of_use("credit")),
        "refund_amount_cents": (CENTS, lambda seen: seen.of_use("refund")),
        "offset_amount_cents": (CENTS, lambda seen: seen.of_use("offset")),
        "coupons_adjustment_amount_cents": (CENTS, 0),
        "self_billed": (FLAG, False),
        "created_at": (MOMENT, lambda seen: moment(seen.note.create_date)),
        "updated_at": (MOMENT, lambda seen: moment(seen.note.write_date)),
        "file_url": (TEXT_, lambda seen: pdf_url(seen.note)),
        "items": (list_of(FREE), _items),
        "applied_taxes": (
            list_of(FREE),
            lambda seen: taxes_of_lines(seen.link.service_id, seen.lines),
        ),
        "metadata": (or_null(FREE), lambda seen: seen.told.get("metadata") or {}),
        "error_details": (NOTHING, []),
        "customer": (CUSTOMER.ref, lambda seen: CUSTOMER.show(seen.link)),
    },
    root="credit_note",
    model="account.move",
    view=_Seen,
)

"""Payments of Odoo, their receipts, cards, and requests to pay several invoices at once."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ..lago_id import lago_id, lago_id_of
from .customer import CUSTOMER
from .invoice import INVOICE
from .table import CENTS, CREATED, FLAG, FREE, ID, ID_, MOMENT, TEXT, TEXT_, WHOLE, Table, list_of
from .values import cents, moment

#: Odoo's states of a payment in Lago's words.
STATUSES = {
    "draft": "pending",
    "in_process": "succeeded",
    "paid": "succeeded",
    "canceled": "failed",
    "rejected": "failed",
}
PROVIDERS = ("adyen", "cashfree", "gocardless", "stripe", "flutterwave", "moneyhash")


class _Seen:
    """An ``account.payment`` of a service's customer.

    Args:
        payment: The payment.
        link: The account that paid.
    """

    def __init__(self, payment, link) -> None:
        self.payment, self.link = payment, link
        self.moves = payment.invoice_ids | payment.reconciled_invoice_ids
        self.transaction = payment.sudo().payment_transaction_id
        self.provider = self.transaction.provider_code or None
        self.status = STATUSES.get(payment.state, "pending")


PAYMENT = Table(
    "Payment",
    {
        "lago_id": (ID, lambda seen: lago_id(seen.payment)),
        "lago_customer_id": (ID, lambda seen: lago_id(seen.link)),
        "external_customer_id": (TEXT, lambda seen: seen.link.external_id),
        "invoice_ids": (list_of(ID), lambda seen: [lago_id(move) for move in seen.moves]),
        "invoice_numbers": (list_of(TEXT), lambda seen: seen.moves.mapped("name")),
        "lago_payable_id": (ID_, lambda seen: lago_id(seen.moves[:1])),
        "payable_type": (TEXT, "Invoice"),
        "amount_cents": (CENTS, lambda seen: cents(seen.payment.amount, seen.payment.currency_id)),
        "amount_currency": (TEXT, lambda seen: seen.payment.currency_id.name),
        "status": (TEXT, lambda seen: seen.status),
        "payment_status": (TEXT, lambda seen: seen.status),
        "type": (TEXT, lambda seen: "provider" if seen.transaction else "manual"),
        "reference": (TEXT, lambda seen: seen.payment.memo or seen.payment.name or ""),
        "payment_provider_code": (TEXT_, lambda seen: seen.provider),
        "payment_provider_type": (
            TEXT_,
            lambda seen: seen.provider if seen.provider in PROVIDERS else None,
        ),
        "external_payment_id": (TEXT_, lambda seen: seen.transaction.provider_reference or None),
        "provider_payment_id": (TEXT_, lambda seen: seen.transaction.provider_reference or None),
        "provider_customer_id": (TEXT_, lambda seen: seen.link.stripe_customer_id or None),
        "payment_method_id": (ID_, lambda seen: lago_id(seen.transaction.token_id)),
        "next_action": (FREE, {}),
        "created_at": (MOMENT, lambda seen: moment(seen.payment.create_date)),
    },
    root="payment",
    model="account.payment",
    view=_Seen,
)
PAYMENT_RECEIPT = Table(
    "PaymentReceipt",
    {
        "lago_id": (ID, lambda seen: lago_id(seen.payment)),
        "number": (TEXT, lambda seen: seen.payment.name or str(seen.payment.id)),
        "payment": (PAYMENT.ref, lambda seen: PAYMENT.show(seen.payment, seen.link)),
        "created_at": (MOMENT, lambda seen: moment(seen.payment.create_date)),
    },
    root="payment_receipt",
    model="account.payment",
    view=_Seen,
)
PAYMENT_METHOD = Table(
    "PaymentMethod",
    {
        "lago_id": (ID, lambda seen: lago_id(seen[0])),
        "is_default": (FLAG, lambda seen: seen[1]),
        "payment_provider_code": (TEXT_, lambda seen: seen[0].provider_code or None),
        "payment_provider_name": (TEXT_, lambda seen: seen[0].provider_id.name or None),
        "payment_provider_type": (TEXT, lambda seen: seen[0].provider_code or "manual"),
        "provider_method_id": (TEXT, lambda seen: seen[0].provider_ref or ""),
        "created_at": (MOMENT, lambda seen: moment(seen[0].create_date)),
    },
    root="payment_method",
    model="payment.token",
)
PAYMENT_REQUEST = Table(
    "PaymentRequest",
    {
        "lago_id": (ID, lago_id),
        "email": (TEXT, lambda request: request.email),
        "amount_cents": (CENTS, lambda request: cents(request.amount, request.currency_id)),
        "amount_currency": (TEXT, lambda request: request.currency_id.name),
        "payment_status": (TEXT, lambda request: request.payment_status),
        "created_at": CREATED,
        "customer": (CUSTOMER.ref, lambda request: CUSTOMER.show(request.link_id)),
        "invoices": (
            list_of(INVOICE.ref),
            lambda request: [
                INVOICE.show(move, request.service_id) for move in request.invoice_ids
            ],
        ),
    },
    root="payment_request",
    model="fusion.billing.payment.request",
)


class Month(NamedTuple):
    """What is told of a month.

    Attributes:
        month: Its first day.
        figure: What is counted in it, if anything is.
        key: What it is split by, if it is.
        amount: In major units.
        currency: The ``res.currency`` of the amount.
    """

    month: date
    figure: object
    key: str | None
    amount: Decimal
    currency: object


def _analytics(name: str, plural: str, **more) -> Table:
    """Return the table of figures by month."""
    return Table(
        name,
        {
            "month": (TEXT, lambda row: f"{row.month.isoformat()}T00:00:00.000Z"),
            **more,
            "amount_cents": (CENTS, lambda row: cents(row.amount, row.currency)),
            "currency": (TEXT, lambda row: row.currency.name),
        },
        plural=plural,
    )


_COUNT = (WHOLE, lambda row: row.figure)
GROSS_REVENUE = _analytics("GrossRevenue", "gross_revenues", invoices_count=_COUNT)
INVOICE_COLLECTION = _analytics(
    "InvoiceCollection",
    "invoice_collections",
    payment_status=(TEXT, lambda row: row.key),
    invoices_count=_COUNT,
)
INVOICED_USAGE = _analytics("InvoicedUsage", "invoiced_usages", code=(TEXT_, lambda row: row.key))
MRR = _analytics("Mrr", "mrrs")
OVERDUE_BALANCE = _analytics(
    "OverdueBalance",
    "overdue_balances",
    lago_invoice_ids=(
        list_of(ID),
        lambda row: [lago_id_of("account.move", move_id) for move_id in row.figure],
    ),
)

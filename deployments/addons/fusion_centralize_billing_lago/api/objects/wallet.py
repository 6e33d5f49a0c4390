"""Wallets of prepaid credits, and what comes into them and goes out."""

from decimal import ROUND_HALF_UP, Decimal

from odoo import fields

from ..lago_id import lago_id
from .table import (
    CENTS,
    CREATED,
    FLAG,
    FREE,
    ID,
    ID_,
    MOMENT_,
    NOTHING,
    TEXT,
    TEXT_,
    WHOLE,
    Table,
    all_of,
    list_of,
    one_of,
    or_null,
)
from .values import cents, decimal_text, moment

STATES = ("pending", "settled", "failed")
KINDS = ("purchased", "granted", "voided", "invoiced")
DIRECTIONS = ("inbound", "outbound")
DIGITS = {"type": "string", "pattern": r"^\d+\.\d+$"}


# Lago keeps credits to so many decimals.
_CREDITS = Decimal("0.00001")


def credits_text(amount, wallet) -> str:
    """Return an amount of money as credits of a wallet."""
    credits = max(Decimal(str(amount)), Decimal(0)) / Decimal(str(wallet.rate_amount))
    return decimal_text(credits.quantize(_CREDITS, ROUND_HALF_UP))


def _credits(movements) -> Decimal:
    """Return the credits of movements together, as they were told and not by what they cost."""
    every = (Decimal(str(one.credits)).quantize(_CREDITS, ROUND_HALF_UP) for one in movements)
    return sum(every, Decimal(0))


def _credits_left(wallet) -> str:
    """Return the credits of a wallet that are left, perhaps too few to be worth a cent."""
    settled = wallet.transaction_ids.filtered(lambda one: one.state == "settled")
    came = settled.filtered(is_inbound)
    return decimal_text(max(_credits(came) - _credits(settled - came), Decimal(0)))


def is_inbound(one) -> bool:
    """Tell whether a movement brings credits in."""
    return one.kind in ("purchased", "granted")


def _limit(end: str):
    return lambda wallet: (wallet.api_values or {}).get(f"paid_top_up_{end}_amount_cents")


def _status(wallet) -> str:
    now = fields.Datetime.now()
    over = wallet.terminated_at or (wallet.expiration_at and wallet.expiration_at <= now)
    return "terminated" if over else "active"


def _used(wallet):
    return wallet.transaction_ids.filtered(
        lambda one: one.kind == "invoiced" and one.state == "settled"
    )


def _last_used(wallet) -> str | None:
    return moment(max(_used(wallet).mapped("create_date"), default=None))


def balance_cents(wallet) -> int:
    """Return what is left in a wallet."""
    return cents(wallet.balance, wallet.currency_id)


WALLET = Table(
    "Wallet",
    {
        "lago_id": (ID, lago_id),
        "lago_customer_id": (ID, lambda wallet: lago_id(wallet.link_id)),
        "external_customer_id": (TEXT, lambda wallet: wallet.link_id.external_id),
        "billing_entity_code": (TEXT, lambda wallet: wallet.service_id.code),
        "status": (one_of("active", "terminated"), _status),
        "currency": (TEXT, lambda wallet: wallet.currency_id.name),
        "name": (TEXT_, lambda wallet: wallet.name or None),
        "code": (TEXT, lambda wallet: wallet.code),
        "priority": (WHOLE, lambda wallet: wallet.priority),
        "rate_amount": (DIGITS, lambda wallet: decimal_text(wallet.rate_amount)),
        "credits_balance": (DIGITS, _credits_left),
        "balance": (DIGITS, lambda wallet: decimal_text(wallet.balance)),
        "balance_cents": (CENTS, balance_cents),
        "consumed_credits": (DIGITS, lambda wallet: decimal_text(_credits(_used(wallet)))),
        # Lago takes running usage off; here invoices alone use a wallet.
        "ongoing_balance_cents": (CENTS, balance_cents),
        "ongoing_usage_balance_cents": (CENTS, 0),
        "credits_ongoing_balance": (DIGITS, _credits_left),
        "credits_ongoing_usage_balance": (DIGITS, "0.0"),
        "invoice_requires_successful_payment": (FLAG, False),
        "paid_top_up_min_amount_cents": (or_null(CENTS), _limit("min")),
        "paid_top_up_max_amount_cents": (or_null(CENTS), _limit("max")),
        "applies_to": (
            all_of({"fee_types": NOTHING, "billable_metric_codes": NOTHING}),
            {"fee_types": [], "billable_metric_codes": []},
        ),
        "recurring_transaction_rules": (NOTHING, []),
        "metadata": (or_null(FREE), lambda wallet: (wallet.api_values or {}).get("metadata") or {}),
        "created_at": CREATED,
        "expiration_at": (MOMENT_, lambda wallet: moment(wallet.expiration_at)),
        "last_balance_sync_at": (MOMENT_, None),
        "last_consumed_credit_at": (MOMENT_, _last_used),
        "terminated_at": (MOMENT_, lambda wallet: moment(wallet.terminated_at)),
    },
    root="wallet",
    model="fusion.billing.wallet",
)


WALLET_TRANSACTION = Table(
    "WalletTransaction",
    {
        "lago_id": (ID, lago_id),
        "lago_wallet_id": (ID, lambda one: lago_id(one.wallet_id)),
        "lago_invoice_id": (ID_, lambda one: lago_id(one.invoice_id)),
        "lago_credit_note_id": (ID_, None),
        "lago_voided_invoice_id": (ID_, None),
        "status": (one_of(*STATES), lambda one: one.state),
        "source": (TEXT, "manual"),
        "transaction_status": (one_of(*KINDS), lambda one: one.kind),
        "transaction_type": (
            one_of(*DIRECTIONS),
            lambda one: "inbound" if is_inbound(one) else "outbound",
        ),
        "amount": (DIGITS, lambda one: decimal_text(one.amount)),
        "credit_amount": (DIGITS, lambda one: decimal_text(_credits(one))),
        "remaining_amount_cents": (
            or_null(CENTS),
            lambda one: cents(one.remaining, one.currency_id) if is_inbound(one) else None,
        ),
        "remaining_credit_amount": (
            or_null(DIGITS),
            lambda one: credits_text(one.remaining, one.wallet_id) if is_inbound(one) else None,
        ),
        "priority": (WHOLE, lambda one: one.wallet_id.priority),
        "invoice_requires_successful_payment": (FLAG, False),
        "metadata": (list_of(FREE), lambda one: (one.api_values or {}).get("metadata") or []),
        "name": (TEXT_, lambda one: one.name or None),
        "payment_method": (FREE, {"payment_method_type": "provider"}),
        "settled_at": (MOMENT_, lambda one: moment(one.settled_at)),
        "failed_at": (MOMENT_, lambda one: moment(one.failed_at)),
        "created_at": CREATED,
    },
    more={"wallet": (WALLET.ref, lambda one: WALLET.show(one.wallet_id))},
    root="wallet_transaction",
    model="fusion.billing.wallet.transaction",
)


def use_table(name: str, plural: str, other: str) -> Table:
    """Return the table of uses of credits, seen from one of the two ends.

    Args:
        name: Of the schema.
        plural: Key of the list.
        other: Field of the movement at the other end.
    """
    return Table(
        name,
        {
            "lago_id": (ID, lago_id),
            "amount_cents": (CENTS, lambda use: cents(use.amount, use.currency_id)),
            "credit_amount": (
                DIGITS,
                lambda use: credits_text(use.amount, use.inbound_id.wallet_id),
            ),
            "created_at": CREATED,
            "wallet_transaction": (
                WALLET_TRANSACTION.ref,
                lambda use: WALLET_TRANSACTION.show(use[other]),
            ),
        },
        plural=plural,
        model="fusion.billing.wallet.use",
    )


CONSUMPTION = use_table(
    "WalletTransactionConsumption", "wallet_transaction_consumptions", "outbound_id"
)
FUNDING = use_table("WalletTransactionFunding", "wallet_transaction_fundings", "inbound_id")

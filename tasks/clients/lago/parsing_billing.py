"""Lago's invoices, fees, credit notes and wallets -> our records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tasks.clients.lago import values as val
from tasks.clients.lago.known_fields import unknown_amounts, unknown_fields
from tasks.clients.lago.values import Json
from tasks.model.lago_billed import (
    FINALIZED,
    INVOICE_KINDS,
    PERIODIC_FEES,
    PREPAID,
    STATUSES,
    LagoCreditNote,
    LagoFee,
    LagoInvoice,
    LagoWallet,
)
from tasks.model.lago_periods import prorated
from tasks.model.money import minor_digits

#: ISO 4217's code where no currency is involved: of a wallet of which nothing is left or readable.
_NO_CURRENCY = "XXX"
_CURRENCY_LETTERS = 3
#: The day of a fee of which Lago tells none: that of its invoice counts.
NO_DAY = datetime(1970, 1, 1, tzinfo=UTC)
#: Kinds of fees that are on an invoice always.
_NEVER_LOOSE = frozenset({"subscription", "commitment", PREPAID})
_FEE_TEXTS = (
    "lago_invoice_id", "external_customer_id", "external_subscription_id", "lago_charge_id",
    "lago_true_up_parent_fee_id",
)  # fmt: skip


def invoice(row: Json) -> LagoInvoice:
    """Parse an invoice; one that is spoiled says in ``fault`` what is wrong (see ``readable``)."""
    try:
        return _invoice(row)
    except val.SPOILED as error:
        customer = row["customer"] if isinstance(row.get("customer"), dict) else {}
        return LagoInvoice(
            lago_id=val.text(row, "lago_id"),
            number=val.text(row, "number"),
            customer=val.text(customer, "external_id"),
            service=val.text(row, "billing_entity_code"),
            status=val.text(row, "status"),
            kind=val.text(row, "invoice_type"),
            currency=_NO_CURRENCY,
            issued_on=NO_DAY.date(),
            fees=Decimal(0),
            coupons=Decimal(0),
            progressive_credit=Decimal(0),
            fault=val.reason(error),
        )


def _invoice(row: Json) -> LagoInvoice:
    val.texts(row, "number", "billing_entity_code")
    status, currency = _one_of(row, "status", STATUSES), _currency(row, "currency")
    customer = val.mapping(row, "customer")
    val.texts(customer, "external_id")

    for name in unknown_amounts(row):
        raise ValueError(f"{name} is {row[name]!r}, which is not known here")

    def amount(name: str) -> Decimal:
        # Before an invoice is final some of its sums are not there.
        return val.amount(row, name, currency) if status == FINALIZED else Decimal(0)

    def taken_off(name: str) -> Decimal:
        if (found := amount(name)) < 0:
            raise ValueError(f"{name} is below 0")
        return found

    return LagoInvoice(
        lago_id=_said(row, "lago_id"),
        number=row.get("number") or "",
        customer=customer.get("external_id") or "",
        service=row.get("billing_entity_code") or "",
        status=status,
        kind=_one_of(row, "invoice_type", INVOICE_KINDS),
        currency=currency,
        issued_on=date.fromisoformat(row["issuing_date"]),
        fees=amount("fees_amount_cents"),
        coupons=taken_off("coupons_amount_cents"),
        progressive_credit=taken_off("progressive_billing_credit_amount_cents"),
        is_self_billed=val.flag(row, "self_billed"),
    )


def fee(row: Json) -> LagoFee:
    """Parse a fee; one that is spoiled says in ``fault`` what is wrong (see ``readable``).

    One without dates (an add-on) is for a day from when it was made, or from ``NO_DAY``.
    """
    try:
        return _fee(row)
    except val.SPOILED as error:
        item = row["item"] if isinstance(row.get("item"), dict) else {}
        return LagoFee(
            lago_id=val.text(row, "lago_id"),
            invoice=val.text(row, "lago_invoice_id") or None,
            customer=val.text(row, "external_customer_id"),
            subscription=val.text(row, "external_subscription_id"),
            kind=val.text(item, "type"),
            code=val.text(item, "code"),
            name=val.text(item, "name"),
            charge=None,
            true_up_of=None,
            amount=Decimal(0),
            currency=_NO_CURRENCY,
            units=Decimal(0),
            tax_rate=None,
            start=NO_DAY,
            end=NO_DAY,
            has_null_group=False,
            fault=val.reason(error),
        )


def _fee(row: Json) -> LagoFee:
    item = row["item"]
    val.texts(row, *_FEE_TEXTS)
    val.texts(item, "code", "name")
    kind, currency = _said(item, "type"), _currency(row, "amount_currency")
    began, over = _fee_days(row, kind)
    if kind in PERIODIC_FEES:
        _said(row, "external_subscription_id")
    if kind == "charge":
        _said(item, "code")
    units = row["units"] if kind == "charge" else row.get("units") or 0
    groups = item.get("grouped_by") or {}
    return LagoFee(
        lago_id=_said(row, "lago_id"),
        invoice=val.shared(row.get("lago_invoice_id")),
        customer=val.shared(row.get("external_customer_id")) or "",
        subscription=val.shared(row.get("external_subscription_id")) or "",
        kind=val.shared(kind) or "",
        code=val.shared(item.get("code")) or "",
        name=val.shared(item.get("name")) or "",
        charge=val.shared(row.get("lago_charge_id")),
        true_up_of=row.get("lago_true_up_parent_fee_id"),
        amount=val.amount(row, "amount_cents", currency),
        currency=val.shared(currency) or "",
        units=val.decimal(units),
        tax_rate=None if row.get("taxes_rate") is None else val.decimal(row["taxes_rate"]),
        start=began,
        end=over,
        has_null_group=None in groups.values(),
        filters=val.shared_mapping(val.values_of(item.get("filters"))),
        groups=val.shared_mapping(
            {key: None if each is None else str(each) for key, each in groups.items()}
        ),
        # Of more digits than subunits have: a coupon is spread over fees.
        coupons=val.subunits(row.get("precise_coupons_amount_cents"), currency),
    )


def _fee_days(row: Json, kind: str) -> tuple[datetime, datetime]:
    """Say for which time a fee is, half-open."""
    start, end, made = row.get("from_date"), row.get("to_date"), row.get("created_at")
    is_early = val.flag(row, "pay_in_advance")
    is_loose = row.get("lago_invoice_id") is None
    if is_loose and (kind in _NEVER_LOOSE or row.get("pay_in_advance") is False):
        raise ValueError("it is on no invoice")
    if kind in PERIODIC_FEES and not is_early and not (start and end):
        raise ValueError("no period: from_date or to_date is missing")
    # Lago may leave out when a fee was made, which only one without a period needs.
    began = val.moment(start or made) if start or made else NO_DAY
    if not end:
        return began, began + timedelta(days=1)
    # Lago names the last second of a period.
    over = val.after(val.moment(end))
    if over <= began:
        raise ValueError("it ends before it begins")
    return began, over


def _said(row: Json, name: str) -> str:
    """Give a text that must be there."""
    value = row[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is {value!r}")
    return value


def _one_of(row: Json, name: str, known: frozenset[str]) -> str:
    value = _said(row, name)
    if value not in known:
        raise ValueError(f"{name} is {value!r}, which is not known here")
    return value


def _currency(row: Json, name: str) -> str:
    value = _said(row, name)
    if len(value) != _CURRENCY_LETTERS or not value.isalpha() or not value.isupper():
        raise ValueError(f"{name} is {value!r}")
    return value


def credit_note(row: Json) -> LagoCreditNote:
    """Parse a credit note; see ``values.readable``."""
    customer = row["customer"] if isinstance(row.get("customer"), dict) else {}
    least = {
        "currency": "",
        "issuing_date": "1970-01-01",
        "sub_total_excluding_taxes_amount_cents": 0,
        "customer": {"external_id": val.text(customer, "external_id")},
        "lago_invoice_id": val.text(row, "lago_invoice_id"),
        "billing_entity_code": val.text(row, "billing_entity_code"),
    }
    return val.readable(_credit_note, row, ("number",), least)


def _credit_note(row: Json) -> LagoCreditNote:
    val.texts(row, "currency", "billing_entity_code", "reason", "lago_invoice_id", "credit_status")
    val.texts(val.mapping(row, "customer"), "external_id")
    currency = row["currency"]
    return LagoCreditNote(
        number=row["number"],
        customer=val.mapping(row, "customer").get("external_id") or "",
        service=row.get("billing_entity_code") or "",
        reason=row.get("reason") or "credit note",
        amount=_given_back(row),
        currency=currency,
        issued_on=date.fromisoformat(row["issuing_date"]),
        invoice=row.get("lago_invoice_id"),
        balance=_balance(row),
    )


def wallet(row: Json, movements: Iterable[Json]) -> LagoWallet:
    """Parse a wallet with its movements, which tell paid credits from granted ones.

    Where Lago does not say what is left of each movement, granted credits count as used first.
    """
    names = ("lago_id", "external_customer_id")
    least = {
        "status": val.text(row, "status", "active"),
        "currency": _NO_CURRENCY,
        "balance_cents": 0,
    }
    return val.readable(lambda it: _wallet(it, movements if it is row else ()), row, names, least)


def _wallet(row: Json, movements: Iterable[Json]) -> LagoWallet:
    val.texts(row, "status", "currency", "code", "name")
    if row["status"] == "terminated":
        # Nothing is left of it, whatever its fields say.
        row = {**row, "currency": row.get("currency") or _NO_CURRENCY, "balance_cents": 0}
    currency = row["currency"]
    if not currency:
        raise ValueError("no currency")
    balance = val.amount(row, "balance_cents", currency)
    if balance < 0:
        raise ValueError("a balance below 0")
    came = [each for each in movements if each["transaction_type"] == "inbound"]
    settled = [each for each in came if each["status"] == "settled"]
    left = {"purchased": Decimal(0), "granted": Decimal(0)}
    given = Decimal(0)
    for each in settled:
        kind = "purchased" if each["transaction_status"] == "purchased" else "granted"
        if each.get("remaining_amount_cents") is not None:
            left[kind] += val.amount(each, "remaining_amount_cents", currency)
        if kind == "granted":
            given += val.decimal(each["amount"])
    if sum(left.values()) != balance:
        used = val.decimal(row["consumed_credits"]) * val.decimal(row["rate_amount"])
        left["granted"] = min(balance, max(Decimal(0), given - used))
        left["purchased"] = balance - left["granted"]
    applies = row.get("applies_to") or {}
    rules = row.get("recurring_transaction_rules") or ()
    return LagoWallet(
        lago_id=row["lago_id"],
        customer=row["external_customer_id"],
        code=row.get("code") or row.get("name") or row["lago_id"],
        status=row["status"],
        currency=currency,
        paid=left["purchased"],
        granted=left["granted"],
        expires_at=val.moment_of(row, "expiration_at"),
        tops_up=any(rule["status"] == "active" for rule in rules),
        limits=tuple(str(each) for name in applies for each in applies[name] or ()),
        unknown=tuple(unknown_fields("wallet", row)),
        awaits_payment=any(each["status"] == "pending" for each in came),
    )


def _given_back(row: Json) -> Decimal:
    """Give what a credit note takes off, before tax; of a voided one what was refunded alone."""
    amount = val.amount(row, "sub_total_excluding_taxes_amount_cents", row["currency"])
    if row.get("credit_status") != "voided":
        return amount
    if not row.get("refund_amount_cents"):
        return Decimal(0)
    total = val.amount(row, "total_amount_cents", row["currency"])
    refunded = val.amount(row, "refund_amount_cents", row["currency"])
    return prorated(amount * refunded / total, 1, 1, minor_digits(row["currency"]))


def _balance(row: Json) -> Decimal:
    """Give what is still owed of a credit note; a voided one owes nothing."""
    if row.get("balance_amount_cents") is None or row.get("credit_status") == "voided":
        return Decimal(0)
    return val.amount(row, "balance_amount_cents", row["currency"])

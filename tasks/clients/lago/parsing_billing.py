"""Lago's invoices, fees, credit notes and wallets -> our records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from tasks.clients.lago import values as val
from tasks.clients.lago.known_fields import unknown_fields
from tasks.clients.lago.values import Json
from tasks.model.lago import LagoCreditNote, LagoFee, LagoInvoice, LagoWallet

#: ISO 4217's code where no currency is involved: of a wallet of which nothing is left or readable.
_NO_CURRENCY = "XXX"


def invoice(row: Json) -> LagoInvoice:
    """Parse an invoice."""
    currency = row["currency"]
    return LagoInvoice(
        lago_id=row["lago_id"],
        number=row["number"],
        customer=(row.get("customer") or {}).get("external_id") or "",
        service=row.get("billing_entity_code") or "",
        status=row["status"],
        kind=row["invoice_type"],
        currency=currency,
        issued_on=date.fromisoformat(row["issuing_date"]),
        fees=val.amount(row, "fees_amount_cents", currency),
        coupons=val.amount(row, "coupons_amount_cents", currency),
        progressive_credit=val.amount(row, "progressive_billing_credit_amount_cents", currency),
        is_self_billed=bool(row.get("self_billed")),
    )


def fee(row: Json) -> LagoFee:
    """Parse a fee; one without dates (an add-on) is for a day from when it was made."""
    currency, item = row["amount_currency"], row["item"]
    start, end = row.get("from_date"), row.get("to_date")
    # Lago may leave out when a fee was made, which only one without a period needs.
    began = val.moment(start or row["created_at"])
    # Lago names the last second of a period.
    over = val.after(val.moment(end)) if end else val.moment(row["created_at"]) + timedelta(days=1)
    groups = item.get("grouped_by") or {}
    return LagoFee(
        lago_id=row["lago_id"],
        invoice=val.shared(row.get("lago_invoice_id")),
        customer=val.shared(row.get("external_customer_id")) or "",
        subscription=val.shared(row.get("external_subscription_id")) or "",
        kind=val.shared(item["type"]) or "",
        code=val.shared(item.get("code")) or "",
        name=val.shared(item.get("name")) or "",
        charge=val.shared(row.get("lago_charge_id")),
        true_up_of=row.get("lago_true_up_parent_fee_id"),
        amount=val.amount(row, "amount_cents", currency),
        currency=val.shared(currency) or "",
        units=val.decimal(row.get("units") or 0),
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
        amount=val.amount(row, "sub_total_excluding_taxes_amount_cents", currency),
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
    )


def _balance(row: Json) -> Decimal:
    """Give what is still owed of a credit note; a voided one owes nothing."""
    if row.get("balance_amount_cents") is None or row.get("credit_status") == "voided":
        return Decimal(0)
    return val.amount(row, "balance_amount_cents", row["currency"])

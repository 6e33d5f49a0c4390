"""Lago's invoices, fees and credit notes -> our records."""

from __future__ import annotations

from datetime import date, timedelta

from tasks.clients.lago import values as val
from tasks.clients.lago.values import Json
from tasks.model.lago import LagoCreditNote, LagoFee, LagoInvoice, major


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
    )


def fee(row: Json) -> LagoFee:
    """Parse a fee; one without dates (an add-on) is for a day from when it was made."""
    currency, item = row["amount_currency"], row["item"]
    start, end = row.get("from_date"), row.get("to_date")
    made = val.moment(row["created_at"])
    groups = item.get("grouped_by") or {}
    taxes = row.get("taxes_amount_cents")
    return LagoFee(
        lago_id=row["lago_id"],
        invoice=row.get("lago_invoice_id"),
        customer=row.get("external_customer_id") or "",
        subscription=row.get("external_subscription_id") or "",
        kind=item["type"],
        code=item.get("code") or "",
        name=item.get("name") or "",
        charge=row.get("lago_charge_id"),
        true_up_of=row.get("lago_true_up_parent_fee_id"),
        amount=val.amount(row, "amount_cents", currency),
        currency=currency,
        units=val.decimal(row.get("units") or 0),
        tax_rate=None if row.get("taxes_rate") is None else val.decimal(row["taxes_rate"]),
        start=val.moment(start) if start else made,
        # Lago names the last second of a period.
        end=val.after(val.moment(end)) if end else made + timedelta(days=1),
        has_null_group=None in groups.values(),
        fixed_charge=row.get("lago_fixed_charge_id"),
        filters=val.values_of(item.get("filters")),
        groups={key: None if each is None else str(each) for key, each in groups.items()},
        # Of more digits than subunits have: a coupon is spread over fees.
        coupons=val.subunits(row.get("precise_coupons_amount_cents"), currency),
        tax=None if taxes is None else major(taxes, currency),
    )


def credit_note(row: Json) -> LagoCreditNote:
    """Parse a credit note."""
    currency = row["currency"]
    return LagoCreditNote(
        number=row["number"],
        customer=(row.get("customer") or {}).get("external_id") or "",
        service=row.get("billing_entity_code") or "",
        reason=row.get("reason") or "credit note",
        amount=val.amount(row, "sub_total_excluding_taxes_amount_cents", currency),
        currency=currency,
        issued_on=date.fromisoformat(row["issuing_date"]),
        invoice=row.get("lago_invoice_id"),
    )

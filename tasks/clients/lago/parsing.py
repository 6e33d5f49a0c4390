"""Lago's JSON -> our records, strictly: what a figure depends on must be there and be a number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from tasks.model.errors import FatalError
from tasks.model.lago import (
    LagoCharge,
    LagoCreditNote,
    LagoCustomer,
    LagoFee,
    LagoInvoice,
    LagoMetric,
    LagoPlan,
    LagoSubscription,
    major,
)

Json = Mapping[str, Any]


def customer(row: Json) -> LagoCustomer:
    """Parse a customer."""
    person = " ".join(part for part in (row.get("firstname"), row.get("lastname")) if part)
    billing = row.get("billing_configuration") or {}
    return LagoCustomer(
        external_id=row["external_id"],
        service=row.get("billing_entity_code") or "",
        name=row.get("name"),
        person=person or None,
        company=row.get("legal_name"),
        email=row.get("email"),
        phone=row.get("phone"),
        street="\n".join(
            part for part in (row.get("address_line1"), row.get("address_line2")) if part
        )
        or None,
        city=row.get("city"),
        region=row.get("state"),
        postal_code=row.get("zipcode"),
        country_code=row.get("country"),
        stripe_customer_id=billing.get("provider_customer_id"),
        currency=row.get("currency"),
        created_at=_moment(row["created_at"]),
    )


def metric(row: Json) -> LagoMetric:
    """Parse a billable metric."""
    return LagoMetric(row["code"], row["name"], row["aggregation_type"], row.get("field_name"))


def plan(row: Json) -> LagoPlan:
    """Parse a plan with its charges."""
    currency = row["amount_currency"]
    return LagoPlan(
        lago_id=row["lago_id"],
        code=row["code"],
        name=row.get("invoice_display_name") or row["name"],
        interval=row["interval"],
        price=_amount(row, "amount_cents", currency),
        currency=currency,
        charges=tuple(_charge(charge, currency) for charge in row.get("charges") or ()),
        trial_days=_decimal(row.get("trial_period") or 0),
        has_commitment=bool(row.get("minimum_commitment")),
    )


def subscription(row: Json) -> LagoSubscription:
    """Parse a subscription."""
    cents, currency = row.get("plan_amount_cents"), row.get("plan_amount_currency")
    return LagoSubscription(
        lago_id=row["lago_id"],
        external_id=row["external_id"],
        customer=row["external_customer_id"],
        name=row.get("name"),
        plan_code=row["plan_code"],
        price=None if cents is None or currency is None else major(cents, currency),
        status=row["status"],
        billing_time=row["billing_time"],
        started_at=_moment(row["started_at"]) if row.get("started_at") else None,
        ended_at=_moment(row["terminated_at"]) if row.get("terminated_at") else None,
    )


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
        fees=_amount(row, "fees_amount_cents", currency),
        coupons=_amount(row, "coupons_amount_cents", currency),
        progressive_credit=_amount(row, "progressive_billing_credit_amount_cents", currency),
    )


def fee(row: Json) -> LagoFee:
    """Parse a fee; one without dates (an add-on) is for a day from when it was made."""
    currency, item = row["amount_currency"], row["item"]
    start, end = row.get("from_date"), row.get("to_date")
    made = _moment(row["created_at"])
    groups = item.get("grouped_by") or {}
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
        amount=_amount(row, "amount_cents", currency),
        currency=currency,
        units=_decimal(row.get("units") or 0),
        tax_rate=None if row.get("taxes_rate") is None else _decimal(row["taxes_rate"]),
        start=_moment(start) if start else made,
        # Lago names the last second of a period.
        end=_after(_moment(end)) if end else made + timedelta(days=1),
        has_null_group=None in groups.values(),
    )


def credit_note(row: Json) -> LagoCreditNote:
    """Parse a credit note."""
    currency = row["currency"]
    return LagoCreditNote(
        number=row["number"],
        customer=(row.get("customer") or {}).get("external_id") or "",
        service=row.get("billing_entity_code") or "",
        reason=row.get("reason") or "credit note",
        amount=_amount(row, "sub_total_excluding_taxes_amount_cents", currency),
        currency=currency,
        issued_on=date.fromisoformat(row["issuing_date"]),
        invoice=row.get("lago_invoice_id"),
    )


def _charge(row: Json, currency: str) -> LagoCharge:
    return LagoCharge(
        metric=row["billable_metric_code"],
        model=row["charge_model"],
        properties=row.get("properties") or {},
        minimum=_amount(row, "min_amount_cents", currency),
        is_prorated=bool(row.get("prorated")),
        is_in_advance=bool(row.get("pay_in_advance")),
        filters=len(row.get("filters") or ()),
    )


def _amount(row: Json, name: str, currency: str) -> Decimal:
    value = row[name]
    if not isinstance(value, int) or isinstance(value, bool):
        # Lago counts in whole subunits: anything else is not an amount to trust.
        raise FatalError(f"Lago's {name} is {value!r}; a whole number is needed.")
    return major(value, currency)


def _decimal(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise FatalError(f"Lago sent {value!r} where a number is needed.")
    return number


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _after(last: datetime) -> datetime:
    return last.replace(microsecond=0) + timedelta(seconds=1)

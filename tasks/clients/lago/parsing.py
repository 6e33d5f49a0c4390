"""Lago's customers and what they are sold -> our records, strictly."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tasks.clients.lago import values as val
from tasks.clients.lago.known_fields import unknown_fields, unknown_taxes
from tasks.clients.lago.values import Json
from tasks.model.lago import (
    LagoCharge,
    LagoCoupon,
    LagoCustomer,
    LagoEntity,
    LagoFilter,
    LagoFixedCharge,
    LagoMetric,
    LagoPlan,
    LagoSubscription,
    LagoTax,
)
from tasks.model.lago_units import major

_CUSTOMER_TEXTS = (
    "name", "firstname", "lastname", "legal_name", "email", "phone", "address_line1",
    "address_line2", "city", "state", "zipcode", "country", "currency", "billing_entity_code",
    "applicable_timezone", "timezone", "tax_identification_number", "account_type",
)  # fmt: skip
_CHARGE_TEXTS = ("billable_metric_code", "charge_model", "lago_id", "code")
_FIXED_TEXTS = ("code", "lago_id", "add_on_code", "charge_model", "invoice_display_name")
#: Integrations that decide what tax a customer pays.
_TAX_SERVICES = frozenset({"anrok", "avalara"})


def customer(row: Json) -> LagoCustomer:
    """Parse a customer; see ``values.readable``, as for the others below."""
    least = {
        "billing_entity_code": val.text(row, "billing_entity_code"),
        "created_at": "1970-01-01T00:00:00Z",
    }
    return val.readable(_customer, row, ("external_id",), least)


def _customer(row: Json) -> LagoCustomer:
    val.texts(row, *_CUSTOMER_TEXTS)
    person = " ".join(part for part in (row.get("firstname"), row.get("lastname")) if part)
    billing = val.mapping(row, "billing_configuration")
    val.texts(billing, "payment_provider", "provider_customer_id", "document_locale")
    seen = {
        "integrations": row.get("integration_customers"),
        "invoice_sections": row.get("applicable_invoice_custom_sections"),
        "grace_period": billing.get("invoice_grace_period"),
        "issuing_date": _is_dated_by_the_end(billing),
        "shipping_address": any(val.mapping(row, "shipping_address").values()),
        "metadata": row.get("metadata"),
    }
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
        currency=row.get("currency"),
        created_at=val.moment(row["created_at"]),
        provider=billing.get("payment_provider"),
        provider_reference=billing.get("provider_customer_id"),
        is_partner=row.get("account_type") == "partner",
        zone=row.get("applicable_timezone") or row.get("timezone"),
        language=billing.get("document_locale"),
        payment_term_days=val.whole(row, "net_payment_term"),
        vat=row.get("tax_identification_number"),
        tax_codes=val.tax_codes(row),
        is_taxed_elsewhere=any(
            each.get("type") in _TAX_SERVICES for each in row.get("integration_customers") or ()
        ),
        unknown=(
            *unknown_fields("customer", row),
            *unknown_taxes(row),
            *unknown_fields("billing_configuration", billing),
        ),
        in_app=tuple(name for name, value in seen.items() if value),
    )


def metric(row: Json) -> LagoMetric:
    """Parse a billable metric."""
    return val.readable(_metric, row, ("code",), {"name": row["code"], "aggregation_type": ""})


def _metric(row: Json) -> LagoMetric:
    val.texts(row, "name", "aggregation_type", "field_name", "rounding_function", "expression")
    return LagoMetric(
        row["code"],
        row["name"],
        row["aggregation_type"],
        row.get("field_name"),
        is_recurring=val.flag(row, "recurring"),
        rounding=row.get("rounding_function"),
        rounding_digits=int(row.get("rounding_precision") or 0),
        expression=row.get("expression") or None,
        filters={
            each["key"]: tuple(map(str, each.get("values") or ()))
            for each in row.get("filters") or ()
        },
        unknown=tuple(unknown_fields("metric", row)),
    )


def plan(row: Json) -> LagoPlan:
    """Parse a plan with its charges; one that cannot be read says so, and keeps nobody else out."""
    try:
        return _plan(row)
    except val.SPOILED as error:
        return LagoPlan(
            lago_id=row["lago_id"],
            code=str(row.get("code") or row["lago_id"]),
            name=str(row.get("name") or row.get("code") or row["lago_id"]),
            interval=str(row.get("interval")),
            price=None,
            currency=str(row.get("amount_currency") or ""),
            fault=val.reason(error),
        )


def _plan(row: Json) -> LagoPlan:
    val.texts(row, "code", "name", "invoice_display_name", "interval", "amount_currency")
    currency = row["amount_currency"]
    commitment = val.mapping(row, "minimum_commitment")
    seen = {
        "entitlements": row.get("entitlements"),
        "usage_thresholds": row.get("usage_thresholds"),
        "metadata": row.get("metadata"),
    }
    return LagoPlan(
        lago_id=row["lago_id"],
        code=row["code"],
        name=row.get("invoice_display_name") or row["name"],
        interval=row["interval"],
        price=None if row["amount_cents"] is None else val.amount(row, "amount_cents", currency),
        currency=currency,
        charges=tuple(_charge(charge, currency) for charge in row.get("charges") or ()),
        is_in_advance=val.flag(row, "pay_in_advance"),
        trial_days=val.decimal(row.get("trial_period") or 0),
        charges_monthly=_is_by_month(row, "bill_charges_monthly"),
        fixed_charges_monthly=_is_by_month(row, "bill_fixed_charges_monthly"),
        fixed_charges=tuple(_fixed_charge(each) for each in row.get("fixed_charges") or ()),
        **_commitment(commitment, currency),
        tax_codes=val.tax_codes(row),
        unknown=(
            *unknown_fields("plan", row),
            *unknown_taxes(row),
            *unknown_fields("minimum_commitment", commitment),
            *unknown_taxes(commitment),
        ),
        in_app=tuple(name for name, value in seen.items() if value),
    )


def _commitment(row: Json, currency: str) -> dict[str, Any]:
    if not row:
        return {}
    val.texts(row, "invoice_display_name")
    name = row.get("invoice_display_name")
    return {
        "commitment": val.amount(row, "amount_cents", currency),
        "commitment_tax_codes": val.tax_codes(row),
        **({"commitment_name": name} if name else {}),
    }


def _is_by_month(row: Json, name: str) -> bool:
    """Say whether a plan's charges are billed each month: Lago asks that of long plans alone."""
    return val.flag(row, name) and row["interval"] in ("semiannual", "yearly")


def subscription(row: Json) -> LagoSubscription:
    """Parse a subscription."""
    least = {
        "plan_code": val.text(row, "plan_code"),
        "status": val.text(row, "status", "active"),
        "billing_time": "",
    }
    names = ("lago_id", "external_id", "external_customer_id")
    return val.readable(_subscription, row, names, least)


def _subscription(row: Json) -> LagoSubscription:
    val.texts(row, "status", "billing_time", "name", "plan_code", "billing_entity_code")
    val.texts(row, "previous_plan_code", "next_plan_code", "on_termination_credit_note")
    val.texts(row, "on_termination_invoice")
    if not row["status"]:
        raise ValueError("no status")
    cents, currency = row.get("plan_amount_cents"), row.get("plan_amount_currency")
    seen = {
        "invoice_sections": row.get("applied_invoice_custom_sections"),
        "purchase_orders": row.get("purchase_order_number"),
        "usage_thresholds": row.get("usage_thresholds"),
    }
    return LagoSubscription(
        lago_id=row["lago_id"],
        external_id=row["external_id"],
        customer=row["external_customer_id"],
        name=row.get("name"),
        plan_code=row["plan_code"],
        price=None if cents is None or currency is None else major(cents, currency),
        status=row["status"],
        billing_time=row["billing_time"],
        started_at=val.moment_of(row, "started_at"),
        ended_at=val.moment_of(row, "terminated_at"),
        service=row.get("billing_entity_code"),
        anchor_at=val.moment_of(row, "subscription_at"),
        ending_at=val.moment_of(row, "ending_at"),
        previous_plan_code=row.get("previous_plan_code"),
        next_plan_code=row.get("next_plan_code"),
        trial_ended_at=val.moment_of(row, "trial_ended_at"),
        # Where it does not say, Lago credits and bills.
        is_credited_at_end=row.get("on_termination_credit_note") != "skip",
        is_billed_at_end=row.get("on_termination_invoice") != "skip",
        unknown=tuple(unknown_fields("subscription", row)),
        in_app=tuple(name for name, value in seen.items() if value),
    )


Limit = tuple[str, ...] | None


def coupon_limits(row: Json) -> tuple[str, Limit, Limit, tuple[str, ...]]:
    """Parse a coupon: its id, the plans and the metrics that it is for, and unknown fields.

    None: it is for some alone, and Lago does not say for which.
    """
    plans = _limit(row, "limited_plans", "plan_codes")
    metrics = _limit(row, "limited_billable_metrics", "billable_metric_codes")
    return row["lago_id"], plans, metrics, tuple(unknown_fields("coupon", row))


def _limit(row: Json, is_limited: str, codes: str) -> Limit:
    named = tuple(row.get(codes) or ())
    return named or None if val.flag(row, is_limited) else ()


def applied_coupon(row: Json) -> tuple[str, LagoCoupon]:
    """Parse a coupon as it was applied, with the id of the coupon, which knows its limits."""
    names = ("lago_id", "external_customer_id", "coupon_code")
    least = {"status": val.text(row, "status", "active"), "frequency": ""}
    return val.text(row, "lago_coupon_id"), val.readable(_applied_coupon, row, names, least)


def _applied_coupon(row: Json) -> LagoCoupon:
    val.texts(row, "status", "frequency", "amount_currency", "coupon_name")
    currency = row.get("amount_currency")
    is_once = row["frequency"] == "once"
    name = "amount_cents"
    if is_once and row.get("amount_cents_remaining") is not None:
        name = "amount_cents_remaining"
    percent = row.get("percentage_rate")
    return LagoCoupon(
        lago_id=row["lago_id"],
        code=row["coupon_code"],
        name=row.get("coupon_name") or row["coupon_code"],
        customer=row["external_customer_id"],
        status=row["status"],
        amount=val.amount(row, name, currency) if currency and row.get(name) is not None else None,
        currency=currency,
        percent=None if percent is None else val.decimal(percent),
        frequency=row["frequency"],
        remaining=1 if is_once else val.whole(row, "frequency_duration_remaining"),
        expires_at=val.moment_of(row, "expiration_at"),
        credits=_credits(row),
        unknown=tuple(unknown_fields("applied_coupon", row)),
    )


def _is_dated_by_the_end(row: Json) -> bool:
    return row.get("subscription_invoice_issuing_date_anchor") == "current_period_end"


def _credits(row: Json) -> dict[str, Decimal]:
    """Add up what a coupon took off each invoice."""
    taken: dict[str, Decimal] = {}
    for each in row.get("credits") or ():
        invoice = each["invoice"]["lago_id"]
        amount = val.amount(each, "amount_cents", each["amount_currency"])
        taken[invoice] = taken.get(invoice, Decimal(0)) + amount
    return taken


def tax(row: Json) -> LagoTax:
    """Parse a tax."""
    return LagoTax(row["code"], val.flag(row, "applied_to_organization"))


def entity(row: Json) -> LagoEntity:
    """Parse a billing entity."""
    seen = {
        "grace_period": row.get("invoice_grace_period"),
        "issuing_date": _is_dated_by_the_end(row),
        "invoice_sections": row.get("invoice_footer")
        or row.get("applicable_invoice_custom_sections")
        or row.get("selected_invoice_custom_sections"),
        "receipts": "payment_receipt.created" in (row.get("email_settings") or ()),
        "dunning": row.get("applied_dunning_campaign") or row.get("applied_dunning_campaign_code"),
    }
    return LagoEntity(
        code=row["code"],
        zone=row.get("timezone"),
        language=row.get("document_locale"),
        payment_term_days=row.get("net_payment_term"),
        tax_codes=val.tax_codes(row) if row.get("taxes") is not None else None,
        in_app=tuple(name for name, value in seen.items() if value),
    )


def _charge(row: Json, currency: str) -> LagoCharge:
    val.texts(row, *_CHARGE_TEXTS)
    unit = val.mapping(row, "applied_pricing_unit")
    filters = row.get("filters") or ()
    for priced in (row, *filters):
        val.lists(val.mapping(priced, "properties"), "pricing_group_keys", "grouped_by")
    return LagoCharge(
        metric=row["billable_metric_code"],
        model=row["charge_model"],
        properties=val.mapping(row, "properties"),
        minimum=val.amount(row, "min_amount_cents", currency),
        is_prorated=val.flag(row, "prorated"),
        is_in_advance=val.flag(row, "pay_in_advance"),
        lago_id=row.get("lago_id") or "",
        code=row.get("code") or row.get("lago_id") or "",
        is_invoiceable=val.flag(row, "invoiceable", default=True),
        filters=tuple(
            LagoFilter(val.values_of(each.get("values")), val.mapping(each, "properties"))
            for each in filters
        ),
        tax_codes=val.tax_codes(row),
        conversion=val.decimal(unit["conversion_rate"]) if unit else None,
        is_of_target_wallet=val.flag(row, "accepts_target_wallet")
        or val.flag(row, "group_by_wallet"),
        unknown=(
            *unknown_fields("charge", row),
            *unknown_taxes(row),
            *unknown_fields("pricing_unit", unit),
            *(name for each in filters for name in unknown_fields("filter", each)),
        ),
    )


def _fixed_charge(row: Json) -> LagoFixedCharge:
    val.texts(row, *_FIXED_TEXTS)
    return LagoFixedCharge(
        code=row.get("code") or row["lago_id"],
        add_on=row["add_on_code"],
        name=row.get("invoice_display_name") or row.get("add_on_name") or row["add_on_code"],
        model=row["charge_model"],
        properties=val.mapping(row, "properties"),
        units=val.decimal(row.get("units") or 0),
        is_in_advance=val.flag(row, "pay_in_advance"),
        is_prorated=val.flag(row, "prorated"),
        tax_codes=val.tax_codes(row),
        unknown=(*unknown_fields("fixed_charge", row), *unknown_taxes(row)),
    )

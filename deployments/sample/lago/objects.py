"""Lago's API objects, with the fields that Lago 1.29 sends and a reader may look at."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Json = dict[str, Any]

LAGO_VERSION = "1.29.0"
ZONE_NAME = "America/Toronto"
#: Subunits of the currencies that do not have 100.
SUBUNITS = {"JPY": 1, "KWD": 1000}


def moment(value: datetime | None) -> str | None:
    """Write a moment as Lago does: UTC, whole seconds."""
    return None if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ")


def minor(amount: Decimal, currency: str) -> int:
    """Round an amount to the currency's own subunits, half away from zero."""
    return int((amount * SUBUNITS.get(currency, 100)).quantize(Decimal(1), ROUND_HALF_UP))


def plain(value: Decimal) -> str:
    """Write a decimal as Lago does: plain digits and at least one after the point."""
    text = format(value.normalize(), "f")
    return text if "." in text else f"{text}.0"


def customer_object(lago_id: str, external_id: str, entity: str, **known: Any) -> Json:
    """Return a customer; ``entity`` is the code of the billing entity that it belongs to."""
    empty = dict.fromkeys(
        (
            "name", "firstname", "lastname", "email", "phone", "legal_name", "address_line1",
            "address_line2", "city", "state", "zipcode", "country", "currency", "created_at",
        )
    )  # fmt: skip
    return {
        "lago_id": lago_id,
        "external_id": external_id,
        "billing_entity_code": entity,
        "applicable_timezone": ZONE_NAME,
        "timezone": None,
        **empty,
        "updated_at": known.get("created_at"),
        "metadata": [],
        "taxes": [],
        **known,
    }


def metric_object(lago_id: str, code: str, name: str) -> Json:
    """Return a billable metric that sums its events."""
    return {
        "lago_id": lago_id, "name": name, "code": code, "description": None,
        "aggregation_type": "sum_agg", "field_name": "quantity", "recurring": False,
        "expression": None, "rounding_function": None, "rounding_precision": None,
        "weighted_interval": None, "created_at": "2024-01-01T00:00:00Z", "filters": [],
    }  # fmt: skip


def plan_object(
    lago_id: str, code: str, name: str, interval: str, price: Decimal, currency: str
) -> Json:
    """Return a plan, paid in advance, without charges."""
    return {
        "lago_id": lago_id, "name": name, "invoice_display_name": None, "code": code,
        "created_at": "2024-01-01T00:00:00Z", "description": None, "interval": interval,
        "amount_cents": minor(price, currency), "amount_currency": currency, "trial_period": 0.0,
        "pay_in_advance": True, "bill_charges_monthly": interval == "yearly" or None,
        "parent_id": None, "pending_deletion": False, "charges": [], "fixed_charges": [],
        "usage_thresholds": [], "minimum_commitment": None, "taxes": [], "entitlements": [],
    }  # fmt: skip


def charge_object(
    lago_id: str, metric: Json, model: str, properties: Json, minimum_cents: int = 0
) -> Json:
    """Return a charge that is billed in arrears."""
    return {
        "lago_id": lago_id, "lago_billable_metric_id": metric["lago_id"], "code": metric["code"],
        "billable_metric_code": metric["code"], "created_at": "2024-01-01T00:00:00Z",
        "charge_model": model, "invoice_display_name": None, "pay_in_advance": False,
        "invoiceable": True, "regroup_paid_fees": None, "prorated": False,
        "min_amount_cents": minimum_cents, "properties": properties, "filters": [], "taxes": [],
        "applied_pricing_unit": None, "lago_parent_id": None,
    }  # fmt: skip


def subscription_object(
    lago_id: str,
    external_id: str,
    customer: Json,
    plan: Json,
    started_at: datetime,
    ended_at: datetime | None = None,
) -> Json:
    """Return a subscription that is billed from its first day on (anniversary)."""
    return {
        "lago_id": lago_id, "external_id": external_id, "lago_customer_id": customer["lago_id"],
        "external_customer_id": customer["external_id"], "name": None, "plan_code": plan["code"],
        "plan_amount_cents": plan["amount_cents"],
        "plan_amount_currency": plan["amount_currency"],
        "status": "terminated" if ended_at else "active", "billing_time": "anniversary",
        "subscription_at": moment(started_at), "started_at": moment(started_at),
        "ending_at": None, "terminated_at": moment(ended_at), "trial_ended_at": None,
        "canceled_at": None, "previous_plan_code": None, "next_plan_code": None,
        "created_at": moment(started_at), "current_billing_period_started_at": None,
        "current_billing_period_ending_at": None,
    }  # fmt: skip


def fee_object(
    lago_id: str,
    *,
    kind: str,
    code: str,
    name: str,
    amount: Decimal,
    currency: str,
    start: datetime,
    end: datetime,
    customer: Json,
    subscription: Json | None,
    tax_rate: Decimal,
    units: Decimal = Decimal(1),
    charge: Json | None = None,
    **known: Any,
) -> Json:
    """Return a fee of the half-open period; Lago names the period's last second.

    ``kind`` is the item's type (charge, subscription, add_on, credit), ``code`` the item's,
    for a charge its metric's. ``amount`` is before tax and unrounded, ``tax_rate`` in percent;
    ``known`` are fields to set as they are.
    """
    cents, precise = minor(amount, currency), amount
    taxes = minor(Decimal(cents) / SUBUNITS.get(currency, 100) * tax_rate / 100, currency)
    return {
        "lago_id": lago_id,
        "lago_charge_id": charge and charge["lago_id"],
        "lago_charge_filter_id": None,
        "lago_fixed_charge_id": None,
        "lago_invoice_id": None,
        "lago_true_up_fee_id": None,
        "lago_true_up_parent_fee_id": None,
        "lago_original_fee_id": None,
        "lago_subscription_id": subscription and subscription["lago_id"],
        "external_subscription_id": subscription and subscription["external_id"],
        "lago_customer_id": customer["lago_id"],
        "external_customer_id": customer["external_id"],
        "item": {
            "type": kind, "code": code, "name": name, "invoice_display_name": name,
            "filters": None, "filter_invoice_display_name": None, "lago_item_id": None,
            "item_type": kind.title(), "grouped_by": {},
        },
        "pay_in_advance": kind == "subscription",
        "invoiceable": True,
        "amount_cents": cents,
        "amount_currency": currency,
        # Lago sends this through a double.
        "precise_amount": str(float(precise)),
        "precise_unit_amount": str(float(precise / units)) if units else "0.0",
        "taxes_amount_cents": taxes,
        "taxes_rate": float(tax_rate),
        "total_amount_cents": cents + taxes,
        "total_amount_currency": currency,
        "units": plain(units),
        "total_aggregated_units": plain(units),
        "events_count": None,
        "payment_status": "succeeded",
        "created_at": moment(start),
        "description": None,
        "from_date": moment(start),
        "to_date": moment(end - timedelta(seconds=1)),
        "event_transaction_id": None,
        "amount_details": {},
        "applied_taxes": [],
        **known,
    }  # fmt: skip


def invoice_object(
    lago_id: str,
    number: str,
    *,
    customer: Json,
    currency: str,
    issued_at: datetime,
    fees: list[Json],
    kind: str = "subscription",
    status: str = "finalized",
    **known: Any,
) -> Json:
    """Return an invoice with its totals; ``coupons_amount_cents`` lowers them."""
    amount = sum(fee["amount_cents"] for fee in fees)
    coupons = known.get("coupons_amount_cents", 0)
    taxes = sum(fee["taxes_amount_cents"] for fee in fees)
    total = amount - coupons + taxes
    day = issued_at.strftime("%Y-%m-%d")
    return {
        "lago_id": lago_id, "billing_entity_code": customer["billing_entity_code"],
        "sequential_id": int(number.rpartition("-")[2]), "number": number, "issuing_date": day,
        "payment_due_date": day, "net_payment_term": 0, "invoice_type": kind, "status": status,
        "payment_status": "succeeded" if status == "finalized" else "pending",
        "payment_overdue": False, "payment_dispute_lost_at": None, "currency": currency,
        "fees_amount_cents": amount, "taxes_amount_cents": taxes,
        "coupons_amount_cents": coupons, "credit_notes_amount_cents": 0,
        "progressive_billing_credit_amount_cents": 0, "prepaid_credit_amount_cents": 0,
        "prepaid_granted_credit_amount_cents": None,
        "prepaid_purchased_credit_amount_cents": None,
        "sub_total_excluding_taxes_amount_cents": amount - coupons,
        "sub_total_including_taxes_amount_cents": total, "total_amount_cents": total,
        "total_due_amount_cents": 0, "total_paid_amount_cents": total, "self_billed": False,
        "version_number": 4, "file_url": None, "xml_url": None,
        "voided_at": moment(issued_at) if status == "voided" else None,
        "created_at": moment(issued_at),
        "customer": {key: customer[key] for key in _SHORT_CUSTOMER}, "metadata": [],
        "applied_taxes": [], **known,
    }  # fmt: skip


_SHORT_CUSTOMER = (
    "lago_id", "external_id", "name", "email", "currency", "applicable_timezone", "created_at",
    "updated_at", "billing_entity_code",
)  # fmt: skip

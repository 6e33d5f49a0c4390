"""What Lago sells: metrics, plans with their charges, and subscriptions to them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from deployments.sample.lago.objects.parts import LONG_AGO, Json, minor, moment


def metric_object(lago_id: str, code: str, name: str, **known: Any) -> Json:
    """Return a billable metric that sums its events."""
    return {
        "lago_id": lago_id, "name": name, "code": code, "description": None,
        "aggregation_type": "sum_agg", "field_name": "quantity", "recurring": False,
        "expression": "", "rounding_function": None, "rounding_precision": None,
        "weighted_interval": None, "created_at": LONG_AGO, "filters": [], **known,
    }  # fmt: skip


def add_on_object(lago_id: str, code: str, name: str, price: Decimal, currency: str) -> Json:
    """Return an add-on."""
    return {
        "lago_id": lago_id, "name": name, "invoice_display_name": None, "code": code,
        "amount_cents": minor(price, currency), "amount_currency": currency,
        "description": None, "created_at": LONG_AGO, "taxes": [],
    }  # fmt: skip


def plan_object(
    lago_id: str,
    code: str,
    name: str,
    interval: str,
    price: Decimal,
    currency: str,
    **known: Any,
) -> Json:
    """Return a plan, paid in advance, without charges."""
    return {
        "lago_id": lago_id, "name": name, "invoice_display_name": name, "code": code,
        "created_at": LONG_AGO, "description": "", "interval": interval,
        "amount_cents": minor(price, currency), "amount_currency": currency, "trial_period": 0.0,
        "pay_in_advance": True, "bill_charges_monthly": interval == "yearly" or None,
        "bill_fixed_charges_monthly": None, "parent_id": None, "pending_deletion": False,
        "charges": [], "fixed_charges": [], "usage_thresholds": [], "minimum_commitment": None,
        "taxes": [], "entitlements": [], "metadata": None, **known,
    }  # fmt: skip


def tier(start: int, end: int | None, price: str, flat: str = "0") -> Json:
    """Return a tier of a graduated or volume charge; without an ``end`` it is the last."""
    return {"from_value": start, "to_value": end, "per_unit_amount": price, "flat_amount": flat}


def charge_object(
    lago_id: str,
    metric: Json,
    model: str,
    properties: Json,
    minimum_cents: int = 0,
    **known: Any,
) -> Json:
    """Return a charge that is billed in arrears."""
    return {
        "lago_id": lago_id, "lago_billable_metric_id": metric["lago_id"], "code": metric["code"],
        "billable_metric_code": metric["code"], "created_at": LONG_AGO,
        "charge_model": model, "invoice_display_name": None, "pay_in_advance": False,
        "invoiceable": True, "regroup_paid_fees": None, "prorated": False,
        "min_amount_cents": minimum_cents, "properties": properties, "filters": [], "taxes": [],
        "applied_pricing_unit": None, "accepts_target_wallet": None, "lago_parent_id": None,
        **known,
    }  # fmt: skip


def fixed_charge_object(
    lago_id: str, add_on: Json, model: str, properties: Json, units: Decimal, **known: Any
) -> Json:
    """Return a fixed charge: so many units of an add-on in each period, billed in arrears."""
    return {
        "lago_id": lago_id, "lago_add_on_id": add_on["lago_id"],
        "invoice_display_name": add_on["name"], "add_on_code": add_on["code"],
        "created_at": LONG_AGO, "code": add_on["code"], "charge_model": model,
        "pay_in_advance": False, "prorated": False, "properties": properties,
        "units": float(units), "lago_parent_id": None, "taxes": [], **known,
    }  # fmt: skip


def commitment_object(lago_id: str, plan: Json, cents: int) -> Json:
    """Return the least that a plan bills in a period."""
    return {
        "lago_id": lago_id, "plan_code": plan["code"], "amount_cents": cents,
        "invoice_display_name": "Minimum commitment", "interval": plan["interval"],
        "created_at": LONG_AGO, "updated_at": LONG_AGO, "taxes": [],
    }  # fmt: skip


def threshold_object(lago_id: str, cents: int, *, recurring: bool = False) -> Json:
    """Return an amount of usage at which Lago bills before the period's end."""
    return {
        "lago_id": lago_id, "threshold_display_name": None, "amount_cents": cents,
        "recurring": recurring, "created_at": LONG_AGO, "updated_at": LONG_AGO,
    }  # fmt: skip


def subscription_object(
    lago_id: str,
    external_id: str,
    customer: Json,
    plan: Json,
    started_at: datetime,
    ended_at: datetime | None = None,
    **known: Any,
) -> Json:
    """Return a subscription that is billed from its first day on (anniversary)."""
    return {
        "lago_id": lago_id, "external_id": external_id, "lago_customer_id": customer["lago_id"],
        "external_customer_id": customer["external_id"],
        "billing_entity_code": customer["billing_entity_code"], "name": None,
        "plan_code": plan["code"], "plan_amount_cents": plan["amount_cents"],
        "plan_amount_currency": plan["amount_currency"],
        "status": "terminated" if ended_at else "active", "billing_time": "anniversary",
        "subscription_at": moment(started_at), "started_at": moment(started_at),
        "ending_at": None, "terminated_at": moment(ended_at), "trial_ended_at": None,
        "canceled_at": None, "previous_plan_code": None, "next_plan_code": None,
        "downgrade_plan_date": None, "created_at": moment(started_at),
        "activated_at": moment(started_at), "current_billing_period_started_at": None,
        "current_billing_period_ending_at": None,
        "on_termination_credit_note": "credit" if plan["pay_in_advance"] else None,
        "on_termination_invoice": "generate", "applied_invoice_custom_sections": [],
        "consolidate_invoice": True, "activation_rules": [],
        "purchase_order_number": None, **known,
    }  # fmt: skip

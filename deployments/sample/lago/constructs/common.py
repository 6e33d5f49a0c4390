"""What the constructs share: a usual plan, usual usage, and a contract named for its construct."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from deployments.sample.lago.tenant.terms import Charge, Contract, Json, Plan

START = datetime(2026, 6, 11, 14, 20, tzinfo=UTC)
SEATS = Charge("api_calls", "standard", {"amount": "0.05"})


def plan(code: str, price: str, **terms: Any) -> Plan:
    """Give a plan with Lago's defaults but for what is said."""
    return Plan(code, Decimal(price), **terms)


MONTHLY = plan("p-monthly", "30")


def contract(construct: str, sold: Plan, **terms: Any) -> Contract:
    """Give the contract whose customer is named for a construct."""
    return Contract(construct.replace("_", "-"), sold, terms.pop("started_at", START), **terms)


def priced(construct: str, model: str, properties: Json, **terms: Any) -> Contract:
    """Give a contract whose plan has one charge and costs 10 beside it."""
    metric = terms.pop("metric", construct)
    of_contract = terms.pop("contract", {})
    sold = plan(
        f"c-{construct.replace('_', '-')}", "10",
        charges=(Charge(metric, model, properties, **terms),),
    )  # fmt: skip
    return contract(construct, sold, **of_contract)


def with_coupon(construct: str, coupon: Any, sold: Plan = MONTHLY, **terms: Any) -> Contract:
    """Give a contract with a coupon that is named for the construct."""
    return contract(
        construct, sold, coupons=(replace(coupon, code=coupon.code or construct),), **terms
    )

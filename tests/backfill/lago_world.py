"""One customer of Lago with one plan and one subscription, to be changed by a test."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tasks.backfill.mapping.lago_orders import OrderContext, map_lago_order
from tasks.backfill.mapping.lago_plans import map_lago_plan
from tasks.backfill.mapping.lago_source import LagoSource
from tasks.model.errors import RecordError
from tasks.model.lago import (
    LagoCharge,
    LagoCoupon,
    LagoCustomer,
    LagoFixedCharge,
    LagoMetric,
    LagoPlan,
    LagoSubscription,
)
from tasks.model.lago_billed import LagoBilling

READ_AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
COMPANY_ZONE = "America/Toronto"


def charge(**known):
    defaults = {
        "metric": "tickets", "model": "standard", "properties": {"amount": "0.25"},
        "minimum": Decimal(0), "is_prorated": False, "is_in_advance": False, "code": "solved",
        "lago_id": "ch1",
    }  # fmt: skip
    return LagoCharge(**(defaults | known))


def fixed_charge(**known):
    defaults = {
        "code": "seats", "add_on": "seat", "name": "Seats", "model": "standard",
        "properties": {"amount": "12.5"}, "units": Decimal(4), "is_in_advance": True,
    }  # fmt: skip
    return LagoFixedCharge(**(defaults | known))


def plan(*charges, **known):
    defaults = {
        "lago_id": "p1", "code": "team", "name": "Team", "interval": "monthly",
        "price": Decimal(49), "currency": "CAD", "is_in_advance": True,
    }  # fmt: skip
    return LagoPlan(charges=charges, **(defaults | known))


def subscription(**known):
    defaults = {
        "lago_id": "l1", "external_id": "s1", "customer": "c1", "name": None,
        "plan_code": "team", "price": Decimal(49), "status": "active",
        "billing_time": "anniversary", "started_at": datetime(2026, 3, 2, 3, tzinfo=UTC),
        "ended_at": None,
    }  # fmt: skip
    return LagoSubscription(**(defaults | known))


def customer(**known):
    defaults = {
        "external_id": "c1", "service": "nexadesk", "name": "Roy Inc.", "person": None,
        "company": None, "email": "zoe@example.ca", "phone": None, "street": None, "city": None,
        "region": None, "postal_code": None, "country_code": "CA", "currency": None,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC), "zone": COMPANY_ZONE,
    }  # fmt: skip
    return LagoCustomer(**(defaults | known))


def coupon(**known):
    defaults = {
        "lago_id": "a1", "code": "spring", "name": "Spring", "customer": "c1",
        "status": "active", "amount": Decimal(5), "currency": "CAD", "percent": None,
        "frequency": "forever", "remaining": None,
    }  # fmt: skip
    return LagoCoupon(**(defaults | known))


def order(sub=None, sold=None, *, coupons=(), siblings=(), zone=COMPANY_ZONE, who=None):
    """Map one subscription, by default the plainest."""
    sold = sold or plan()
    context = OrderContext(
        who or customer(), zone, COMPANY_ZONE, READ_AT, coupons=coupons, siblings=siblings
    )
    return map_lago_order(sub or subscription(), sold, map_lago_plan(sold), context)


def source(*, customers=None, plans=None, subscriptions=None, fees=(), version="1.51.0", **known):
    """Everything that was read of a service."""
    return LagoSource(
        customers=tuple(customers or (customer(),)),
        plans=tuple(plans or (plan(),)),
        subscriptions=tuple(subscriptions or (subscription(),)),
        own_plans=known.pop("own_plans", {}),
        metrics=known.pop("metrics", (LagoMetric("tickets", "Tickets", "sum_agg", "quantity"),)),
        billing=LagoBilling((), tuple(fees), (), {}, (), version),
        read_at=READ_AT,
        **known,
    )


def at(*parts):
    """Give a moment in UTC."""
    return datetime(*parts, tzinfo=UTC)


def rule_of(**known):
    """Name the rule by which an order is kept out; the key is that of the subscription."""
    with pytest.raises(RecordError) as caught:
        order(**known)
    assert caught.value.key == "l1"
    return caught.value.rule

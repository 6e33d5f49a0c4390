"""Lago's plans, subscriptions and usage as what Odoo is to hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from deployments.sample.lago.catalog import SERVICES
from deployments.sample.lago.rating import rate as rate_by_lago
from tasks.backfill.mapping.lago_orders import map_lago_order
from tasks.backfill.mapping.lago_plans import map_lago_plan
from tasks.backfill.mapping.lago_usage import billed_usage
from tasks.model.errors import RecordError
from tasks.model.lago import LagoCharge, LagoPlan, LagoSubscription
from tasks.model.rating.charge import RatedCharge
from tasks.model.rating.outcome import rate
from tests.reconcile.test_ledger_lago import END, START, fee, invoice

TORONTO = ZoneInfo("America/Toronto")
SOLD = [
    pytest.param(charge, id=f"{plan.code}-{charge.metric}")
    for plans in SERVICES.values()
    for plan in plans
    for charge in plan.charges
]
UNITS = (0, 1, 99, 100, 101, 500, 501, 1000, 1001, 2500, 5001, 10_000, 10_001, 250_000, 600_000)


def charge(**known):
    defaults = {
        "metric": "tickets", "model": "standard", "properties": {"amount": "0.25"},
        "minimum": Decimal(0), "is_prorated": False, "is_in_advance": False, "filters": 0,
    }  # fmt: skip
    return LagoCharge(**(defaults | known))


def plan(*charges, **known):
    defaults = {
        "lago_id": "p1", "code": "team", "name": "Team", "interval": "monthly",
        "price": Decimal(49), "currency": "CAD", "trial_days": Decimal(0),
        "has_commitment": False,
    }  # fmt: skip
    return LagoPlan(charges=charges, **(defaults | known))


def subscription(**known):
    defaults = {
        "external_id": "s1", "customer": "c1", "name": None, "plan_code": "team",
        "price": Decimal(49), "status": "active", "billing_time": "anniversary",
        "started_at": datetime(2026, 3, 2, 3, tzinfo=UTC), "ended_at": None,
    }  # fmt: skip
    return LagoSubscription("l1", **(defaults | known))


@pytest.mark.parametrize("sold", SOLD)
def test_mapped_charge_costs_what_lagos_does(sold):
    properties = sold.properties
    [made] = map_lago_plan(plan(charge(model=sold.model, properties=properties))).charges
    terms = {name: getattr(made.terms, name) for name in ("tiers", "percent", "minimum_amount")}
    rated = RatedCharge(
        made.charge_model,
        price_per_unit=made.price_per_unit,
        included_quota=made.included_quota,
        unit_batch=made.unit_batch,
        **terms,
    )
    for units in map(Decimal, UNITS):
        assert rate(rated, units).amount == rate_by_lago(sold.model, properties, units)


def test_metric_of_nexacloud_is_sold_by_the_hour_and_counted_in_seconds():
    [made] = map_lago_plan(plan(charge(metric="cpu_core_hours"))).charges
    assert (made.metric, made.unit_batch) == ("cpu_seconds", 3600)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"filters": 2}, "charge_not_supported"),
        ({"is_prorated": True}, "charge_not_supported"),
        ({"model": "dynamic", "properties": {}}, "charge_not_supported"),
        ({"properties": {}}, "charge_not_supported"),
        ({"properties": {"amount": "0.0000001"}}, "charge_not_supported"),
        (
            {"model": "percentage", "properties": {"rate": "1", "fixed_amount": "0.1"}},
            "charge_not_supported",
        ),
    ],
    ids=["filters", "prorated", "unknown model", "no terms", "too many decimals", "per event"],
)
def test_charge_that_odoo_would_rate_otherwise_is_refused(changed, rule):
    with pytest.raises(RecordError) as caught:
        map_lago_plan(plan(charge(**changed)))
    assert (caught.value.key, caught.value.rule) == ("p1", rule)


@pytest.mark.parametrize(
    ("made", "rule"),
    [(plan(interval="weekly"), "cycle_unknown"), (plan(charge(), charge()), "charge_twice")],
    ids=["weekly", "one metric twice"],
)
def test_plan_that_odoo_cannot_hold_is_refused(made, rule):
    with pytest.raises(RecordError) as caught:
        map_lago_plan(made)
    assert caught.value.rule == rule


def test_order_starts_on_its_day_at_the_company_and_has_the_plans_price():
    order = map_lago_order(subscription(), map_lago_plan(plan()), TORONTO)
    assert order.started_on == date(2026, 3, 1)
    assert (order.external_id, order.subscription_id) == ("s1", "s1")
    assert (order.price, order.cycle) == (Decimal(49), "monthly")


def test_calendar_months_that_odoo_would_cut_otherwise_are_refused():
    sold = map_lago_plan(plan())
    assert map_lago_order(subscription(billing_time="calendar"), sold, TORONTO)
    started_at = datetime(2026, 3, 9, 3, tzinfo=UTC)
    with pytest.raises(RecordError, match="calendar months"):
        map_lago_order(subscription(billing_time="calendar", started_at=started_at), sold, TORONTO)


def test_usage_is_what_finalized_fees_billed_since_the_first_day():
    invoices = [invoice("i1"), invoice("i2", status="draft")]
    fees = [
        fee("f1"),
        fee("f2", units=Decimal(3)),
        fee("f3", invoice=None, units=Decimal(5)),
        fee("f4", invoice="i2"),
        fee("f5", true_up_of="f1"),
        fee("f6", kind="subscription"),
        fee("f7", subscription="of nobody"),
        replace(fee("f8"), start=datetime(2026, 8, 15, 4, tzinfo=UTC), end=START),
    ]
    started_on = {"s1": date(2026, 9, 15)}
    [usage] = billed_usage(invoices, fees, started_on=started_on, timezone=TORONTO)
    assert (usage.metric, usage.start, usage.end, usage.units) == ("tickets", START, END, 20)
    assert usage.name == "s1/tickets@2026-09-15T04:00:00+00:00"

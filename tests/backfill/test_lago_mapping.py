"""Lago's subscriptions, customers and usage as what Odoo is to hold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.backfill.mapping.lago import lago_findings, map_lago
from tasks.backfill.mapping.lago_customers import Organization, map_lago_customer
from tasks.backfill.mapping.lago_plans import map_lago_plan, wire_metrics
from tasks.model.errors import RecordError
from tasks.model.lago import LagoFilter, LagoMetric
from tasks.model.lago_billed import LagoWallet
from tasks.model.records import Severity
from tests.backfill.lago_world import (
    at,
    charge,
    coupon,
    customer,
    fixed_charge,
    order,
    plan,
    rule_of,
    source,
    subscription,
)

TORONTO = ZoneInfo("America/Toronto")


def test_order_starts_on_its_day_at_the_company_and_has_the_plans_price():
    made = order()
    assert made.started_on == date(2026, 3, 1)
    assert (made.external_id, made.subscription_id) == ("s1", "s1")
    assert (made.price, made.cycle, made.in_advance) == (Decimal(49), "monthly", True)
    assert (made.timezone, made.anchor_on, made.billing_time) == (None, None, "anniversary")


def test_next_invoice_is_due_when_the_current_period_ends():
    made = order()
    assert (made.period_start, made.period_end) == (date(2026, 11, 1), date(2026, 12, 1))


def test_calendar_periods_are_carried_and_the_first_is_a_part():
    started = subscription(billing_time="calendar", started_at=at(2026, 11, 9, 15))
    made = order(started, plan(interval="quarterly", is_in_advance=False))
    assert (made.billing_time, made.cycle, made.in_advance) == ("calendar", "quarterly", False)
    assert (made.period_start, made.period_end) == (date(2026, 11, 9), date(2027, 1, 1))


def test_days_are_those_of_the_zone_that_lago_bills_in():
    made = order(zone="UTC")
    assert (made.started_on, made.timezone) == (date(2026, 3, 2), "UTC")


def test_periods_count_from_the_anchor_after_an_upgrade():
    moved = subscription(
        started_at=at(2026, 11, 9, 15), anchor_at=at(2026, 3, 5, 15), previous_plan_code="solo"
    )
    made = order(moved)
    assert (made.started_on, made.anchor_on) == (date(2026, 11, 9), date(2026, 3, 5))
    assert (made.period_start, made.period_end) == (date(2026, 11, 9), date(2026, 12, 5))


def test_end_and_trial_are_the_first_days_after_them():
    made = order(
        subscription(started_at=at(2026, 11, 9, 15), ending_at=at(2027, 3, 31, 22)),
        plan(trial_days=Decimal(14)),
    )
    assert (made.trial_ends_on, made.ends_on) == (date(2026, 11, 23), date(2027, 4, 1))


@pytest.mark.parametrize(
    ("interval", "is_monthly", "cycle"),
    [
        ("yearly", True, None),
        ("yearly", False, "yearly"),
        ("semiannual", True, None),
        ("quarterly", False, "quarterly"),
        ("weekly", False, "weekly"),
        ("monthly", False, None),
    ],
)
def test_usage_is_rated_by_the_periods_that_lago_charges_in(interval, is_monthly, cycle):
    sold = plan(charge(), interval=interval, charges_monthly=is_monthly)
    assert order(sold=sold).usage_cycle == cycle


@pytest.mark.parametrize(
    ("known", "rule"),
    [
        ({"sub": subscription(started_at=None)}, "start_missing"),
        ({"sub": subscription(billing_time="lunar")}, "period_unreadable"),
        ({"zone": "Mars/Olympus"}, "period_unreadable"),
        ({"sub": subscription(next_plan_code="solo")}, "plan_change_pending"),
        ({"sub": subscription(service="nexamaps")}, "billing_entity_other"),
        ({"sub": subscription(unknown=("subscription.uplift",))}, "unknown_field"),
        ({"who": customer(currency="USD")}, "currency_mixed"),
    ],
)
def test_subscription_that_odoo_would_bill_otherwise_is_kept_out_by_name(known, rule):
    assert rule_of(**known) == rule


ARREARS = {"is_in_advance": False}


def whole(**known):
    return fixed_charge(**known, properties={"amount": "12.123456789"}, units=Decimal("0.5"))


def by_days(**known):
    return fixed_charge(**known, is_prorated=True)


NEW_THIS_MONTH = {"billing_time": "calendar", "started_at": at(2026, 11, 9, 15)}
ENDING = {"ending_at": at(2027, 3, 10, 15)}


@pytest.mark.parametrize(
    ("sub", "sold", "coupons"),
    [
        (NEW_THIS_MONTH, ARREARS, [coupon(amount=None, percent=Decimal(10))]),
        (NEW_THIS_MONTH, ARREARS, [coupon(amount=Decimal(40))]),
        (NEW_THIS_MONTH, {**ARREARS, "fixed_charges": (by_days(is_in_advance=False),)}, []),
        (ENDING, {}, [coupon()]),
        (ENDING, {"fixed_charges": (fixed_charge(),)}, []),
        (ENDING, {**ARREARS, "fixed_charges": (by_days(is_in_advance=False),)}, []),
        ({"started_at": at(2026, 11, 9, 15)}, {"trial_days": Decimal(45)}, [coupon()]),
        ({}, {"fixed_charges": (by_days(),), "trial_days": Decimal(300)}, []),
    ],
    ids=["percent of the first part", "more off than the first part costs", "first part by days",
         "coupon at the end", "paid ahead of the end", "last part by days", "coupon in a trial",
         "fixed charge in a trial"],
)  # fmt: skip
def test_what_odoo_bills_otherwise_in_a_part_of_a_period_keeps_it_out(sub, sold, coupons):
    known = {"sub": subscription(**sub), "sold": plan(**sold), "coupons": coupons}
    assert rule_of(**known) == "lines_in_part"


@pytest.mark.parametrize(
    ("sub", "sold", "coupons"),
    [
        (NEW_THIS_MONTH, {**ARREARS, "fixed_charges": (whole(is_in_advance=False),)}, []),
        (NEW_THIS_MONTH, ARREARS, [coupon(amount=Decimal(30))]),
        (NEW_THIS_MONTH, {"fixed_charges": (by_days(),)}, []),
        (ENDING, {**ARREARS, "fixed_charges": (whole(is_in_advance=False),)}, []),
        ({}, {"fixed_charges": (by_days(),), "trial_days": Decimal(14)}, []),
    ],
    ids=["fixed charge", "coupon", "paid ahead already", "at the end", "after a trial"],
)
def test_lines_that_lago_bills_whole_in_a_part_of_a_period_are_carried(sub, sold, coupons):
    assert len(order(subscription(**sub), plan(**sold), coupons=coupons).lines) == 1


def test_what_lago_keeps_of_a_price_paid_ahead_is_not_given_back_by_odoo():
    kept = subscription(**ENDING, is_credited_at_end=False)
    assert rule_of(sub=kept) == "ending_unsettled"
    order(kept, plan(is_in_advance=False))
    unbilled = subscription(**ENDING, is_billed_at_end=False)
    assert rule_of(sub=unbilled, sold=plan(is_in_advance=False)) == "ending_unsettled"
    assert rule_of(sub=unbilled, sold=plan(charge())) == "ending_unsettled"
    order(unbilled)
    order(replace(kept, ending_at=at(2027, 2, 28, 15)))
    order(subscription(**ENDING))


def test_who_comes_back_has_no_second_trial():
    before = subscription(
        lago_id="l0", status="terminated", started_at=at(2025, 1, 5), ended_at=at(2025, 6, 1)
    )
    sold = plan(trial_days=Decimal(30))
    world = source(plans=[sold], subscriptions=[before, subscription()])
    accepted = {
        "users": frozenset({"c1"}),
        "plans": frozenset({"p1"}),
        "subscriptions": frozenset({"l1"}),
    }
    mapped = map_lago(world, accepted, entities=frozenset({"order"}), timezone=TORONTO)
    [back] = mapped.customers[0].orders
    assert back.trial_ends_on == date(2025, 2, 3)
    assert order(sold=sold).trial_ends_on == date(2026, 3, 31)


def test_lago_without_taxes_says_nothing_about_odoos():
    assert map_lago_customer(customer(), Organization()).tax_codes is None


def test_plan_that_cannot_be_read_keeps_out_itself_and_nobody_else():
    broken = plan(lago_id="p2", code="new", price=None)
    others = subscription(lago_id="l2", external_id="s2", plan_code="new")
    world = source(plans=(plan(), broken), subscriptions=(subscription(), others))
    found = {(each.key, each.rule) for each in lago_findings(world, (), timezone=TORONTO)}
    assert found == {("p2", "plan_without_price"), ("l2", "plan_quarantined")}
    accepted = {
        "users": frozenset({"c1"}),
        "plans": frozenset({"p1"}),
        "subscriptions": frozenset({"l1"}),
    }
    mapped = map_lago(world, accepted, entities=frozenset({"order"}), timezone=TORONTO)
    assert [each.external_id for each in mapped.orders] == ["s1"]


def test_what_stays_in_the_app_is_named_once():
    world = source(
        plans=(plan(in_app=("entitlements",)),), customers=(customer(in_app=("metadata",)),)
    )
    found = lago_findings(world, (), timezone=TORONTO)
    assert [(each.rule, each.key) for each in found] == [("entitlements", None), ("metadata", None)]


def test_credit_of_who_has_no_live_subscription_is_named_with_its_amount():
    """No switch would ever post it: a customer who comes back would find their credits gone."""
    wallet = LagoWallet(
        "w1", "c1", "prepaid", "active", "CAD", Decimal("12.50"), Decimal(0), None, tops_up=False
    )
    ended = subscription(status="terminated", ended_at=datetime(2026, 10, 1, tzinfo=UTC))
    world = source(subscriptions=(ended,), wallets=(wallet,))
    [found] = lago_findings(world, (), timezone=TORONTO)
    told = (found.key, found.rule, found.severity, found.observed)
    assert told == ("c1", "owed_without_subscription", Severity.WARNING, "12.50 CAD")
    assert lago_findings(source(wallets=(wallet,)), (), timezone=TORONTO) == ()
    assert lago_findings(source(subscriptions=(ended,)), (), timezone=TORONTO) == ()


def test_metric_is_carried_with_its_rounding_and_its_keys():
    rounded = LagoMetric(
        "tickets",
        "Tickets",
        "sum_agg",
        "n",
        rounding="ceil",
        rounding_digits=-1,
        filters={"region": ("us", "eu")},
    )
    sold = plan(charge(filters=(LagoFilter({"region": ("us",)}, {"amount": "1"}),)))
    world = source(plans=(sold,), metrics=(rounded,))
    whole, *told = wire_metrics(world, [map_lago_plan(sold, world.charge_context)])
    # The app may make further plans by it.
    assert (whole["code"], "event_code" in whole) == ("tickets", False)
    assert json.loads(whole["filters"]) == [{"key": "region", "values": ["us", "eu"]}]
    assert [each["code"] for each in told] == [
        "tickets[team/solved:region=us]",
        "tickets[team/solved]",
    ]
    assert all(each["event_code"] == "tickets" for each in told)
    assert {(each["rounding"], each["rounding_digits"]) for each in told} == {("ceil", "-1")}
    assert all(isinstance(value, str) for each in told for value in each.values())


@pytest.mark.parametrize(
    ("known", "rule"),
    [
        ({"price": Decimal(-5)}, "plan_unreadable"),
        ({"price": Decimal(150_000_000), "currency": "JPY"}, "amount_too_large"),
        ({"price": Decimal("10.5"), "currency": "TWD"}, "currency_subunits"),
    ],
    ids=["below 0", "too large", "cents that Odoo does not have"],
)
def test_plan_that_odoo_would_refuse_or_round_is_kept_out_by_its_name(known, rule):
    with pytest.raises(RecordError) as caught:
        map_lago_plan(plan(**known))
    assert caught.value.rule == rule

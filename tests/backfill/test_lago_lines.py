"""What an order of Lago's bills beside its price: fixed charges, minimums, coupons."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tasks.backfill.mapping.lago_plans import map_lago_plan, usage_cycle
from tasks.model.errors import RecordError
from tasks.model.records import Minimum
from tests.backfill.lago_world import (
    at,
    charge,
    coupon,
    fixed_charge,
    order,
    plan,
    rule_of,
    subscription,
)


def test_fixed_charges_are_lines_of_the_order():
    tiers = [
        {"from_value": 0, "to_value": 2, "per_unit_amount": "10", "flat_amount": "1"},
        {"from_value": 3, "to_value": None, "per_unit_amount": "5", "flat_amount": "0"},
    ]
    sold = plan(
        fixed_charges=(
            fixed_charge(tax_codes=("hst",)),
            fixed_charge(code="b", model="graduated", properties={"graduated_ranges": tiers}),
            fixed_charge(code="none", units=Decimal(0)),
        ),
    )
    seats, tiered = order(sold=sold).lines
    assert (seats.item, seats.quantity, seats.price) == ("fixed:seat", 4, Decimal("12.5"))
    assert (seats.external_id, seats.tax_codes) == ("fixed:seats", ("hst",))
    assert (tiered.quantity, tiered.price) == (1, Decimal(31))


def test_a_minimum_is_the_plan_s_with_its_own_name_and_taxes():
    said = {"commitment": Decimal(100), "commitment_name": "Least"}
    mapped = map_lago_plan(plan(**said, commitment_tax_codes=("hst",)))
    assert mapped.minimum == Minimum(Decimal(100), "Least", ("hst",))
    assert map_lago_plan(plan(**said)).minimum == Minimum(Decimal(100), "Least")
    assert map_lago_plan(plan(commitment=Decimal(0))).minimum is None


@pytest.mark.parametrize(
    ("sold", "rule"),
    [
        ({"commitment": Decimal(-1)}, "plan_unreadable"),
        ({"commitment": Decimal("1e8")}, "amount_too_large"),
        ({"interval": "yearly", "charges_monthly": True}, "commitment_cycle"),
    ],
)
def test_a_minimum_that_odoo_cannot_hold_or_reckon_keeps_its_plan_out(sold, rule):
    with pytest.raises(RecordError) as refused:
        map_lago_plan(plan(charge(), **{"commitment": Decimal(100), **sold}))
    assert refused.value.rule == rule


def test_a_minimum_waits_until_the_period_of_a_trial_s_end_is_over():
    # It began on 1 March and is read on 20 November.
    for days in (246, 300):
        tried = plan(commitment=Decimal(100), trial_days=Decimal(days))
        assert rule_of(sold=tried) == "commitment_trial"
    assert order(sold=plan(commitment=Decimal(100), trial_days=Decimal(245))).price == 49


def test_a_longer_period_s_minimum_counts_by_its_own_periods_also_without_usage():
    assert usage_cycle(plan(interval="quarterly", commitment=Decimal(1))) == "quarterly"
    assert usage_cycle(plan(interval="yearly", charges_monthly=True)) is None


@pytest.mark.parametrize(
    ("changed", "known", "rule"),
    [
        ({"is_in_advance": False}, {}, "fixed_charge_timing"),
        ({}, {"interval": "yearly", "fixed_charges_monthly": True}, "fixed_charge_cycle"),
        ({"unknown": ("fixed_charge.x",)}, {}, "unknown_field"),
        ({"properties": {}}, {}, "charge_terms"),
    ],
)
def test_fixed_charge_due_otherwise_keeps_its_subscription_out(changed, known, rule):
    assert rule_of(sold=plan(fixed_charges=(fixed_charge(**changed),), **known)) == rule


@pytest.mark.parametrize(
    ("changed", "price", "ends_on"),
    [
        ({}, "-5", None),
        ({"frequency": "recurring", "remaining": 2}, "-5", date(2027, 2, 1)),
        ({"frequency": "once", "remaining": 1}, "-5", date(2027, 1, 1)),
        ({"amount": None, "percent": Decimal("12.5")}, "-6.13", None),
    ],
)
def test_coupon_is_a_negative_line_until_its_last_invoice(changed, price, ends_on):
    [line] = order(coupons=[coupon(**changed)]).lines
    assert (line.item, line.kind) == ("discount:spring", "discount")
    assert (line.price, line.ends_on) == (Decimal(price), ends_on)


def test_coupon_of_arrears_lowers_the_running_period_first():
    counted = coupon(frequency="recurring", remaining=2)
    [line] = order(sold=plan(is_in_advance=False), coupons=[counted]).lines
    assert line.ends_on == date(2027, 1, 1)


def test_coupon_of_another_plan_lowers_nothing():
    assert order(coupons=[coupon(plans=("solo",))]).lines == ()


PERCENT = coupon(amount=None, percent=Decimal(10))


@pytest.mark.parametrize(
    ("known", "rule"),
    [
        ({"coupons": [coupon(amount=Decimal(50))]}, "coupon_above_price"),
        ({"coupons": [PERCENT], "sold": plan(charge())}, "coupon_percent_usage"),
        ({"coupons": [PERCENT, coupon()]}, "coupon_several"),
        ({"coupons": [coupon(metrics=("tickets",))]}, "coupon_metric"),
        ({"coupons": [coupon(plans=None)]}, "coupon_unreadable"),
        ({"coupons": [coupon(currency="USD")]}, "coupon_currency"),
        ({"coupons": [coupon(expires_at=at(2027, 1, 1))]}, "coupon_end"),
        ({"coupons": [coupon(unknown=("applied_coupon.x",))]}, "unknown_field"),
        (
            {"coupons": [coupon()], "siblings": [subscription(external_id="s2")]},
            "coupon_several_subscriptions",
        ),
    ],
)
def test_coupon_that_lines_cannot_say_keeps_its_subscription_out(known, rule):
    assert rule_of(**known) == rule


@pytest.mark.parametrize(
    ("units", "amount", "line"),
    [
        ("4", "12.5", ("4", "12.5")),
        ("3", "0.123456789012345", ("1", "0.37")),
        ("2.1234567891", "3.5", ("1", "7.43")),
        ("0.333", "0.333333", ("0.333", "0.333333")),
    ],
)
def test_fixed_charge_of_any_fineness_costs_what_lago_bills(units, amount, line):
    fixed = fixed_charge(units=Decimal(units), properties={"amount": amount})
    [made] = order(sold=plan(fixed_charges=(fixed,))).lines
    assert (str(made.quantity), str(made.price)) == line

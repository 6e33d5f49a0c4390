"""Charges that Odoo would rate otherwise are kept out by name, from a border on and not before."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tasks.backfill.mapping.lago_charges import (
    LARGEST_BATCH,
    MOST_GROUPS,
    ChargeContext,
    charge_key,
    group_of,
    groups_billed,
    has_key,
    keyed_events,
    zero_usage_flat,
)
from tasks.backfill.mapping.lago_plans import map_lago_plan
from tasks.model.lago import LagoFilter, LagoMetric
from tests.backfill.lago_world import charge, plan
from tests.backfill.test_kept_out_words import said
from tests.reconcile.test_ledger_lago import fee

TICKETS = "Plan team, the charge for tickets (standard)."
METRIC = LagoMetric("tickets", "Tickets", "sum_agg")
ONE = Decimal(1)


def values(price="1", /, **named):
    return LagoFilter(
        {name: tuple(each.split()) for name, each in named.items()}, {"amount": price}
    )


def of(*metrics, **known):
    return ChargeContext(metrics={each.code: each for each in metrics}, **known)


GROUPED = {"amount": "0.25", "pricing_group_keys": ["region"]}
TIERS = [{"from_value": 0, "to_value": None, "per_unit_amount": "1", "flat_amount": "5"}]
TIERED = {"model": "graduated", "properties": {"graduated_ranges": TIERS}}
GRADUATED = "Plan team, the charge for tickets (graduated)."


@pytest.mark.parametrize(
    ("known", "context", "rule", "words"),
    [
        ({"filters": (values(region="eu"),), "properties": GROUPED}, None,
         "charge_group_filter", TICKETS),
        ({"filters": (LagoFilter({"region": ("eu",)}, GROUPED),)}, None,
         "charge_group_filter", TICKETS),
        ({"filters": (values(region="eu"),), "minimum": ONE}, None,
         "charge_minimum_groups", TICKETS),
        ({"properties": GROUPED, "minimum": ONE}, None, "charge_minimum_groups", TICKETS),
        ({"filters": (LagoFilter({}, {"amount": "1"}),)}, None,
         "charge_filter_unreadable", TICKETS),
        ({"filters": (values(region="eu us"), values(region="us"))}, None,
         "charge_filter_overlap", TICKETS),
        ({"filters": (values(region="eu"), values(size="xl"))}, None,
         "charge_filter_overlap", TICKETS),
        ({"filters": (values(region="__ALL_FILTER_VALUES__"),)}, of(METRIC),
         "charge_filter_unreadable", TICKETS),
        ({}, of(), "metric_unknown", TICKETS),
        ({}, of(replace(METRIC, fault="is odd")), "metric_unknown", TICKETS),
        ({}, of(replace(METRIC, aggregation="custom_agg")), "metric_unknown", TICKETS),
        ({}, of(replace(METRIC, unknown=("a", "b"))), "unknown_field", "Plan team: a, b."),
        ({}, of(replace(METRIC, is_recurring=True)), "metric_recurring", TICKETS),
        ({}, of(replace(METRIC, expression="a*b")), "metric_expression", TICKETS),
        ({"conversion": Decimal(2)}, of(METRIC), "pricing_unit_fraction", TICKETS),
        ({"conversion": Decimal(2)}, of(replace(METRIC, rounding="ceil", rounding_digits=1)),
         "pricing_unit_fraction", TICKETS),
        ({"conversion": Decimal(2), "properties": {"amount": "0.255"}}, None,
         "pricing_unit_fraction", TICKETS),
        (TIERED, ChargeContext(flat_at_zero=None), "charge_terms",
         f"{GRADUATED} Lago does not tell its version."),
        ({"model": "graduated",
          "properties": TIERED["properties"] | {"pricing_group_keys": ["region"]}},
         ChargeContext(flat_at_zero=True), "charge_minimum_groups", GRADUATED),
        ({"model": "package",
          "properties": {"amount": "1", "package_size": LARGEST_BATCH + 1, "free_units": 0}},
         None, "charge_terms", "Plan team, the charge for tickets (package)."),
    ],
)  # fmt: skip
def test_a_charge_that_is_kept_out_is_named_with_its_metric(known, context, rule, words):
    assert said(lambda: map_lago_plan(plan(charge(**known)), context)) == (rule, words)


@pytest.mark.parametrize(
    ("known", "context"),
    [
        ({}, of(METRIC)),
        ({}, of(replace(METRIC, rounding="ceil"))),
        ({"filters": (values(region="eu"), values(region="us"))}, None),
        ({"filters": (values(region="eu"), values(region="eu", size="xl"))}, None),
        ({"properties": GROUPED}, None),
        ({"conversion": Decimal(2)}, None),
        ({"conversion": Decimal(2)}, of(replace(METRIC, aggregation="count_agg"))),
        ({"conversion": Decimal(2)}, of(replace(METRIC, aggregation="unique_count_agg"))),
        ({"conversion": Decimal(2)}, of(replace(METRIC, rounding="ceil"))),
        ({"conversion": Decimal(2)}, of(replace(METRIC, rounding="ceil", rounding_digits=-1))),
        ({}, ChargeContext(flat_at_zero=None)),
        (TIERED, ChargeContext(flat_at_zero=True)),
        ({"model": "graduated",
          "properties": TIERED["properties"] | {"pricing_group_keys": ["region"]}}, None),
        ({"model": "package",
          "properties": {"amount": "1", "package_size": LARGEST_BATCH, "free_units": 0}}, None),
    ],
)  # fmt: skip
def test_a_charge_at_the_border_is_carried(known, context):
    assert map_lago_plan(plan(charge(**known)), context).charges


def test_seconds_of_a_rounded_metric_would_be_rounded_as_hours_and_are_kept_out():
    hours = LagoMetric("cpu_core_hours", "CPU", "sum_agg", rounding="ceil")
    words = "Plan team, the charge for cpu_core_hours (standard)."
    sold = plan(charge(metric="cpu_core_hours"))
    assert said(lambda: map_lago_plan(sold, of(hours))) == ("charge_terms", words)
    assert map_lago_plan(sold, of(replace(hours, rounding=None))).charges


def test_a_charge_is_mapped_whole():
    sold = plan(charge(properties={"amount": "5", "package_size": 10, "free_units": 20},
                       model="package", metric="cpu_core_hours", minimum=Decimal(2)))  # fmt: skip
    [made] = map_lago_plan(sold).charges
    told = (made.metric, made.included_quota, made.unit_batch, made.price_per_unit,
            made.charge_model, made.terms.minimum_amount, made.external_id, made.group)  # fmt: skip
    assert told == ("cpu_seconds", 72_000, 36_000, 5, "package", 2, None, {})
    shares = plan(charge(model="percentage", properties={"rate": "1.5"}))
    assert map_lago_plan(shares).charges[0].terms.percent == Decimal("1.5")


@pytest.mark.parametrize(("flat_at_zero", "due"), [(True, True), (False, False)])
def test_a_first_tiers_flat_fee_without_usage_is_due_as_this_lago_bills_it(flat_at_zero, due):
    [made] = map_lago_plan(plan(charge(**TIERED)), ChargeContext(flat_at_zero=flat_at_zero)).charges
    assert made.terms.flat_at_zero is due
    free = [dict(TIERS[0], flat_amount="0")]
    known = TIERED | {"properties": {"graduated_ranges": free}}
    [made] = map_lago_plan(plan(charge(**known)), ChargeContext(flat_at_zero=True)).charges
    assert made.terms.flat_at_zero is False


def groups(number):
    return frozenset({(("region", f"r{at:03}"),) for at in range(number)})


def test_a_hundred_groups_have_a_charge_each_and_one_more_is_too_many():
    sold = plan(charge(properties=GROUPED))
    most = ChargeContext(groups={"ch1": groups(MOST_GROUPS)})
    made = map_lago_plan(sold, most).charges
    assert len(made) == MOST_GROUPS + 1
    assert [each.external_id for each in made][:2] == [
        "team/solved:region=r000", "team/solved:region=r001",
    ]  # fmt: skip
    assert (made[-1].external_id, made[0].group) == ("team/solved", {"region": "r000"})
    more = ChargeContext(groups={"ch1": groups(MOST_GROUPS + 1)})
    assert said(lambda: map_lago_plan(sold, more)) == ("charge_group_many", TICKETS)


@pytest.mark.parametrize(
    ("sold", "is_keyed"),
    [
        (plan(charge()), False),
        (plan(charge(), charge(metric="other")), False),
        (plan(charge(), charge(code="b")), True),
        (plan(charge(filters=(values(region="eu"),))), True),
        (plan(charge(properties=GROUPED)), True),
        (plan(charge(properties={"amount": "1", "grouped_by": ["x"]})), True),
        (plan(charge(properties={"amount": "1", "grouped_by": []})), False),
        (plan(charge(metric="cpu_core_hours"), charge(metric="cpu_seconds", code="b")), True),
    ],
)
def test_usage_names_its_charge_where_the_metric_alone_does_not_tell_it(sold, is_keyed):
    assert has_key(sold.charges[0], sold) is is_keyed
    assert bool(list(keyed_events(sold, ChargeContext()))) is is_keyed
    assert (map_lago_plan(sold).charges[0].external_id is not None) is is_keyed


def test_what_the_events_of_a_fee_have_in_common_is_told_in_order():
    known = fee(filters={"size": ("xl", "l")}, groups={"zone": "a", "region": None})
    assert group_of(known) == (("size", "l,xl"), ("zone", "a"))
    assert group_of(fee()) == ()
    sold = charge(code="gpu")
    assert charge_key("team", sold, group_of(known)) == "team/gpu:size=l,xl,zone=a"
    assert charge_key("team", sold, ()) == "team/gpu"


def test_groups_are_those_that_charges_with_group_keys_have_billed():
    plans = [plan(charge(properties=GROUPED), charge(lago_id="ch2"))]
    fees = [
        fee("f1", groups={"region": "eu"}), fee("f2", groups={"region": "us"}),
        fee("f3", groups={"region": "eu"}), fee("f4"), fee("f5", groups={"region": None}),
        fee("f6", charge="ch2", groups={"region": "x"}), fee("f7", charge=None),
    ]  # fmt: skip
    assert groups_billed(plans, fees) == {
        "ch1": frozenset({(("region", "eu"),), (("region", "us"),)})
    }


@pytest.mark.parametrize(
    ("version", "bills"),
    [
        ("1.50.9", False), ("1.51", True), ("v1.51.0", True), ("1.52.0", True), ("2.0.0", True),
        ("0.99.0", False), ("1", None), ("", None), ("1.x.0", None), ("x.51.0", None),
    ],
)  # fmt: skip
def test_a_first_tiers_fee_without_usage_is_billed_since_version_one_fifty_one(version, bills):
    assert zero_usage_flat(version) is bills

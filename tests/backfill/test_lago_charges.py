"""What a charge of Lago costs in Odoo: the same, for each set of events that it prices alike."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.sample.lago.catalog import SERVICES
from deployments.sample.lago.rating import rate as rate_by_lago
from tasks.backfill.mapping.lago_charges import (
    ChargeContext,
    group_of,
    groups_billed,
    keyed_events,
    zero_usage_flat,
)
from tasks.backfill.mapping.lago_plans import map_lago_plan
from tasks.backfill.mapping.lago_usage import charge_names
from tasks.model.errors import RecordError
from tasks.model.lago import LagoFilter, LagoMetric
from tasks.model.rating.charge import RatedCharge
from tasks.model.rating.outcome import rate
from tests.backfill.lago_world import charge, plan
from tests.reconcile.test_ledger_lago import fee

SOLD = [
    pytest.param(charge, id=f"{plan.code}-{charge.metric}")
    for plans in SERVICES.values()
    for plan in plans
    for charge in plan.charges
]
UNITS = (0, 1, 99, 100, 101, 500, 501, 1000, 1001, 2500, 5001, 10_000, 10_001, 250_000, 600_000)
RANGES = [
    {"from_value": 0, "to_value": 10, "per_unit_amount": "1", "flat_amount": "5"},
    {"from_value": 11, "to_value": None, "per_unit_amount": "0.5", "flat_amount": "0"},
]
ANY = "__ALL_FILTER_VALUES__"
METRIC = LagoMetric("tickets", "Tickets", "sum_agg")
REGIONS = (
    LagoFilter({"region": ("us",)}, {"amount": "0.2"}),
    LagoFilter({"region": ("eu",), "size": ("xl",)}, {"amount": "0.3"}),
)


def rated(made, units):
    terms = {
        name: getattr(made.terms, name)
        for name in ("tiers", "percent", "minimum_amount", "flat_at_zero")
    }
    return rate(
        RatedCharge(
            made.charge_model,
            price_per_unit=made.price_per_unit,
            included_quota=made.included_quota,
            unit_batch=made.unit_batch,
            **terms,
        ),
        Decimal(units),
    ).amount


def mapped(*charges, context=None, **known):
    return map_lago_plan(plan(*charges, **known), context).charges


@pytest.mark.parametrize("sold", SOLD)
def test_mapped_charge_costs_what_lagos_does(sold):
    [made] = mapped(charge(model=sold.model, properties=sold.properties))
    for units in UNITS:
        expected = rate_by_lago(sold.model, sold.properties, Decimal(units))
        assert rated(made, units) == expected


def test_metric_of_nexacloud_is_sold_by_the_hour_and_counted_in_seconds():
    [made] = mapped(charge(metric="cpu_core_hours"))
    assert (made.metric, made.unit_batch, made.external_id) == ("cpu_seconds", 3600, None)


@given(st.decimals(0, Decimal("0.099"), places=15), st.integers(0, 10_000_000))
def test_price_of_fifteen_decimals_is_exact_in_a_larger_batch(price, units):
    [made] = mapped(charge(properties={"amount": format(price, "f")}))
    assert -made.price_per_unit.normalize().as_tuple().exponent <= 6
    assert made.price_per_unit * units / made.unit_batch == price * units


@pytest.mark.parametrize(
    ("model", "properties", "rule"),
    [
        ("standard", {"amount": "0.123456789012345"}, "charge_terms"),
        ("standard", {"amount": "100000000"}, "amount_too_large"),
        ("package", {"amount": "1", "package_size": Decimal("10.5"), "free_units": 0},
         "charge_terms"),
        ("percentage", {"rate": "1", "free_units_per_total_aggregation": "0.1234567"},
         "charge_terms"),
        ("graduated",
         {"graduated_ranges": [dict(each, per_unit_amount="0.000000000000001") for each in RANGES]},
         "charge_terms"),
        ("graduated", {"graduated_ranges": [dict(each, min_amount="5") for each in RANGES]},
         "unknown_field"),
        ("volume", {"volume_ranges": [dict(each, min_amount="0.00") for each in RANGES]}, ""),
    ],
    ids=["15 digits", "large", "part of a package", "fine quota", "fine tiers", "word of a tier",
         "a word that says 0"],
)  # fmt: skip
def test_price_that_odoo_would_refuse_or_cut_is_kept_out_by_its_name(model, properties, rule):
    if not rule:
        mapped(charge(model=model, properties=properties))
        return
    with pytest.raises(RecordError) as caught:
        mapped(charge(model=model, properties=properties))
    assert caught.value.rule == rule


def test_tiers_of_fine_prices_end_where_they_did():
    fine = [dict(each, per_unit_amount="0.00000012345", flat_amount="0") for each in RANGES]
    [made] = mapped(charge(model="graduated", properties={"graduated_ranges": fine}))
    assert made.terms.tiers[0].up_to * made.unit_batch == 10
    assert rated(made, 400_000_000) == Decimal("49.38")


def test_several_charges_for_one_metric_have_keys_of_their_own():
    first, second = mapped(charge(code="solved"), charge(code="urgent", lago_id="ch2"))
    assert (first.external_id, second.external_id) == ("team/solved", "team/urgent")
    assert first.metric == "tickets[team/solved]"


def test_filters_become_a_charge_each_and_one_for_the_rest():
    made = mapped(charge(filters=REGIONS))
    assert [(each.external_id, each.group, each.price_per_unit) for each in made] == [
        ("team/solved:region=us", {"region": "us"}, Decimal("0.2")),
        ("team/solved:region=eu,size=xl", {"region": "eu", "size": "xl"}, Decimal("0.3")),
        ("team/solved", {}, Decimal("0.25")),
    ]


def test_group_keys_become_a_charge_for_each_value_that_was_billed():
    properties = {"amount": "5", "package_size": 10, "free_units": 0}
    grouped = charge(model="package", properties=properties | {"pricing_group_keys": ["region"]})
    fees = [fee(groups={"region": value}) for value in ("us", "eu", None, "us")]
    seen = groups_billed([plan(grouped)], fees)
    made = mapped(grouped, context=ChargeContext(groups=seen))
    assert [each.group for each in made] == [{"region": "eu"}, {"region": "us"}, {}]
    assert charge_names([plan(grouped)]) == {"ch1": ("team", grouped)}


def test_events_are_counted_by_the_narrowest_charge_alone():
    sold = plan(charge(filters=(*REGIONS, LagoFilter({"region": ("eu",)}, {"amount": "0.1"}))))
    chosen = {name: json.loads(text) for name, _, _, text in keyed_events(sold, ChargeContext())}
    us, eu = {"region": ["us"]}, {"region": ["eu"]}
    large = {"region": ["eu"], "size": ["xl"]}
    assert chosen == {
        "tickets[team/solved:region=us]": {"is": us, "not": []},
        "tickets[team/solved:region=eu,size=xl]": {"is": large, "not": []},
        "tickets[team/solved:region=eu]": {"is": eu, "not": [large]},
        "tickets[team/solved]": {"is": {}, "not": [us, large, eu]},
    }


def test_filter_of_several_values_is_one_charge_whose_units_are_rated_together():
    regions = LagoFilter({"region": ("us", "eu"), "size": (ANY,)}, {"amount": "0.2"})
    sold = plan(charge(filters=(regions,)))
    listed = replace(METRIC, filters={"region": ("eu", "us"), "size": ("s", "xl")})
    context = ChargeContext(metrics={"tickets": listed})
    first, rest = map_lago_plan(sold, context).charges
    assert first.group == {"region": "eu,us", "size": ANY}
    chosen = {name: json.loads(text) for name, _, _, text in keyed_events(sold, context)}
    both = {"region": ["eu", "us"], "size": ["s", "xl"]}
    assert chosen == {first.metric: {"is": both, "not": []}, rest.metric: {"is": {}, "not": [both]}}
    named = fee(filters={"region": ("eu", "us"), "size": (ANY,)})
    assert dict(group_of(named)) == first.group


def test_pricing_unit_is_the_amount_times_its_rate():
    [made] = mapped(charge(properties={"amount": "0.3"}, conversion=Decimal("2.5")))
    assert made.price_per_unit == Decimal("0.75")


@pytest.mark.parametrize(
    ("version", "units", "amount"), [("1.51.0", 0, 5), ("1.50.3", 0, 0), ("1.50.3", 1, 6)]
)
def test_first_tiers_flat_fee_is_due_without_usage_by_lagos_version(version, units, amount):
    context = ChargeContext(flat_at_zero=zero_usage_flat(version))
    sold = charge(model="graduated", properties={"graduated_ranges": RANGES})
    [made] = mapped(sold, context=context)
    assert rated(made, units) == amount


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"is_prorated": True}, "charge_prorated"),
        ({"is_of_target_wallet": True}, "charge_target_wallet"),
        ({"is_in_advance": True}, "charge_in_advance"),
        ({"is_in_advance": True, "is_invoiceable": False}, "charge_not_invoiceable"),
        ({"model": "dynamic", "properties": {}}, "charge_model_unknown"),
        ({"model": "custom", "properties": {}}, "charge_model_unknown"),
        ({"properties": {}}, "charge_terms"),
        ({"properties": {"amount": "dear"}}, "charge_terms"),
        ({"properties": {"amount": "-1"}}, "charge_terms"),
        ({"properties": {"amount": "NaN"}}, "charge_terms"),
        ({"properties": {"amount": "1", "surcharge": "0.1"}}, "unknown_field"),
        ({"unknown": ("charge.surcharge",)}, "unknown_field"),
        ({"model": "percentage", "properties": {"rate": "1", "fixed_amount": "0.1"}},
         "charge_per_event"),
        ({"model": "graduated", "properties": {"graduated_ranges": RANGES[:1]}}, "charge_terms"),
        ({"model": "graduated_percentage", "properties": {"graduated_percentage_ranges": [
            {"from_value": 0, "to_value": 10, "rate": "1", "flat_amount": "0"},
            {"from_value": 10, "to_value": None, "rate": "2", "flat_amount": "0"}]}},
         "charge_terms"),
        ({"model": "graduated", "properties": {"graduated_ranges": [
            RANGES[0], RANGES[1] | {"from_value": 21}]}}, "charge_terms"),
        ({"filters": (LagoFilter({"region": ()}, {"amount": "1"}),)}, "charge_filter_unreadable"),
        ({"filters": (LagoFilter({"region": (ANY,)}, {"amount": "1"}),)},
         "charge_filter_unreadable"),
        ({"filters": (LagoFilter({"region": ("us",)}, {"amount": "1", "new": "2"}),)},
         "unknown_field"),
        ({"filters": (*REGIONS, LagoFilter({"size": ("s",)}, {"amount": "1"}))},
         "charge_filter_overlap"),
        ({"filters": REGIONS, "minimum": Decimal(3)}, "charge_minimum_groups"),
        ({"filters": REGIONS, "properties": {"amount": "1", "pricing_group_keys": ["a"]}},
         "charge_group_filter"),
        ({"properties": {"amount": "0.019"}, "conversion": Decimal(3)}, "pricing_unit_fraction"),
    ],
)  # fmt: skip
def test_charge_that_odoo_would_rate_otherwise_is_kept_out_by_name(changed, rule):
    with pytest.raises(RecordError) as caught:
        mapped(charge(**changed))
    assert (caught.value.key, caught.value.rule) == ("p1", rule)


@pytest.mark.parametrize(
    ("metric", "rule"),
    [
        (replace(METRIC, is_recurring=True), "metric_recurring"),
        (replace(METRIC, expression="event.properties.a * 2"), "metric_expression"),
        (replace(METRIC, aggregation="custom_agg"), "metric_unknown"),
        (replace(METRIC, unknown=("metric.weight",)), "unknown_field"),
        (None, "metric_unknown"),
    ],
)
def test_metric_that_odoo_would_count_otherwise_keeps_the_plan_out(metric, rule):
    metrics = {"tickets": metric} if metric else {}
    with pytest.raises(RecordError) as caught:
        mapped(charge(), context=ChargeContext(metrics=metrics))
    assert caught.value.rule == rule


def test_more_groups_than_odoo_can_hold_keep_the_plan_out():
    groups = frozenset((("user", str(number)),) for number in range(101))
    sold = charge(properties={"amount": "1", "pricing_group_keys": ["user"]})
    with pytest.raises(RecordError) as caught:
        mapped(sold, context=ChargeContext(groups={"ch1": groups}))
    assert caught.value.rule == "charge_group_many"


@pytest.mark.parametrize(
    ("known", "rule"),
    [
        ({"interval": "daily"}, "period_unreadable"),
        ({"price": None}, "plan_without_price"),
        ({"fault": "lacks or spoils 'amount_cents'", "price": None}, "plan_without_price"),
        ({"fault": "lacks or spoils 'charges'", "price": None}, "plan_unreadable"),
        ({"unknown": ("plan.setup_fee",)}, "unknown_field"),
    ],
)
def test_plan_that_cannot_be_read_is_kept_out_by_name(known, rule):
    with pytest.raises(RecordError) as caught:
        mapped(**known)
    assert caught.value.rule == rule

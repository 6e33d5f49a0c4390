"""What is told to Odoo of a metric of Lago: a property that is not told is not summed."""

from __future__ import annotations

import json

import pytest

from tasks.backfill.mapping.lago_plans import map_lago_plan, wire_metrics
from tasks.model.lago import LagoFilter, LagoMetric
from tests.backfill.lago_world import charge, plan, source


@pytest.mark.parametrize(
    ("aggregation", "field_name", "told"),
    [("sum_agg", "seconds", "seconds"), ("count_agg", None, None)],
)
def test_the_property_that_is_summed_is_told_and_no_other(aggregation, field_name, told):
    metric = LagoMetric("cpu", "CPU", aggregation, field_name)
    sold = plan(charge(metric="cpu"))
    world = source(plans=(sold,), metrics=(metric,))
    (wire,) = wire_metrics(world, [map_lago_plan(sold, world.charge_context)])
    assert wire.get("field_name") == told
    assert (wire["code"], "field_name" in wire) == ("cpu", told is not None)


EU = LagoFilter({"region": ("eu", "uk"), "size": ("xl",)}, {"amount": "1"})


def test_every_metric_that_a_taken_plan_counts_is_told_whole_and_no_other():
    sold = plan(charge(filters=(EU,)), charge(metric="gpu", code="g"), lago_id="p1")
    other = plan(charge(metric="ram"), lago_id="p2", code="other")
    metrics = (
        LagoMetric("tickets", "Tickets", "max_agg", "n", rounding="round", rounding_digits=2),
        LagoMetric("ram", "RAM", "sum_agg"),
        LagoMetric("gpu", "GPU", "custom_agg", filters={"zone": ("a",)}),
    )
    world = source(plans=(other, sold), metrics=metrics)
    known = {
        "aggregation": "sum", "event_aggregation": "max", "field_name": "n", "rounding": "round",
        "rounding_digits": "2",
    }  # fmt: skip
    part = {"region": ["eu", "uk"], "size": ["xl"]}
    wire = wire_metrics(world, [map_lago_plan(sold)])
    assert wire == [
        {
            "code": "gpu",
            "name": "GPU",
            "aggregation": "sum",
            "filters": '[{"key": "zone", "values": ["a"]}]',
        },
        {"code": "tickets", "name": "Tickets"} | known,
        {"code": "tickets[team/solved:region=eu,uk,size=xl]", "name": "Tickets (eu,uk, xl)"}
        | known
        | {"event_code": "tickets", "event_filter": json.dumps({"is": part, "not": []})},
        {"code": "tickets[team/solved]", "name": "Tickets"}
        | known
        | {"event_code": "tickets", "event_filter": json.dumps({"is": {}, "not": [part]})},
    ]


def test_a_metric_that_was_not_read_is_a_sum_by_its_code():
    sold = plan(charge(metric="cpu_core_hours"))
    world = source(plans=(sold,), metrics=())
    assert wire_metrics(world, [map_lago_plan(sold)]) == [
        {"code": "cpu_seconds", "name": "cpu_seconds", "aggregation": "sum"}
    ]

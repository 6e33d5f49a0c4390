"""What is told to Odoo of a metric of Lago: a property that is not told is not summed."""

from __future__ import annotations

import pytest

from tasks.backfill.mapping.lago_plans import map_lago_plan, wire_metrics
from tasks.model.lago import LagoMetric
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

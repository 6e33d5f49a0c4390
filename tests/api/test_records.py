"""Customers and metrics are what was said of them last, and of nothing else."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("state", "told"), [("ontario", "ON"), ("ON\\", None), ("%", None)])
def test_state_of_a_customer_is_looked_up_as_it_is_written(api, unique, state, told) -> None:
    api.made("/customers", "customer", external_id=unique, country="CA")
    customer = api.made("/customers", "customer", external_id=unique, state=state)
    assert customer["state"] == told


def test_metric_that_is_made_again_is_what_it_is_made_as(api, unique: str) -> None:
    names = {"name": unique, "code": unique}
    path = f"/billable_metrics/{unique}"
    root = "billable_metric"
    api.made("/billable_metrics", root, **names, aggregation_type="count_agg")
    changes = {"aggregation_type": "sum_agg", "field_name": "n", "description": "old"}
    assert api.call("PUT", path, {root: changes})[0] == 200
    assert api.call("DELETE", path)[0] == 200
    again = api.made("/billable_metrics", root, **names, aggregation_type="count_agg")
    told = [again[name] for name in ("aggregation_type", "field_name", "description")]
    assert told == ["count_agg", None, None]

"""What a metric filters by is told back, and stays as long as a charge prices by it."""

from __future__ import annotations

import pytest

from tests.api.priced_by import (
    REGIONS,
    SIZES,
    charge_for,
    make_plan,
    priced,
    refusal,
    send,
    standard,
    subscribe,
    used,
)


def test_filters_of_a_metric_are_told_back_and_changed(api, metric) -> None:
    assert metric["filters"] == [REGIONS, SIZES]
    code = metric["code"]
    changed = {"filters": [{"key": "region", "values": ["eu", "eu", "moon"]}]}
    status, body = api.call("PUT", f"/billable_metrics/{code}", {"billable_metric": changed})
    assert status == 200, body
    expected = [{"key": "region", "values": ["eu", "moon"]}]
    found = api.call("GET", f"/billable_metrics/{code}")[1]["billable_metric"]
    assert body["billable_metric"]["filters"] == found["filters"] == expected


@pytest.mark.parametrize(
    "filters", [[{"key": "region"}], [{"key": "", "values": ["eu"]}], [{"key": "a", "values": []}]]
)
def test_filter_of_a_metric_without_key_or_values_is_refused(api, metric, filters) -> None:
    path = f"/billable_metrics/{metric['code']}"
    assert "filters" in refusal(api, "PUT", path, {"billable_metric": {"filters": filters}})


def test_value_that_a_charge_prices_stays_with_its_metric(api, metric, unique: str) -> None:
    make_plan(api, unique, charge_for(metric, priced("2", region=["eu"])))
    path = f"/billable_metrics/{unique}"
    less = {"filters": [{"key": "region", "values": ["us"]}]}
    assert refusal(api, "PUT", path, {"billable_metric": less}) == {"filters": ["not_supported"]}
    found = api.call("GET", path)[1]["billable_metric"]
    assert found["filters"] == [REGIONS, SIZES]


def test_parts_of_a_metric_count_as_it_does(api, metric, unique: str) -> None:
    changes = {"field_name": "m", "rounding_function": "ceil"}
    path = f"/billable_metrics/{unique}"
    make_plan(api, unique, charge_for(metric, priced("2", region=["eu"])))
    assert api.call("DELETE", f"/plans/{unique}")[0] == 200
    assert api.call("PUT", path, {"billable_metric": changes})[0] == 200
    make_plan(api, unique, charge_for(metric, priced("2", region=["eu"])))
    subscribe(api, unique)
    send(api, unique, {"n": 1.4, "m": 6.4, "region": "eu"}, {"n": 2, "m": 9})
    expected = {"eu": ("7.0", 1400), "": ("9.0", 900)}
    assert used(api, unique) == expected
    # Parts are no metrics of the app's.
    metrics = api.call("GET", "/billable_metrics?per_page=1000")[1]["billable_metrics"]
    assert not [one for one in metrics if one["code"].startswith(f"{unique}[")]
    assert api.call("DELETE", path)[0] == 200
    assert api.call("GET", f"/plans/{unique}")[1]["plan"]["charges"] == []


def test_what_a_plan_charges_by_counts_on_as_it_did(api, metric, unique: str) -> None:
    """A subscription that runs is billed for what was agreed; nothing else is taken unsaid."""
    make_plan(api, unique, charge_for(metric, priced("2", region=["eu"])))
    subscribe(api, unique)
    send(api, unique, {"n": 1.4, "m": 7, "region": "eu"})
    path = f"/billable_metrics/{unique}"
    changes = {
        "code": f"{unique}-new",
        "aggregation_type": "count_agg",
        "field_name": "m",
        "rounding_function": "ceil",
        "rounding_precision": 2,
        "weighted_interval": "seconds",
    }
    refused = refusal(api, "PUT", path, {"billable_metric": {"name": "Other", **changes}})
    assert refused == {name: ["not_supported"] for name in changes}
    # Who sends all of it again, with another name, changes the name.
    found = api.call("GET", path)[1]["billable_metric"]
    again = {name: found.get(name) for name in changes} | {"name": "Other", "description": "x"}
    told = api.call("PUT", path, {"billable_metric": again})[1]["billable_metric"]
    assert told == {**found, "name": "Other", "description": "x"}
    assert used(api, unique) == {"eu": ("1.4", 280), "": ("0.0", 0)}


def test_null_takes_back_how_a_metric_rounds(api, metric, unique: str) -> None:
    path = f"/billable_metrics/{unique}"
    rounded = {"rounding_function": "ceil", "rounding_precision": 2}
    for told in (rounded, dict.fromkeys(rounded)):
        body = api.call("PUT", path, {"billable_metric": told})[1]["billable_metric"]
        assert {name: body[name] for name in told} == told
    refused = refusal(api, "PUT", path, {"billable_metric": {"field_name": None}})
    assert refused == {"field_name": ["value_is_mandatory"]}


def test_long_and_odd_values_are_kept(api, unique: str) -> None:
    values = [f"{'é' * 200}{number}" for number in range(60)] + ['a"b', "x,y", "%", "[1]"]
    metric = api.made(
        "/billable_metrics",
        "billable_metric",
        name=unique,
        code=unique,
        aggregation_type="count_agg",
        filters=[{"key": 'odd "key"', "values": values}],
    )
    filters = [
        {"properties": standard("2"), "values": {'odd "key"': values[:60]}},
        {"properties": standard("4"), "values": {'odd "key"': values[60:]}},
    ]
    make_plan(api, unique, charge_for(metric, *filters))
    subscribe(api, unique)
    send(api, unique, {'odd "key"': values[3]}, {'odd "key"': "x,y"}, {'odd "key"': "y"})
    assert [one for one, _ in used(api, unique).values()] == ["1.0", "1.0", "1.0"]

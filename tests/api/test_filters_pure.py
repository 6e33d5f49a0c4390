"""Each event has one price: whatever filters a charge has, one of them counts it, or the rest."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.backfill.mapping.lago_charges import ChargeContext, keyed_events
from tasks.model.errors import RecordError
from tasks.model.lago import LagoCharge, LagoFilter, LagoMetric
from tests.api import addon_filters
from tests.backfill.lago_world import plan

pytestmark = pytest.mark.pure
addon = addon_filters.load()

LISTED = {"region": ["asia", "eu", "us"], "size": ["s", "xl"], "tier": ["1", "2"]}
METRIC = [{"key": key, "values": values} for key, values in LISTED.items()]
ALL = [addon.ALL_VALUES]
FILTER = st.fixed_dictionaries(
    {},
    optional={
        key: st.lists(st.sampled_from(values), min_size=1, unique=True) | st.just(ALL)
        for key, values in LISTED.items()
    },
).filter(bool)
EVENT = st.fixed_dictionaries(
    {},
    optional={
        key: st.sampled_from([*values, "other"]) | st.just(1) for key, values in LISTED.items()
    },
)


def counted(chosen: dict[str, Any], event: dict) -> bool:
    """Tell whether a metric with such a filter counts an event, as its query does."""

    def has(part: dict) -> bool:
        return all(str(event[key]) in part[key] if key in event else False for key in part)

    return has(chosen["is"]) and not any(map(has, chosen["not"]))


def spelled(filters: list[dict]) -> list[dict]:
    """Return the spelled filters of a charge, if it may have them."""
    parts = [addon.spelled(one, METRIC) for one in filters]
    assume(is_apart(parts))
    return parts


def is_apart(parts: list[dict]) -> bool:
    """Tell whether a charge may have these filters."""
    try:
        addon.check_apart(parts)
    except addon.InvalidError:
        return False
    return True


@given(st.lists(FILTER, max_size=4), EVENT)
def test_an_event_is_counted_once_by_the_filter_that_an_estimate_names(filters, event) -> None:
    parts = spelled(filters)
    counting = [counted(json.loads(one), event) for one in addon.event_filters(parts)]
    meeting = [index for index, part in enumerate(parts) if addon.met(part, event)]
    best = max(meeting, key=lambda index: len(parts[index]), default=len(parts))
    most = [index for index in meeting if len(parts[index]) == len(parts[best])]
    assert len(most) <= 1
    assert [index for index, counts in enumerate(counting) if counts] == [best]


@given(st.lists(FILTER, min_size=1, max_size=4))
def test_an_app_and_the_backfill_come_to_the_same_parts(filters) -> None:
    """What Lago's tenant has, and what an app posts, is counted alike; and refused alike."""
    charge = LagoCharge(
        "calls",
        "standard",
        {"amount": "1"},
        Decimal(0),
        False,  # noqa: FBT003
        False,  # noqa: FBT003
        filters=tuple(
            LagoFilter({key: tuple(values) for key, values in one.items()}, {"amount": "2"})
            for one in filters
        ),
    )
    metric = LagoMetric(code="calls", name="Calls", aggregation="sum_agg", field_name="n",
                        filters={key: tuple(values) for key, values in LISTED.items()})  # fmt: skip
    try:
        told = keyed_events(plan(charge), ChargeContext(metrics={"calls": metric}))
        carried = [json.loads(chosen) for _code, _events, _group, chosen in told]
    except RecordError:
        carried = []
    parts = [addon.spelled(one, METRIC) for one in filters]
    if not is_apart(parts):
        assert carried == []
        return
    made = [json.loads(one) for one in addon.event_filters(parts)]
    key = json.dumps
    assert sorted(map(key, map(normal, carried))) == sorted(map(key, map(normal, made)))


def normal(chosen: dict) -> dict:
    """Return a filter with its parts in an order."""
    others = [json.dumps(one, sort_keys=True) for one in chosen["not"]]
    return {"is": dict(sorted(chosen["is"].items())), "not": sorted(others)}

"""Events: each id counted once, however it comes; a batch is taken whole or not at all."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import local
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SENDERS = 16


def event(subscription: str, transaction: str, **values) -> dict:
    return {
        "transaction_id": transaction,
        "external_subscription_id": subscription,
        "code": "calls",
        "properties": {"seconds": 1},
        **values,
    }


def subscribed(api, unique: str, *, field: str | None = "seconds", **metric) -> str:
    """Make a plan that charges for calls, and a subscription of it."""
    code = f"{unique}-calls"
    made = api.made(
        "/billable_metrics",
        "billable_metric",
        **{
            "name": code,
            "code": code,
            "aggregation_type": "sum_agg",
            "field_name": field,
            **metric,
        },
    )
    api.made(
        "/plans",
        "plan",
        name=unique,
        code=unique,
        interval="monthly",
        amount_cents=0,
        amount_currency="CAD",
        charges=[
            {
                "billable_metric_id": made["lago_id"],
                "charge_model": "standard",
                "properties": {"amount": "1"},
            }
        ],
    )
    names = {"external_customer_id": unique, "external_id": unique, "plan_code": unique}
    api.made("/subscriptions", "subscription", **names)
    return code


def used(api, unique: str) -> str:
    """Return the units of the only charge in the billing period that runs."""
    path = f"/customers/{unique}/current_usage?external_subscription_id={unique}"
    _status, body = api.call("GET", path)
    (charge,) = body["customer_usage"]["charges_usage"]
    return charge["units"]


def stored(api, subscription: str) -> int:
    _status, body = api.call("GET", f"/events?external_subscription_id={subscription}&per_page=1")
    return body["meta"]["total_count"]


def test_a_thousand_at_once_with_repeated_ids_are_counted_once(api, unique: str) -> None:
    code = subscribed(api, unique)
    address, connections = urlsplit(api.url), local()

    def send(number: int) -> int:
        # Connections are kept, so that the senders press on what is behind them.
        if not hasattr(connections, "one"):
            connections.one = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        body = {"event": event(unique, f"{unique}-{number % 250}", code=code)}
        headers = {"Authorization": f"Bearer {api.key}", "Content-Type": "application/json"}
        connections.one.request("POST", "/api/v1/events", json.dumps(body), headers)
        answer = connections.one.getresponse()
        answer.read()
        return answer.status

    with ThreadPoolExecutor(SENDERS) as senders:
        statuses = Counter(senders.map(send, range(1000)))
    assert statuses == {200: 250, 422: 750}
    assert stored(api, unique) == 250
    assert used(api, unique) == "250.0"


def test_batches_that_overlap_at_once_are_taken_whole_or_not(api, unique: str) -> None:
    code = subscribed(api, unique)

    def send(number: int) -> int:
        # Neighbours share half of their ids, and send them in other orders.
        ids = range(number * 5, number * 5 + 10)
        ids = ids if number % 2 else reversed(ids)
        events = [event(unique, f"{unique}-{one}", code=code) for one in ids]
        status, body = api.call("POST", "/events/batch", {"events": events})
        assert status == 200 or set(body["error_details"]) <= {str(place) for place in range(10)}
        return status

    with ThreadPoolExecutor(SENDERS) as senders:
        statuses = Counter(senders.map(send, range(40)))
    assert set(statuses) <= {200, 422}
    assert stored(api, unique) == 10 * statuses[200]


VALUES = st.one_of(
    st.builds(dict),
    st.builds(
        lambda text: {"timestamp": text}, st.sampled_from(["soon", "NaN", "-1", "1e99", True])
    ),
    st.builds(
        lambda value: {"properties": value}, st.sampled_from([[], "x", {"\0": 1}, {"a": "\0"}])
    ),
    st.builds(
        lambda name, value: {name: value},
        st.sampled_from(["code", "transaction_id", "external_subscription_id"]),
        st.sampled_from([None, "", "\0", [], "x" * 300]),
    ),
)


@pytest.mark.parametrize("timestamp", ["1e99999999", "-1e99999999", "1e-99999999", "sNaN"])
def test_a_timestamp_that_no_clock_shows_is_refused_at_once(api, timestamp: str) -> None:
    refused = event("any-time", "any-time", timestamp=timestamp)
    status, body = api.call("POST", "/events", {"event": refused})
    assert (status, body["error_details"]) == (422, {"timestamp": ["invalid_format"]})


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(batch=st.lists(st.tuples(st.integers(0, 60), VALUES), min_size=1, max_size=8))
def test_any_batch_is_taken_whole_or_not_at_all(api, batch: list) -> None:
    subscription = "any-batch"
    before = stored(api, subscription)
    events = [event(subscription, f"any-{number}", **values) for number, values in batch]
    status, body = api.call("POST", "/events/batch", {"events": events})
    taken = stored(api, subscription) - before
    assert (status, taken) in {(200, len(events)), (422, 0)}, body


@pytest.mark.parametrize("events", [[], [{}] * 101], ids=["none", "too many"])
def test_a_batch_of_a_wrong_size_is_refused(api, events: list) -> None:
    status, body = api.call("POST", "/events/batch", {"events": events})
    code = "no_events" if not events else "too_many_events"
    assert (status, body["error_details"]) == (422, {"events": [code]})


@pytest.mark.parametrize(
    ("aggregation", "sent", "units"),
    [
        ("count_agg", [{}, {"n": "x"}, {"n": 2}], "3.0"),
        ("sum_agg", [{"n": "1.5"}, {"n": -1}, {"n": "1e3"}, {"n": " 5"}, {}], "0.5"),
        ("max_agg", [{"n": 3}, {"n": "7.25"}, {"n": "x"}], "7.25"),
        ("latest_agg", [{"n": 3}, {"n": 9}, {"n": 4}], "4.0"),
        (
            "unique_count_agg",
            [{"n": "a"}, {"n": "b"}, {"n": "a"}, {"n": "b", "operation_type": "remove"}],
            "1.0",
        ),
    ],
)
def test_events_come_to_units_as_lago_reckons(api, unique, aggregation, sent, units) -> None:
    field = None if aggregation == "count_agg" else "n"
    code = subscribed(api, unique, field=field, aggregation_type=aggregation)
    for number, properties in enumerate(sent):
        values = {"code": code, "properties": properties}
        api.made("/events", "event", **event(unique, f"{unique}-{number}", **values))
    assert used(api, unique) == units


def test_an_event_that_comes_before_its_subscription_counts(api, unique: str) -> None:
    sent = event(unique, unique, code=f"{unique}-calls")
    api.made("/events", "event", **sent)
    subscribed(api, unique)
    assert used(api, unique) == "1.0"


@pytest.mark.parametrize(
    ("quantity", "units"),
    [
        ("9" * 20, "99999999999999999999.0"),
        (0.1 + 0.2, "0.30000000000000004"),
        ("9" * 21, None),
        (1e300, None),
        ("0." + "1" * 300, None),
    ],
)
def test_no_quantity_makes_usage_impossible_to_rate(api, unique, quantity, units) -> None:
    code = subscribed(api, unique)
    for number, seconds in enumerate([quantity, quantity, 0]):
        sent = event(unique, f"{unique}-{number}", code=code, properties={"seconds": seconds})
        api.made("/events", "event", **sent)
    expected = 2 * Decimal(units or 0)
    assert Decimal(used(api, unique)) == expected

"""Usage added up by NexaCloud's database: each record once, in its period, or told as bad."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tasks.check.suites import load_suite
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.clients.nexacloud.usage import UsageScope
from tasks.model.periods import monthly_boundaries
from tasks.usage.read import usage_of

MOST_CORES = load_suite("usage").rules["usage_absurd"].limits["most_cores"]

TORONTO = ZoneInfo("America/Toronto")
AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
ADDON = Path(__file__).parents[2] / "deployments/addons/fusion_centralize_billing"
# NexaCloud's periods are counted from the first day; calendars and anchors are Lago's.
CASES = [
    case
    for case in json.loads((ADDON / "tests/cases/periods.json").read_text())
    if case["cycle"] == "monthly" and not {"billing_time", "anchor_on"} & case.keys()
]
ONE, TWO = str(UUID(int=1)), str(UUID(int=2))


def add_deployment(source, key=ONE, started="2026-03-14 15:00Z", status="active"):
    source.execute(
        "INSERT INTO deployments VALUES (%s, NULL, 'shop', NULL, 'running', '2020-01-01', NULL)"
        " ON CONFLICT DO NOTHING",
        (key,),
    )
    source.execute(
        "INSERT INTO subscriptions VALUES"
        " (gen_random_uuid(), NULL, %s, NULL, %s, 'monthly', %s, NULL, NULL, NULL)",
        (key, status, started),
    )


def add_usage(source, start, end, hours="10", deployment=ONE):
    return source.execute(
        "INSERT INTO usage_records VALUES (gen_random_uuid(), %s, %s, %s, %s, 0) RETURNING id",
        (deployment, start, end, hours),
    )[0][0]


def read(source, zone=TORONTO, as_of=AS_OF, **limits):
    scope = UsageScope(zone.key, monthly_boundaries(as_of, zone), as_of, MOST_CORES, **limits)
    with NexaCloud(source.dsn) as snapshot:
        return usage_of(snapshot, scope)


def broken(source, **limits):
    """The false facts of each suspicious record, by its id."""
    return {
        fault["id"]: {name for name, value in fault.items() if value is False}
        for fault in read(source, **limits).faults
    }


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_period_of_a_known_case_is_the_one_in_the_table(source, case):
    zone = ZoneInfo(case["zone"])
    noon = datetime.fromisoformat(f"{case['started_on']}T12:00").replace(tzinfo=zone)
    add_deployment(source, started=noon.isoformat())
    moment = datetime.fromisoformat(case["moment"])
    add_usage(source, moment, moment + timedelta(hours=1))
    (found,) = read(source, zone, as_of=moment + timedelta(days=1)).sums
    assert found.start == datetime.fromisoformat(case["start"])
    assert found.end == datetime.fromisoformat(case["end"])


def test_records_of_a_period_add_up_exactly_to_seconds(source):
    add_deployment(source)
    add_usage(source, "2026-08-14 04:00Z", "2026-08-20", "0.0001")
    add_usage(source, "2026-08-20", "2026-09-14 04:00Z", "252.3049")
    add_usage(source, "2026-09-14 04:00Z", "2026-09-15", "1")
    august, september = read(source).sums
    assert (august.records, august.seconds) == (2, Decimal("908298.000000"))
    assert (september.records, september.seconds) == (1, Decimal(3600))


def test_record_belongs_whole_to_the_period_in_which_it_begins(source):
    add_deployment(source)
    add_usage(source, "2026-08-01", "2026-09-01")
    (found,) = read(source).sums
    assert found.start == datetime(2026, 7, 14, 4, tzinfo=UTC)


def test_anchor_is_the_live_subscription_or_else_the_latest(source):
    add_deployment(source, started="2026-01-05", status="canceled")
    add_deployment(source, started="2026-05-20 12:00Z")
    add_deployment(source, started="2026-06-25", status="expired")
    add_deployment(source, key=TWO, started="2026-01-05 12:00Z", status="canceled")
    add_deployment(source, key=TWO, started="2026-02-10 12:00Z", status="expired")
    for deployment in (ONE, TWO):
        add_usage(source, "2026-08-01", "2026-08-02", deployment=deployment)
    live, ended = read(source).sums
    assert (live.start.day, live.ended) == (20, False)
    assert (ended.start.day, ended.ended) == (10, True)


def test_record_before_the_subscription_has_no_period(source):
    add_deployment(source)
    add_usage(source, "2026-03-14 03:59Z", "2026-03-14 04:00Z", "1")
    add_usage(source, "2026-03-14 04:00Z", "2026-03-14 05:00Z", "1")
    inside, before = sorted(read(source).sums, key=lambda each: each.start is None)
    assert (before.start, before.records) == (None, 1)
    assert (inside.start, inside.records) == (datetime(2026, 3, 14, 4, tzinfo=UTC), 1)


BAD = {
    "negative": (("2026-08-02", "2026-08-03", "-0.0001"), {"is_not_negative"}),
    "not a number": (("2026-08-02", "2026-08-03", "NaN"), {"is_number"}),
    "infinite": (("2026-08-02", "2026-08-03", "Infinity"), {"is_number"}),
    "reversed": (("2026-08-03", "2026-08-02", "1"), {"is_in_order"}),
    "empty time": (("2026-08-02", "2026-08-02", "0"), {"is_in_order"}),
    "endless": (("2026-08-02", "infinity", "1"), {"is_in_order", "is_over"}),
    "future": (("2026-08-02", "2026-12-01", "1"), {"is_over"}),
    "more than 128 cores": (("2026-08-02", "2026-08-03", "3072.0001"), {"is_possible"}),
    "overlap": (("2026-08-01 23:59Z", "2026-08-03", "1"), {"begins_in_turn"}),
    "duplicate": (("2026-08-01", "2026-08-02", "1"), {"is_single"}),
}


@pytest.mark.parametrize(("record", "facts"), BAD.values(), ids=BAD)
def test_bad_record_is_told_for_its_reason_and_the_rest_is_added_up(source, record, facts):
    add_deployment(source)
    add_usage(source, "2026-08-01", "2026-08-02", "3")
    # Of a duplicate, either of the two may be the one that is kept.
    added = add_usage(source, *record)
    found = read(source)
    assert sum(each.quarantined for each in found.sums) == 1
    assert sum(each.records for each in found.sums) == 1
    ((key, names),) = broken(source).items()
    assert names == facts
    assert key == added or facts == {"is_single"}


def test_most_that_128_cores_can_do_is_fine(source):
    add_deployment(source)
    add_usage(source, "2026-08-02", "2026-08-03", "3072")
    assert broken(source) == {}


def test_usage_of_a_deployment_that_does_not_exist_is_told_once(source):
    add_usage(source, "2026-08-01", "2026-08-02")
    lost = source.execute(
        "INSERT INTO usage_records VALUES"
        " (gen_random_uuid(), NULL, '2026-08-01', '2026-08-02', 1, 0) RETURNING id"
    )[0][0]
    assert broken(source)[lost] == {"deployment_is_known"}
    assert Counter(each.known for each in read(source).sums) == {False: 2}


def test_gap_is_a_note_on_the_record_after_it_which_still_counts(source):
    add_deployment(source)
    add_usage(source, "2026-08-01", "2026-08-02")
    after = add_usage(source, "2026-08-02 00:01Z", "2026-08-03")
    assert broken(source) == {after: {"follows_on"}}
    assert sum(each.records for each in read(source).sums) == 2


def test_month_holds_the_periods_that_start_in_it(source):
    add_deployment(source)
    edges = ["2026-09-14 03:00Z", "2026-09-14 04:00Z", "2026-10-14 03:00Z", "2026-10-14 04:00Z"]
    for start, end in zip(edges, [*edges[1:], "2026-10-20"], strict=True):
        add_usage(source, start, end)
    september = read(
        source,
        starts_from=datetime(2026, 9, 1, 4, tzinfo=UTC),
        starts_before=datetime(2026, 10, 1, 4, tzinfo=UTC),
    )
    assert [(each.start.month, each.records) for each in september.sums] == [(9, 2)]


def test_since_the_last_run_a_period_is_read_whole_if_it_was_open(source):
    add_deployment(source)
    for day in range(1, 20):
        add_usage(source, f"2026-10-{day:02}", f"2026-10-{day + 1:02}")
    found = read(source, changed_after=datetime(2026, 10, 20, tzinfo=UTC))
    assert [(each.start.day, each.records) for each in found.sums] == [(14, 5)]


def test_since_the_last_run_a_settled_period_is_read_if_a_record_in_it_ends_later(source):
    add_deployment(source)
    add_usage(source, "2026-09-01", "2026-10-01", "1")
    add_usage(source, "2026-10-01", "2026-11-01", "2")
    found = read(source, changed_after=datetime(2026, 10, 20, tzinfo=UTC))
    assert [(each.start.month, each.seconds) for each in found.sums] == [(9, Decimal(7200))]


def test_since_the_last_run_new_orders_are_read_from_their_first_record(source):
    for key in (ONE, TWO):
        add_deployment(source, key=key)
        add_usage(source, "2026-05-01", "2026-05-02", deployment=key)
    found = read(source, changed_after=datetime(2026, 10, 20, tzinfo=UTC), whole=[TWO])
    assert [each.deployment_id for each in found.sums] == [TWO]


def test_overlap_with_a_record_that_is_not_read_is_told_all_the_same(source):
    add_deployment(source)
    add_usage(source, "2026-10-01", "2026-10-16")
    late = add_usage(source, "2026-10-15", "2026-10-17")
    since = datetime(2026, 10, 18, tzinfo=UTC)
    assert broken(source, changed_after=since) == {late: {"begins_in_turn"}}

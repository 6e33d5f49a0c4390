"""Billing periods: no moment belongs to two of them, none is left out, whatever the calendar."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.periods import begins_period, monthly_boundaries, period_at, periods_starting

ADDON = Path(__file__).parents[2] / "deployments/addons/fusion_centralize_billing"
CASES = json.loads((ADDON / "tests/cases/periods.json").read_text())

zones = st.sampled_from(
    ["UTC", "America/Toronto", "America/St_Johns", "America/Havana", "Pacific/Auckland"]
).map(ZoneInfo)
cycles = st.sampled_from(["weekly", "monthly", "quarterly", "semiannual", "yearly"])
billing_times = st.sampled_from(["anniversary", "calendar"])
days = st.dates(date(2019, 1, 1), date(2029, 12, 31)) | st.sampled_from(
    [date(2024, 1, 31), date(2024, 2, 29), date(2025, 3, 30), date(2026, 11, 1)]
)
delays = st.timedeltas(timedelta(0), timedelta(days=2000)).map(
    lambda delay: timedelta(seconds=delay // timedelta(seconds=1))
)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_period_of_a_known_case_is_the_one_in_the_table(case):
    period = period_at(
        datetime.fromisoformat(case["moment"]),
        date.fromisoformat(case["started_on"]),
        case["cycle"],
        ZoneInfo(case["zone"]),
        billing_time=case.get("billing_time", "anniversary"),
        anchor_on=date.fromisoformat(case["anchor_on"]) if "anchor_on" in case else None,
    )
    assert period.start == datetime.fromisoformat(case["start"])
    assert period.end == datetime.fromisoformat(case["end"])


@given(days, cycles, zones, delays)
def test_period_holds_its_moment_and_the_next_begins_where_it_ends(day, cycle, zone, delay):
    moment = midnight(day, zone) + delay
    period = period_at(moment, day, cycle, zone)
    assert period.start <= moment < period.end
    assert period_at(period.start, day, cycle, zone) == period
    assert period_at(period.end - timedelta(seconds=1), day, cycle, zone) == period
    assert period_at(period.end, day, cycle, zone).start == period.end


@given(days, cycles, zones, billing_times, st.none() | days)
def test_periods_from_the_first_day_on_tile_the_time(day, cycle, zone, billing_time, anchor):
    start = midnight(day, zone)
    until = start + timedelta(days=1500)
    counted = {"billing_time": billing_time, "anchor_on": anchor}
    periods = list(periods_starting(start, until, day, cycle, zone, **counted))
    assert periods[0].start == start
    assert all(one.end == other.start for one, other in pairwise(periods))
    assert periods[-1].end >= start + timedelta(days=1500)


@given(days, st.sampled_from(["monthly", "quarterly", "semiannual", "yearly"]), zones)
def test_periods_begin_on_the_day_of_the_start_or_the_last_of_a_shorter_month(day, cycle, zone):
    start = midnight(day, zone)
    for period in periods_starting(start, start + timedelta(days=1500), day, cycle, zone):
        local = period.start.astimezone(zone)
        next_day = local.date() + timedelta(days=1)
        assert local.day == day.day or (local.day < day.day and next_day.day == 1)


@given(days, zones, st.lists(delays, max_size=5))
def test_periods_of_windows_that_tile_are_each_named_once(day, zone, cuts):
    start = midnight(day, zone)
    until = start + timedelta(days=2100)
    edges = [start, *(start + cut for cut in sorted(cuts)), until]
    named = [
        period
        for since, end in pairwise(edges)
        for period in periods_starting(since, end, day, "monthly", zone)
    ]
    assert named == list(periods_starting(start, until, day, "monthly", zone))


@given(days, cycles, zones)
def test_period_before_the_first_day_is_refused(day, cycle, zone):
    with pytest.raises(ValueError, match="has no period"):
        period_at(midnight(day, zone) - timedelta(seconds=1), day, cycle, zone)


@given(days, zones, delays)
def test_monthly_period_begins_on_a_day_that_is_one_of_its_beginnings(day, zone, delay):
    period = period_at(midnight(day, zone) + delay, day, "monthly", zone)
    begins = period.start.astimezone(zone).date()
    assert begins_period(begins, day)
    assert not begins_period(begins + timedelta(days=1), day)
    assert not begins_period(day - timedelta(days=1), day)


def test_boundaries_reach_from_the_year_2000_to_the_first_after_the_end():
    """A record beyond the last one would be of no period: its usage would never be billed."""
    zone = ZoneInfo("America/Toronto")
    until = datetime(2026, 11, 20, tzinfo=UTC)
    found = monthly_boundaries(until, zone)
    assert list(found) == list(range(1, 32))
    for day, starts in found.items():
        assert starts[0] == midnight(date(2000, 1, day), zone)
        assert until < starts[-1] < until + timedelta(days=31)
        days = [each.astimezone(zone).date() for each in starts]
        assert all(begins_period(each, date(2000, 1, day)) for each in days)
    assert found[31][1:3] == (
        midnight(date(2000, 2, 29), zone), midnight(date(2000, 3, 31), zone),
    )  # fmt: skip

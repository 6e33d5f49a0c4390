"""Lago's periods tile the time, and its parts add up."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.lago_periods import (
    BILLING_TIMES,
    INTERVALS,
    Period,
    Rhythm,
    days_billed,
    prorated,
)

DAYS = st.dates(date(2020, 1, 1), date(2032, 12, 31))
RHYTHMS = st.builds(
    Rhythm, st.sampled_from(sorted(INTERVALS)), st.sampled_from(sorted(BILLING_TIMES)), DAYS
)
AMOUNTS = st.decimals(0, 100_000, places=2)


@pytest.mark.parametrize(
    ("interval", "billing_time", "anchor", "day", "start", "end"),
    [
        ("weekly", "calendar", "2026-01-01", "2026-11-20", "2026-11-16", "2026-11-23"),
        ("weekly", "anniversary", "2026-11-05", "2026-11-20", "2026-11-19", "2026-11-26"),
        ("monthly", "calendar", "2026-01-20", "2026-11-20", "2026-11-01", "2026-12-01"),
        ("monthly", "anniversary", "2026-01-31", "2026-03-30", "2026-02-28", "2026-03-31"),
        ("quarterly", "calendar", "2026-02-20", "2026-11-20", "2026-10-01", "2027-01-01"),
        ("quarterly", "anniversary", "2025-11-30", "2026-02-28", "2026-02-28", "2026-05-30"),
        ("semiannual", "calendar", "2026-02-20", "2026-06-30", "2026-01-01", "2026-07-01"),
        ("semiannual", "anniversary", "2025-08-31", "2026-02-27", "2025-08-31", "2026-02-28"),
        ("yearly", "calendar", "2026-02-20", "2026-11-20", "2026-01-01", "2027-01-01"),
        ("yearly", "anniversary", "2024-02-29", "2026-11-20", "2026-02-28", "2027-02-28"),
    ],
)
def test_period_holds_the_day_and_ends_where_lagos_does(
    interval, billing_time, anchor, day, start, end
):
    rhythm = Rhythm(interval, billing_time, date.fromisoformat(anchor))
    period = rhythm.period_at(date.fromisoformat(day))
    assert (str(period.start), str(period.end)) == (start, end)


@given(RHYTHMS, DAYS)
def test_periods_tile_the_time(rhythm, day):
    period = rhythm.period_at(day)
    assert period.start <= day < period.end
    assert rhythm.after(period).start == period.end
    assert rhythm.after(period, -1).end == period.start
    assert rhythm.period_at(period.end - timedelta(days=1)) == period


@given(RHYTHMS, DAYS, st.integers(0, 800))
def test_days_of_all_periods_are_the_days_of_the_subscription(rhythm, started_on, length):
    ends_on = started_on + timedelta(days=length)
    periods = list(rhythm.periods(started_on, ends_on))
    assert sum(days_billed(each, started_on, ends_on) for each in periods) == length


@given(AMOUNTS, st.integers(1, 366), st.data())
def test_parts_of_a_period_add_up_to_its_price_but_for_a_cent(amount, period_days, data):
    days = data.draw(st.integers(0, period_days))
    both = prorated(amount, days, period_days) + prorated(amount, period_days - days, period_days)
    assert abs(both - amount) <= Decimal("0.01")
    assert prorated(amount, period_days, period_days) == amount


def test_trial_and_end_cost_nothing_beyond_their_days():
    november = Period(date(2026, 11, 1), date(2026, 12, 1))
    start = date(2026, 10, 20)
    assert november.days == 30
    assert days_billed(november, start, trial_ends_on=date(2026, 11, 11)) == 20
    assert days_billed(november, start, trial_ends_on=date(2026, 12, 24)) == 0
    assert days_billed(november, start, ends_on=date(2026, 11, 6)) == 5


def test_cents_are_rounded_half_away_from_zero_and_by_the_currency():
    assert prorated(Decimal("0.01"), 15, 30) == Decimal("0.01")
    assert prorated(Decimal(9800), 17, 31, digits=0) == Decimal(5374)

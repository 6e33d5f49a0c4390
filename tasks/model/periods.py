"""Billing periods of a subscription: half-open, tiling the time from its first day on.

A period begins on the subscription's day of the month, at the first moment of that day in
the company's time zone; where the month is too short, on its last day. A yearly one begins
in the month of the start. Odoo's addon works the same out on its own; both are held to one
table of cases.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Cycle = Literal["monthly", "yearly"]


@dataclass(frozen=True, slots=True)
class BillingPeriod:
    """A period of one subscription: ``start`` belongs to it, ``end`` does not; both UTC."""

    start: datetime
    end: datetime


def period_at(moment: datetime, started_on: date, cycle: Cycle, zone: ZoneInfo) -> BillingPeriod:
    """Return the period that holds a moment.

    >>> toronto = ZoneInfo("America/Toronto")
    >>> period = period_at(datetime(2026, 3, 10, tzinfo=UTC), date(2026, 1, 31), "monthly", toronto)
    >>> str(period.start), str(period.end)
    ('2026-02-28 05:00:00+00:00', '2026-03-31 04:00:00+00:00')

    Args:
        moment: With a time zone.
        started_on: The subscription's first day, in ``zone``.
        cycle: How long a period lasts.
        zone: The company's time zone.

    Raises:
        ValueError: The subscription had not begun.
    """
    day = moment.astimezone(zone).date()
    if day < started_on:
        raise ValueError(f"the subscription that starts on {started_on} has no period on {day}")
    begins = _anchor(started_on, cycle, day.year, day.month)
    if day < begins:
        begins = _neighbor(started_on, cycle, begins, -1)
    ends = _neighbor(started_on, cycle, begins, +1)
    return BillingPeriod(_first_moment(begins, zone), _first_moment(ends, zone))


def periods_starting(
    since: datetime, until: datetime, started_on: date, cycle: Cycle, zone: ZoneInfo
) -> Iterator[BillingPeriod]:
    """Yield the periods whose start lies in [since, until), oldest first.

    Windows that tile the time name each period exactly once.
    """
    first = _first_moment(started_on, zone)
    period = period_at(max(since, first), started_on, cycle, zone)
    while period.start < until:
        if period.start >= since:
            yield period
        period = period_at(period.end, started_on, cycle, zone)


def monthly_boundaries(until: datetime, zone: ZoneInfo) -> dict[int, tuple[datetime, ...]]:
    """Return where monthly periods begin, by the day of the month on which they are anchored.

    From January 2000 to the first boundary after ``until``: whoever cannot call ``period_at``,
    a database say, finds a moment's period in the list of its anchor's day.
    """
    month = timedelta(days=31)
    return {
        day: tuple(
            period.start
            for period in periods_starting(
                _first_moment(date(2000, 1, day), zone),
                until + month,
                date(2000, 1, day),
                "monthly",
                zone,
            )
        )
        for day in range(1, 32)
    }


def begins_period(day: date, started_on: date) -> bool:
    """Say whether a monthly period of a subscription begins on this day.

    >>> begins_period(date(2026, 2, 28), date(2026, 1, 31))
    True
    """
    return day >= started_on and day == _anchor(started_on, "monthly", day.year, day.month)


def _anchor(started_on: date, cycle: Cycle, year: int, month: int) -> date:
    """Return the day of this month, or for a yearly cycle of this year, that begins a period."""
    if cycle == "yearly":
        month = started_on.month
    return date(year, month, min(started_on.day, monthrange(year, month)[1]))


def _neighbor(started_on: date, cycle: Cycle, anchor: date, step: int) -> date:
    """Return the anchor before (-1) or after (+1) another one."""
    if cycle == "yearly":
        return _anchor(started_on, cycle, anchor.year + step, anchor.month)
    first_of_month = anchor.replace(day=1)
    # 31 days after the first of a month lies in the next one, a day before it in the last.
    other = first_of_month + (timedelta(days=31) if step > 0 else timedelta(days=-1))
    return _anchor(started_on, cycle, other.year, other.month)


def _first_moment(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins: midnight, or later where the clocks skip it."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)

"""Billing periods of a subscription: half-open, tiling the time from its first day on.

A period begins on the subscription's day of the week or month, at the first moment of that day
in a time zone; where the month is too short, on its last day. A longer one begins in the month
of the start and every so many months later. Both may count from another day, or be the
calendar's: then the first is a part. Odoo's addon works the same out on its own; both are held
to one table of cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from tasks.model.lago_periods import Rhythm
from tasks.model.records import BillingTime

Cycle = Literal["weekly", "monthly", "quarterly", "semiannual", "yearly"]


@dataclass(frozen=True, slots=True)
class BillingPeriod:
    """A period of one subscription: ``start`` belongs to it, ``end`` does not; both UTC."""

    start: datetime
    end: datetime


def period_at(
    moment: datetime,
    started_on: date,
    cycle: Cycle,
    zone: ZoneInfo,
    *,
    billing_time: BillingTime = "anniversary",
    anchor_on: date | None = None,
) -> BillingPeriod:
    """Return the period that holds a moment.

    >>> toronto = ZoneInfo("America/Toronto")
    >>> period = period_at(datetime(2026, 3, 10, tzinfo=UTC), date(2026, 1, 31), "monthly", toronto)
    >>> str(period.start), str(period.end)
    ('2026-02-28 05:00:00+00:00', '2026-03-31 04:00:00+00:00')

    Args:
        moment: With a time zone.
        started_on: The subscription's first day, in ``zone``. Within a period it makes a part.
        cycle: How long a period lasts.
        zone: Time zone in whose days periods begin.
        billing_time: Whether periods are the calendar's.
        anchor_on: Day that other periods are counted from; None for the first day.

    Raises:
        ValueError: The subscription had not begun.
    """
    day = moment.astimezone(zone).date()
    if day < started_on:
        raise ValueError(f"the subscription that starts on {started_on} has no period on {day}")
    period = Rhythm(cycle, billing_time, anchor_on or started_on).period_at(day)
    begins = max(period.start, started_on)
    return BillingPeriod(first_moment(begins, zone), first_moment(period.end, zone))


def periods_starting(
    since: datetime,
    until: datetime,
    started_on: date,
    cycle: Cycle,
    zone: ZoneInfo,
    *,
    billing_time: BillingTime = "anniversary",
    anchor_on: date | None = None,
) -> Iterator[BillingPeriod]:
    """Yield the periods whose start lies in [since, until), oldest first.

    Windows that tile the time name each period exactly once.
    """
    moment = max(since, first_moment(started_on, zone))
    while True:
        period = period_at(
            moment, started_on, cycle, zone, billing_time=billing_time, anchor_on=anchor_on
        )
        if period.start >= until:
            return
        if period.start >= since:
            yield period
        moment = period.end


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
                first_moment(date(2000, 1, day), zone),
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
    if day < started_on:
        return False
    return day == Rhythm("monthly", "anniversary", started_on).period_at(day).start


def first_moment(day: date, zone: tzinfo) -> datetime:
    """Return when a day begins: midnight, or later where the clocks skip it."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)

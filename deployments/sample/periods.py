"""Months and billing periods; all of them are half-open, all moments are UTC.

A subscription is billed by months that begin on its first day, at midnight in the company's
zone, also one that is paid by the year: what a plan includes is meant per month.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Toronto")
CYCLE_MONTHS = {"monthly": 1, "yearly": 12}
Day = TypeVar("Day", bound=date)


def add_months(moment: Day, months: int) -> Day:
    """Return a day or a moment moved by whole months, the day clamped to the month's last."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def current_period(started_at: datetime, cycle: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the period that holds ``now``, counted from the day of ``started_at``."""
    step = CYCLE_MONTHS[cycle]
    months = (now.year - started_at.year) * 12 + now.month - started_at.month
    elapsed = months // step * step
    if add_months(started_at, elapsed) > now:
        elapsed -= step
    return add_months(started_at, elapsed), add_months(started_at, elapsed + step)


def billed_months(as_of: date, months: int = 6) -> str:
    """Return the months of which a sample with so many months of usage is billed in full.

    >>> billed_months(date(2026, 11, 1)), billed_months(date(2027, 2, 1))
    ('2026-05..2026-09', '2026-08..2026-12')
    """
    today = datetime(as_of.year, as_of.month, 1, tzinfo=UTC)
    first, last = (f"{add_months(today, -back):%Y-%m}" for back in (months, 2))
    return f"{first}..{last}"


def first_day(started_at: datetime) -> date:
    """Return the day on which a subscription starts, in the company's zone."""
    return started_at.astimezone(ZONE).date()


@lru_cache(maxsize=50_000)
def boundary(started_on: date, months: int) -> datetime:
    """Return where the period begins that lies ``months`` after the first day: midnight there.

    In a month that is too short it is the last day; the periods after it are not shifted.
    """
    return datetime.combine(add_months(started_on, months), time(), ZONE).astimezone(UTC)


def days_between(start: datetime, end: datetime) -> int:
    """Return how many days of the company's zone lie in a period."""
    return (end.astimezone(ZONE).date() - start.astimezone(ZONE).date()).days

"""Months and billing periods, NexaCloud's and Lago's; all are half-open, all moments are UTC.

A subscription of NexaCloud is billed by months that begin on its first day, at midnight in the
company's zone, also one that is paid by the year: what a plan includes is meant per month.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Toronto")
CYCLE_MONTHS = {"monthly": 1, "yearly": 12}
#: Of Lago's intervals, but for weeks.
INTERVAL_MONTHS = CYCLE_MONTHS | {"quarterly": 3, "semiannual": 6}
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
    return midnight(add_months(started_on, months))


def days_between(start: datetime, end: datetime) -> int:
    """Return how many days of the company's zone lie in a period."""
    return (end.astimezone(ZONE).date() - start.astimezone(ZONE).date()).days


def midnight(day: date, zone: str = ZONE.key) -> datetime:
    """Return the first moment of a day, by default the company's."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def begins(interval: str, billing_time: str, anchor: date, since: date) -> Iterator[date]:
    """Yield the days on which Lago's periods begin, from the period that holds ``since``.

    >>> from itertools import islice
    >>> days = begins("monthly", "anniversary", date(2026, 1, 31), date(2026, 2, 10))
    >>> [str(day) for day in islice(days, 3)]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    """
    if interval == "weekly":
        origin = anchor if billing_time == "anniversary" else anchor - timedelta(anchor.weekday())
        number = (since - origin).days // 7
        while True:
            yield origin + timedelta(days=7 * number)
            number += 1
    step = INTERVAL_MONTHS[interval]
    origin = anchor if billing_time == "anniversary" else date(anchor.year, 1, 1)
    number = ((since.year - origin.year) * 12 + since.month - origin.month) // step + 1
    while add_months(origin, number * step) > since:
        number -= 1
    while True:
        yield add_months(origin, number * step)
        number += 1

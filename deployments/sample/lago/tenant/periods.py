"""Lago's billing periods, in days of the zone that bills: half-open, first and last included."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from deployments.sample.periods import add_months

MONTHS = {"monthly": 1, "quarterly": 3, "semiannual": 6, "yearly": 12}


def begins(interval: str, billing_time: str, anchor: date, since: date) -> Iterator[date]:
    """Yield the days on which periods begin, from the period that holds ``since``.

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
    step = MONTHS[interval]
    origin = anchor if billing_time == "anniversary" else date(anchor.year, 1, 1)
    number = ((since.year - origin.year) * 12 + since.month - origin.month) // step + 1
    while add_months(origin, number * step) > since:
        number -= 1
    while True:
        yield add_months(origin, number * step)
        number += 1


def midnight(day: date, zone: str) -> datetime:
    """Give the first moment of a day, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)

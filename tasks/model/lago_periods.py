"""Lago's billing periods and its proration by days, as dates of the zone that it bills in.

Periods are half-open and tile the time: by the calendar (weeks from Monday, months, quarters,
half-years, years), or by the anniversary of an anchor, on a shorter month's last day where it
has no such day. The first and the last period of a subscription may be a part of one; its flat
price is then the period's, times the days that it was there, divided by the days of the whole.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

#: Lago's interval -> months; a week has none.
MONTHS = {"monthly": 1, "quarterly": 3, "semiannual": 6, "yearly": 12}
INTERVALS = frozenset({"weekly", *MONTHS})
BILLING_TIMES = frozenset({"calendar", "anniversary"})
#: A Monday, and the first day of a year, a half-year, a quarter and a month.
_MONDAY, _NEW_YEAR = date(2001, 1, 1), date(2001, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """Days of one period: ``start`` belongs to it, ``end`` does not."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How periods follow each other.

    Attributes:
        interval: One of ``INTERVALS``.
        billing_time: ``calendar`` or ``anniversary``.
        anchor: Day from which an anniversary counts; the calendar does not look at it.
    """

    interval: str
    billing_time: str
    anchor: date

    def period_at(self, day: date) -> Period:
        """Give the whole period that holds a day.

        >>> period = Rhythm("monthly", "anniversary", date(2026, 1, 31)).period_at(date(2026, 3, 1))
        >>> str(period.start), str(period.end)
        ('2026-02-28', '2026-03-31')
        """
        number = self._number(day)
        return Period(self._begin(number), self._begin(number + 1))

    def after(self, period: Period, count: int = 1) -> Period:
        """Give the period that comes ``count`` periods after another one."""
        number = self._number(period.start) + count
        return Period(self._begin(number), self._begin(number + 1))

    def periods(self, since: date, until: date) -> Iterator[Period]:
        """Yield the whole periods that hold a day of [since, until), oldest first."""
        period = self.period_at(since)
        while period.start < until:
            yield period
            period = self.after(period)

    @property
    def _origin(self) -> date:
        if self.billing_time == "anniversary":
            return self.anchor
        return _MONDAY if self.interval == "weekly" else _NEW_YEAR

    def _number(self, day: date) -> int:
        """Count the period of a day; the one that begins at the origin is 0."""
        origin = self._origin
        if self.interval == "weekly":
            return (day - origin).days // 7
        months = (day.year - origin.year) * 12 + day.month - origin.month
        number = months // MONTHS[self.interval]
        return number - 1 if day < self._begin(number) else number

    def _begin(self, number: int) -> date:
        origin = self._origin
        if self.interval == "weekly":
            return origin + timedelta(weeks=number)
        months = origin.year * 12 + origin.month - 1 + number * MONTHS[self.interval]
        year, month = months // 12, months % 12 + 1
        return date(year, month, min(origin.day, monthrange(year, month)[1]))


def days_billed(
    period: Period,
    started_on: date,
    ends_on: date | None = None,
    trial_ends_on: date | None = None,
) -> int:
    """Count the days of a period that a subscription is there for and out of its trial.

    >>> march = Period(date(2026, 3, 1), date(2026, 4, 1))
    >>> days_billed(march, started_on=date(2026, 3, 10)), days_billed(march, date(2026, 4, 2))
    (22, 0)

    Args:
        period: A whole period.
        started_on: The subscription's first day.
        ends_on: The first day after its last one; None: it has no end.
        trial_ends_on: The first day that costs something; None: all do.
    """
    first = max(period.start, started_on, trial_ends_on or started_on)
    last = period.end if ends_on is None else min(period.end, ends_on)
    return max(0, (last - first).days)


def prorated(amount: Decimal, days: int, period_days: int, digits: int = 2) -> Decimal:
    """Price some days of a period as Lago does: rounded once, half away from zero.

    >>> prorated(Decimal(49), 22, 31), prorated(Decimal(49), 31, 31)
    (Decimal('34.77'), Decimal('49.00'))

    Args:
        amount: Price of the whole period, in the currency's major unit.
        days: Days that are billed.
        period_days: Days of the whole period.
        digits: Decimals of the currency.
    """
    exact = amount if days == period_days else amount * days / period_days
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)

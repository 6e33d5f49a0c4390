"""Billing periods: anchored at a subscription's first day, at midnight of the company's zone.

Boundary n lies n cycles after the first day; where the month is too short it is the month's
last day, without shifting the boundaries after it (31 Jan, 28 Feb, 31 Mar). Where periods are
the calendar's months, only the first begins at that day, and all others on a first. Periods are
half-open and tile the time from the first day on. Moments are UTC without a zone, as Odoo
stores them.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MONTHS_PER_UNIT = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class Calendar:
    """What decides where a subscription's periods begin and end.

    Attributes:
        first_day: The day on which the subscription starts, in the zone.
        unit: week, month or year.
        count: How many units a period lasts.
        zone: Name of the company's time zone.
        aligned: Every period but the first begins on the first of a month.
    """

    first_day: date
    unit: str
    count: int
    zone: str
    aligned: bool = False

    def boundary(self, number: int) -> datetime:
        """Return the moment at which period ``number`` begins; 0 is the first."""
        return midnight(self._day(number), self.zone)

    def _day(self, number: int) -> date:
        if self.unit == "week":
            return self.first_day + timedelta(weeks=number * self.count)
        months = self.first_day.month - 1 + number * self.count * MONTHS_PER_UNIT[self.unit]
        year, month = self.first_day.year + months // 12, months % 12 + 1
        if self.aligned and number:
            return date(year, month, 1)
        return date(year, month, min(self.first_day.day, monthrange(year, month)[1]))

    def _number_at(self, moment: datetime) -> int:
        """Return the number of the period that holds ``moment``; negative before the start."""
        day = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).date()
        if self.unit == "week":
            number = (day - self.first_day).days // 7 // self.count
        else:
            months = (day.year - self.first_day.year) * 12 + day.month - self.first_day.month
            number = months // (self.count * MONTHS_PER_UNIT[self.unit])
        # The estimate counts whole months: it is off by at most one around the day itself.
        return number if self.boundary(number) <= moment else number - 1


@lru_cache(maxsize=50_000)
def period_at(calendar: Calendar, moment: datetime) -> tuple[datetime, datetime] | None:
    """Return start and end of the period that holds ``moment``; None before the first day."""
    number = calendar._number_at(moment)
    if number < 0:
        return None
    return calendar.boundary(number), calendar.boundary(number + 1)


@lru_cache(maxsize=50_000)
def periods_starting(
    calendar: Calendar, since: datetime, until: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the periods whose *start* lies in [since, until), oldest first.

    Windows that tile the time thus name each period exactly once.
    """
    return tuple(_starting(calendar, since, until))


def _starting(
    calendar: Calendar, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    number = max(0, calendar._number_at(since))
    start = calendar.boundary(number)
    while start < until:
        number += 1
        end = calendar.boundary(number)
        if start >= since:
            yield start, end
        start = end


@lru_cache(maxsize=50_000)
def midnight(day: date, zone: str) -> datetime:
    """Return the day's first moment.

    Where the clock skips midnight, or shows it twice, ``fold=0`` gives the earliest moment
    that belongs to the day.
    """
    local = datetime.combine(day, time(), ZoneInfo(zone))
    return local.astimezone(UTC).replace(tzinfo=None)

"""Billing periods: anchored at a subscription's first day, at midnight of one time zone.

Boundary n lies n cycles after the anchor; where the month is too short it is the month's last
day, without shifting the boundaries after it (31 Jan, 28 Feb, 31 Mar). Aligned periods are the
calendar's weeks, months, quarters, half-years or years. A subscription that starts within a
period begins with a part of it. Periods are half-open and tile the time from the first day on.
Moments are UTC without a zone, as Odoo stores them.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MONTHS_PER_UNIT = {"month": 1, "year": 12}
#: The words for how often a price is due: cycle -> unit and count of a recurring plan.
CYCLES = {
    "weekly": ("week", 1),
    "monthly": ("month", 1),
    "quarterly": ("month", 3),
    "semiannual": ("month", 6),
    "yearly": ("year", 1),
}


@dataclass(frozen=True, slots=True)
class Calendar:
    """What decides where a subscription's periods begin and end.

    Attributes:
        first_day: The day on which the subscription starts, in the zone.
        unit: week, month or year.
        count: How many units a period lasts.
        zone: Name of the time zone in which days begin.
        aligned: Periods are those of the calendar; weeks begin on Monday.
        anchor: Day that periods are counted from; None for the first day. Without meaning
            where they are aligned.
    """

    first_day: date
    unit: str
    count: int
    zone: str
    aligned: bool = False
    anchor: date | None = None

    def boundary(self, number: int) -> datetime:
        """Return the moment at which period ``number`` begins; 0 is the first."""
        return midnight(self._day(number), self.zone)

    def days(self, number: int) -> tuple[int, int]:
        """Return the days of period ``number``, and those of a whole period at that place.

        They differ for the first period of a subscription that starts within one.
        """
        whole = self._first_index() + number
        start, end = self._grid(whole), self._grid(whole + 1)
        return (end - max(start, self.first_day)).days, (end - start).days

    def number_at(self, moment: datetime) -> int:
        """Return the number of the period that holds ``moment``; negative before the start."""
        day = day_of(moment, self.zone)
        if day < self.first_day and midnight(self.first_day, self.zone) > moment:
            return -1
        number = max(0, self._index(day) - self._first_index())
        # Where midnight comes twice, the later one's moments show the day before.
        return number + 1 if self.boundary(number + 1) <= moment else number

    def _day(self, number: int) -> date:
        return self._grid(self._first_index() + number) if number else self.first_day

    def _first_index(self) -> int:
        return self._index(self.first_day)

    def _origin(self) -> date:
        """Return a day on which a period of the grid begins."""
        if not self.aligned:
            return self.anchor or self.first_day
        return date(2001, 1, 1)  # a Monday, and the first day of every longer period too

    def _grid(self, index: int) -> date:
        """Return the first day of the grid's period ``index``; 0 begins at the origin."""
        origin = self._origin()
        if self.unit == "week":
            return origin + timedelta(weeks=index * self.count)
        months = origin.month - 1 + index * self.count * MONTHS_PER_UNIT[self.unit]
        year, month = origin.year + months // 12, months % 12 + 1
        return date(year, month, min(origin.day, monthrange(year, month)[1]))

    def _index(self, day: date) -> int:
        """Return which of the grid's periods holds ``day``."""
        origin = self._origin()
        if self.unit == "week":
            return (day - origin).days // 7 // self.count
        months = (day.year - origin.year) * 12 + day.month - origin.month
        index = months // (self.count * MONTHS_PER_UNIT[self.unit])
        # The estimate counts whole months: it may be one too many before the day itself.
        return index if self._grid(index) <= day else index - 1


@lru_cache(maxsize=50_000)
def period_at(calendar: Calendar, moment: datetime) -> tuple[datetime, datetime] | None:
    """Return start and end of the period that holds ``moment``; None before the first day."""
    number = calendar.number_at(moment)
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
    number = max(0, calendar.number_at(since))
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


def day_of(moment: datetime, zone: str) -> date:
    """Return the day, in the zone, of a moment in UTC without a zone."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def days_at(calendar: Calendar, moment: datetime) -> tuple[date, date]:
    """Return first day and end of the period that holds ``moment``, or of the first period."""
    bounds = period_at(calendar, moment) or (calendar.boundary(0), calendar.boundary(1))
    return day_of(bounds[0], calendar.zone), day_of(bounds[1], calendar.zone)

"""How much of a recurring price is due for a period: all of it, or a part by days."""

from datetime import date, datetime
from decimal import Decimal

from .calendar import Calendar, day_of, midnight

_STEP = Decimal("0.000001")


def billed_days(
    calendar: Calendar, start: datetime, free_until: date | None = None
) -> tuple[int, int]:
    """Return how many days of the period that begins at ``start`` cost, and of how many.

    Args:
        calendar: Of the recurring price.
        start: A period's first moment.
        free_until: First day that costs (None: all do), in the calendar's zone.
    """
    number = calendar.number_at(start)
    part, whole = calendar.days(number)
    if free_until:
        end = day_of(calendar.boundary(number + 1), calendar.zone)
        part = max(0, min(part, (end - free_until).days))
    return part, whole


def priced_from(period: tuple[datetime, datetime], free_until: date | None, zone: str) -> datetime:
    """Return the moment from which a period costs: its start, or the end of a trial in it."""
    start, end = period
    free = free_until and midnight(free_until, zone)
    return free if free and start < free < end else start


def share_of(amount: Decimal, days: tuple[int, int]) -> Decimal:
    """Return the part of an amount that these days cost, to 6 decimals.

    >>> share_of(Decimal(31), (10, 31)), share_of(Decimal("49.00"), (28, 28))
    (Decimal('10.000000'), Decimal('49.00'))
    """
    part, whole = days
    return amount if part == whole else (amount * part / whole).quantize(_STEP)


def is_due(ends_on: date | None, start: datetime, zone: str) -> bool:
    """Say whether a line that ends on a day is billed in the period that begins at ``start``."""
    return not ends_on or midnight(ends_on, zone) > start

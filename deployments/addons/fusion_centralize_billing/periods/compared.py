"""Which period of a recurring price tells what is paid now: thinking only, no record is read.

Who pays by the quarter or the year has no price in most months. What is compared of them is the
price that was due last: of the period that runs, or, in arrears, of the one that is over. Who pays
by the month was billed since the compared months: the latest of these bills tells.
"""

from datetime import date, datetime, timedelta

from .calendar import Calendar, day_of, midnight
from .shares import priced_from

Period = tuple[datetime, datetime]

# The source says moments; by its time of day they can fall on a neighboring day.
_TOLERANCE = timedelta(days=1)


def compared_period(
    calendar: Calendar,
    until: datetime,
    now: datetime,
    *,
    arrears: bool = False,
    free_until: date | None = None,
) -> Period | None:
    """Return the period whose price was due last; None if nothing was due yet.

    Of the periods that cost from before ``until`` on it is the last. Where none does, because the
    subscription is newer, it is the first one of all.

    Args:
        calendar: Of the recurring price.
        until: End of the compared months, UTC without a zone, as all moments here.
        now: What is due later is not due yet.
        arrears: Whether a period's price is due when the period is over.
        free_until: First day that costs after a trial, in the calendar's zone; None: all do.
    """
    first = None
    for number in range(calendar.number_at(now), -1, -1):
        start, end = calendar.boundary(number), calendar.boundary(number + 1)
        if free_until and midnight(free_until, calendar.zone) >= end:
            break
        begins = priced_from((start, end), free_until, calendar.zone)
        if (end if arrears else begins) > now:
            continue
        if begins < until:
            return start, end
        first = start, end
    return first


def latest_period(
    calendar: Calendar, billed_until: date | None, after: datetime, now: datetime
) -> Period | None:
    """Return the period that ends where the source has billed until.

    None where it began before ``after``, the end of the compared months, or has not begun yet.
    """
    running = calendar.number_at(now)
    # A source may say any day up to the year 9999, around which there is no midnight.
    if not billed_until or billed_until >= day_of(calendar.boundary(running + 2), calendar.zone):
        return None
    number = calendar.number_at(midnight(billed_until + _TOLERANCE, calendar.zone)) - 1
    if number < 0:
        return None
    period = calendar.boundary(number), calendar.boundary(number + 1)
    return period if after <= period[0] <= now else None

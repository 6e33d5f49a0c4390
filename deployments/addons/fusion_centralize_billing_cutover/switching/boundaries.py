"""From which day on Odoo bills: the boundary of the subscription's own periods.

The days of the old side and of Odoo tile the calendar only if the day on which one stops and
the other begins is one of the subscription's boundaries, the same on both sides.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from odoo.addons.fusion_centralize_billing.periods.calendar import (
    Calendar,
    day_of,
    midnight,
    period_at,
)

# The source says moments; by its time of day and summer time they can fall on a neighboring day.
TOLERANCE = timedelta(days=1)


def read_day(text: object, zone: str) -> date:
    """Return the day, in the zone, that an ISO day or time says; times without offset are UTC.

    Raises:
        ValueError: It is neither.
    """
    if not isinstance(text, str):
        raise ValueError("no text")
    if len(text) == len("2026-01-31"):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo(zone)).date()


def boundary_at(calendar: Calendar, day: date) -> date | None:
    """Return the first day of the period that begins nearest to ``day``, or None.

    None where none begins within a day of it, and where the subscription had not begun.
    """
    near = None
    for probe in (day - TOLERANCE, day, day + TOLERANCE):
        period = period_at(calendar, midnight(probe, calendar.zone))
        for moment in period or ():
            first = day_of(moment, calendar.zone)
            if near is None or abs(first - day) < abs(near - day):
                near = first
    return near if near is not None and abs(near - day) <= TOLERANCE else None

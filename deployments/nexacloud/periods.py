"""Months in UTC; periods are half-open."""

from __future__ import annotations

import calendar
from datetime import datetime

CYCLE_MONTHS = {"monthly": 1, "yearly": 12}


def add_months(moment: datetime, months: int) -> datetime:
    """Return ``moment`` moved by whole months, the day clamped to the month's last."""
    index = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(index, 12)
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

"""Which billing periods a metering run reads: some months, or what can have changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tasks.model.errors import ConfigError

#: A record may reach NexaCloud's database this long after its end.
LATENESS = timedelta(days=7)
_PERIOD = re.compile(r"(\d{4}-\d{2})(?:\.\.(\d{4}-\d{2}))?")


@dataclass(frozen=True, slots=True)
class UsageWindow:
    """Billing periods by their start, or by what can have changed; None does not limit.

    Attributes:
        since: Only periods that start then or later.
        until: Only periods that start before.
        changed_after: Only periods that were open then or hold a record that ends later.
        new_after: Orders that came to Odoo after this are read from their first period on.
        words: The window in words.
    """

    since: datetime | None
    until: datetime | None
    changed_after: datetime | None
    new_after: datetime | None
    words: str

    @property
    def is_complete(self) -> bool:
        """Whether it holds all that can have changed, so that the next run may go on from here."""
        return self.since is None and self.until is None


def usage_window(
    period: str | None, *, full: bool, metered_until: datetime | None, zone: ZoneInfo
) -> UsageWindow:
    """Choose the window of a run.

    A billing period belongs to the month in which it starts, in the company's time zone.

    Args:
        period: ``2026-10``, ``2026-05..2026-10``, or None for what can have changed.
        full: Read everything, whatever was metered before.
        metered_until: When the last complete run read the source; None if there was none.
        zone: The company's time zone.

    Raises:
        ConfigError: ``period`` is not a month or a range of months, or comes with ``full``.
    """
    if period is not None:
        if full:
            raise ConfigError("A full run reads every period: leave the period out, or full.")
        since, until = _months(period, zone)
        return UsageWindow(since, until, None, None, f"billing periods that start in {period}")
    if full or metered_until is None:
        return UsageWindow(None, None, None, None, "all billing periods")
    changed_after = metered_until - LATENESS
    words = f"billing periods that can have changed since {metered_until:%Y-%m-%d %H:%M} UTC"
    return UsageWindow(None, None, changed_after, metered_until, words)


def _months(period: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    found = _PERIOD.fullmatch(period)
    try:
        if not found:
            raise ValueError
        first = date.fromisoformat(f"{found[1]}-01")
        last = date.fromisoformat(f"{found[2] or found[1]}-01")
        after = (last + timedelta(days=31)).replace(day=1)
        if first > last:
            raise ValueError
    except (ValueError, OverflowError):
        raise ConfigError(
            f"The period {period!r} is neither a month (2026-10) nor a range of months from the"
            " earlier to the later (2026-05..2026-10)."
        ) from None
    return _midnight(first, zone), _midnight(after, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)

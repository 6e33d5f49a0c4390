"""The sums of a metering report: records by outcome, both sides by month, what it costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from operator import attrgetter
from zoneinfo import ZoneInfo

from tasks.model.counts import TableCounts, counts_of
from tasks.model.records import Outcome
from tasks.usage.accounts import Accounts, Month
from tasks.usage.records import UsageRow


@dataclass(frozen=True, slots=True)
class Figures:
    """All sums of a report."""

    records: TableCounts
    periods: TableCounts
    months: tuple[Month, ...]
    whole: Month
    top: tuple[UsageRow, ...]
    unrated: int
    billed: int
    rated: int


def add_figures_up(rows: Accounts, timezone: str, *, compared: bool) -> Figures:
    """Add everything up.

    Args:
        rows: Every deployment and period with its outcome.
        timezone: The company's, in which a month begins.
        compared: Whether Odoo was read back.
    """
    whole = sum(rows.by_start.values(), Month("All months"))
    records = rows.records + Counter({Outcome.QUARANTINED: rows.quarantined})
    told = [*by_month(rows, ZoneInfo(timezone)), whole]
    if not compared:
        told = [replace(each, stored=None) for each in told]
    return Figures(
        records=counts_of("usage", records),
        periods=counts_of("billing_periods", rows.periods),
        months=tuple(told[:-1]),
        whole=told[-1],
        top=tuple(rows.top),
        unrated=whole.periods - whole.rated if compared else 0,
        rated=whole.rated,
        billed=whole.billed,
    )


def by_month(rows: Accounts, zone: ZoneInfo) -> list[Month]:
    """Add up what was metered by the month in which the periods start, the first month first."""
    months: dict[str, Month] = {}
    for start, metered in rows.by_start.items():
        if start:
            name = f"{start.astimezone(zone):%Y-%m}"
            months[name] = months.get(name, Month(name)) + metered
    return sorted(months.values(), key=attrgetter("name"))

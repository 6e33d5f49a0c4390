"""The sums of a metering report: records by outcome, both sides by month, what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from tasks.model.counts import LOADED, TableCounts, counts_of
from tasks.model.records import Outcome
from tasks.usage.records import UsageRow

TOP_ROWS = 10


@dataclass(frozen=True, slots=True)
class Month:
    """Billing periods that start in one month; times in seconds, ``overage`` in money.

    ``measured`` is NexaCloud's sum and ``stored`` Odoo's; None if Odoo was not read back.
    ``billable`` are the seconds beyond the included ones.
    """

    name: str
    periods: int
    measured: Decimal
    stored: Decimal | None
    billable: Decimal
    overage: Decimal
    charged: int

    @property
    def agrees(self) -> bool | None:
        """Whether both sides are equal to the last digit; None if they were not compared."""
        return None if self.stored is None else self.stored == self.measured


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


def add_figures_up(rows: Sequence[UsageRow], timezone: str, *, compared: bool) -> Figures:
    """Add everything up.

    Args:
        rows: Every deployment and period with its outcome.
        timezone: The company's, in which a month begins.
        compared: Whether Odoo was read back.
    """
    zone = ZoneInfo(timezone)
    by_month: dict[str, list[UsageRow]] = {}
    metered = [row for row in rows if row.outcome in LOADED]
    for row in metered:
        if row.usage.start:
            name = f"{row.usage.start.astimezone(zone):%Y-%m}"
            by_month.setdefault(name, []).append(row)
    rated = [row for row in metered if row.rated]
    charged = (row for row in rated if row.rated and row.rated.amount)
    return Figures(
        records=_records(rows),
        periods=_periods(rows),
        months=tuple(_month(name, rows, compared) for name, rows in sorted(by_month.items())),
        whole=_month("All months", metered, compared),
        top=tuple(sorted(charged, key=_dearest_first)[:TOP_ROWS]),
        unrated=len(metered) - len(rated) if compared else 0,
        rated=len(rated),
        billed=sum(1 for row in rated if row.rated and row.rated.billed),
    )


def _records(rows: Iterable[UsageRow]) -> TableCounts:
    """Count usage records: good ones by their period's outcome, bad ones as quarantined."""
    counts: Counter[Outcome] = Counter()
    for row in rows:
        counts[row.outcome] += row.usage.records
        counts[Outcome.QUARANTINED] += row.usage.quarantined
    return counts_of("usage", counts)


def _periods(rows: Iterable[UsageRow]) -> TableCounts:
    counts = Counter(row.outcome for row in rows)
    return counts_of("billing_periods", counts)


def _month(name: str, rows: list[UsageRow], compared: bool) -> Month:
    nothing = Decimal(0)
    ratings = [row.rated for row in rows if row.rated]
    return Month(
        name=name,
        periods=len(rows),
        measured=sum((row.usage.seconds for row in rows), nothing),
        stored=sum((row.stored or nothing for row in rows), nothing) if compared else None,
        billable=sum((rated.overage for rated in ratings), nothing),
        overage=sum((rated.amount for rated in ratings), nothing),
        charged=sum(1 for rated in ratings if rated.amount),
    )


def _dearest_first(row: UsageRow) -> tuple[Decimal, str, str]:
    amount = row.rated.amount if row.rated else Decimal(0)
    return -amount, row.usage.deployment_id or "", str(row.usage.start)

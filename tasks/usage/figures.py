"""The sums of a metering report: records by outcome, both sides by month, what it costs."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from tasks.model.counts import TableCounts, counts_of
from tasks.model.records import Outcome
from tasks.usage.accounts import Accounts, Totals
from tasks.usage.records import UsageRow


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


def add_figures_up(rows: Accounts, timezone: str, *, compared: bool) -> Figures:
    """Add everything up.

    Args:
        rows: Every deployment and period with its outcome.
        timezone: The company's, in which a month begins.
        compared: Whether Odoo was read back.
    """
    whole = Totals().add_all(rows.by_start.values())
    records = rows.records + Counter({Outcome.QUARANTINED: rows.quarantined})
    return Figures(
        records=counts_of("usage", records),
        periods=counts_of("billing_periods", rows.periods),
        months=tuple(
            _month(name, totals, compared)
            for name, totals in by_month(rows, ZoneInfo(timezone)).items()
        ),
        whole=_month("All months", whole, compared),
        top=tuple(rows.top),
        unrated=whole.periods - whole.rated if compared else 0,
        rated=whole.rated,
        billed=whole.billed,
    )


def by_month(rows: Accounts, zone: ZoneInfo) -> dict[str, Totals]:
    """Add up what was metered by the month in which the periods start, the first month first."""
    months: defaultdict[str, Totals] = defaultdict(Totals)
    for start, totals in rows.by_start.items():
        if start:
            months[f"{start.astimezone(zone):%Y-%m}"].add_all([totals])
    return dict(sorted(months.items()))


def _month(name: str, totals: Totals, compared: bool) -> Month:
    return Month(
        name=name,
        periods=totals.periods,
        measured=totals.measured,
        stored=totals.stored if compared else None,
        billable=totals.billable,
        overage=totals.overage,
        charged=totals.charged,
    )

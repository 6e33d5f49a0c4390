"""The accounts of a metering run: every billing period's row, on disk, and what they add up to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from heapq import nsmallest
from operator import add, attrgetter
from zoneinfo import ZoneInfo

from tasks.model.counts import LOADED, TableCounts, counts_of
from tasks.model.records import Outcome
from tasks.model.spool import RowList
from tasks.usage.records import PeriodKey, UsageRow

TOP_ROWS = 10
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Month:
    """Metered periods that start in one month, or all; times in seconds, ``overage`` in money.

    ``measured`` is NexaCloud's sum and ``stored`` Odoo's; None if Odoo was not read back.
    ``units`` is what Odoo rated; of what it could not rate, what it holds. ``billable`` are the
    seconds beyond the included ones, ``charged`` the periods that have any.
    """

    name: str = ""
    periods: int = 0
    measured: Decimal = _NOTHING
    stored: Decimal | None = _NOTHING
    units: Decimal = _NOTHING
    billable: Decimal = _NOTHING
    overage: Decimal = _NOTHING
    rated: int = 0
    charged: int = 0
    billed: int = 0

    @property
    def agrees(self) -> bool | None:
        """Whether both sides are equal to the last digit; None if they were not compared."""
        return None if self.stored is None else self.stored == self.measured

    @classmethod
    def of(cls, row: UsageRow, *, is_unrated: bool) -> Month:
        """Begin with one period; ``is_unrated``: Odoo said why it could not rate it."""
        stored, rated = row.stored or _NOTHING, row.rated
        if rated is None:
            units = stored if is_unrated else _NOTHING
            return cls(periods=1, measured=row.usage.seconds, stored=stored, units=units)
        return cls(
            periods=1,
            measured=row.usage.seconds,
            stored=stored,
            units=stored if is_unrated else rated.units,
            billable=rated.overage,
            overage=rated.amount,
            rated=1,
            charged=bool(rated.amount),
            billed=rated.billed,
        )

    def __add__(self, other: Month) -> Month:
        return Month(self.name, *map(add, _sums(self), _sums(other)))


_sums = attrgetter(*(each.name for each in fields(Month) if each.name != "name"))


class Accounts(RowList[UsageRow]):
    """Every deployment and period with its one outcome, by deployment and start.

    Attributes:
        periods: How many rows ended in which outcome.
        records: How many usage records, good ones by their period's outcome.
        quarantined: How many of the records are bad.
        failed: Odoo's codes for the periods that failed.
        by_start: What was metered, by the start of the periods.
        top: The dearest periods, the dearest first.
        notable: The rows of which there is more to tell than that they are in Odoo.
        is_rated: Whether all that Odoo holds of these periods is rated.
    """

    def __init__(self) -> None:
        super().__init__(UsageRow)
        self.periods: Counter[Outcome] = Counter()
        self.records: Counter[Outcome] = Counter()
        self.quarantined = 0
        self.failed: set[str | None] = set()
        self.by_start: defaultdict[datetime | None, Month] = defaultdict(Month)
        self.top: list[UsageRow] = []
        self.notable = RowList(UsageRow)
        self.is_rated = True

    @classmethod
    def of(cls, rows: Iterable[UsageRow]) -> Accounts:
        """Give the accounts that hold these rows, which may be accounts already."""
        if isinstance(rows, Accounts):
            return rows
        accounts = cls()
        accounts.add(tuple(rows))
        return accounts

    def add(self, rows: Collection[UsageRow], unrated: Collection[PeriodKey] = ()) -> None:
        """Add the rows of a page.

        Args:
            rows: Of deployments after those of the pages before.
            unrated: The periods of which Odoo said why it could not rate them.
        """
        for row in rows:
            self._count(row, is_unrated=row.usage.key in unrated)
        charged = (row for row in rows if row.outcome in LOADED and row.rated and row.rated.amount)
        self.top = nsmallest(TOP_ROWS, [*self.top, *charged], key=_dearest_first)
        for row in sorted(rows, key=_in_turn):
            self.append(row)

    def _count(self, row: UsageRow, *, is_unrated: bool) -> None:
        self.periods[row.outcome] += 1
        self.records[row.outcome] += row.usage.records
        self.quarantined += row.usage.quarantined
        if row.outcome is Outcome.FAILED:
            self.failed.add(row.code)
        if row.outcome in LOADED:
            self.by_start[row.usage.start] += Month.of(row, is_unrated=is_unrated)
        if row.outcome not in LOADED or row.code:
            self.notable.append(row)
        if row.stored and row.rated is None:
            self.is_rated = False


def _dearest_first(row: UsageRow) -> tuple[Decimal, str, str]:
    amount = row.rated.amount if row.rated else _NOTHING
    return -amount, row.usage.deployment_id or "", str(row.usage.start)


def _in_turn(row: UsageRow) -> tuple[str, str]:
    return row.usage.deployment_id or "", str(row.usage.start or "")


@dataclass(frozen=True, slots=True)
class Figures:
    """All sums of a report."""

    records: TableCounts
    periods: TableCounts
    months: tuple[Month, ...]
    whole: Month
    top: tuple[UsageRow, ...]
    unrated: int


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
    )


def by_month(rows: Accounts, zone: ZoneInfo) -> list[Month]:
    """Add up what was metered by the month in which the periods start, the first month first."""
    months: dict[str, Month] = {}
    for start, metered in rows.by_start.items():
        if start:
            name = f"{start.astimezone(zone):%Y-%m}"
            months[name] = months.get(name, Month(name)) + metered
    return sorted(months.values(), key=attrgetter("name"))

"""The accounts of a metering run: every billing period's row, on disk, and what they add up to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from heapq import nsmallest

from tasks.model.counts import LOADED
from tasks.model.records import Outcome
from tasks.model.spool import RowList
from tasks.usage.records import PeriodKey, UsageRow

TOP_ROWS = 10


@dataclass(slots=True)
class Totals:
    """Metered periods added up; times in seconds, ``overage`` in money.

    ``units`` is what Odoo rated, of a period that it could not rate what it holds. ``billable``
    are the seconds beyond the included ones, ``charged`` the periods with an overage.
    """

    periods: int = 0
    measured: Decimal = Decimal(0)
    stored: Decimal = Decimal(0)
    units: Decimal = Decimal(0)
    billable: Decimal = Decimal(0)
    overage: Decimal = Decimal(0)
    rated: int = 0
    charged: int = 0
    billed: int = 0

    def add(self, row: UsageRow, *, is_unrated: bool) -> None:
        """Add a period; ``is_unrated``: Odoo said why it could not rate it."""
        stored, rated = row.stored or Decimal(0), row.rated
        self.periods += 1
        self.measured += row.usage.seconds
        self.stored += stored
        if is_unrated:
            self.units += stored
        elif rated:
            self.units += rated.units
        if rated:
            self.billable += rated.overage
            self.overage += rated.amount
            self.rated += 1
            self.charged += bool(rated.amount)
            self.billed += rated.billed

    def add_all(self, others: Iterable[Totals]) -> Totals:
        """Add other totals; returns itself."""
        for other in others:
            for each in fields(self):
                setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        return self


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
        self.by_start: defaultdict[datetime | None, Totals] = defaultdict(Totals)
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
            self.by_start[row.usage.start].add(row, is_unrated=is_unrated)
        if row.outcome not in LOADED or row.code:
            self.notable.append(row)
        if row.stored and row.rated is None:
            self.is_rated = False


def _dearest_first(row: UsageRow) -> tuple[Decimal, str, str]:
    amount = row.rated.amount if row.rated else Decimal(0)
    return -amount, row.usage.deployment_id or "", str(row.usage.start)


def _in_turn(row: UsageRow) -> tuple[str, str]:
    return row.usage.deployment_id or "", str(row.usage.start or "")

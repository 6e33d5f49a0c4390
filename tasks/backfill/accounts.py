"""The accounts of a run: every source row with its outcome, on disk, and what they add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, fields
from heapq import merge
from itertools import groupby, pairwise
from operator import attrgetter

from tasks.model.counts import LOADED
from tasks.model.errors import FatalError
from tasks.model.records import Finding, Outcome, Severity, SourceRow
from tasks.model.spool import RowList

COLUMNS = tuple(each.name for each in fields(SourceRow))


@dataclass(frozen=True, slots=True)
class _Run:
    """Rows of a table from place ``start`` up to ``end``, which may be in order of their ids."""

    start: int
    end: int
    is_sorted: bool


class Accounts(RowList[SourceRow]):
    """Every source row with its one outcome, in reading order.

    Attributes:
        counts: How many rows of a table ended in an outcome with a code (None: without).
        notable: The rows of which there is more to tell than that they are in Odoo.
    """

    def __init__(self) -> None:
        super().__init__(SourceRow)
        self.counts: Counter[tuple[str, Outcome, str | None]] = Counter()
        self.notable = RowList(SourceRow)
        self._runs: dict[str, list[_Run]] = {}

    @classmethod
    def of(cls, rows: Iterable[SourceRow], findings: Iterable[Finding] = ()) -> Accounts:
        """Give the accounts that hold these rows, which may be accounts already.

        Args:
            rows: By table.
            findings: What the rows are warned of is worth a note.

        Raises:
            FatalError: As of ``add``.
        """
        if isinstance(rows, Accounts):
            return rows
        accounts = cls()
        accounts.add(rows, warned_of(findings))
        return accounts

    def add(self, rows: Iterable[SourceRow], warned: Container[tuple[str, str | None]]) -> None:
        """Add the rows of a page.

        Args:
            rows: By table.
            warned: Table and id of the rows of which there is a warning.

        Raises:
            FatalError: A row stands there twice, so that the report would not foot.
        """
        seen: dict[str, set[str]] = {}
        for table, group in groupby(rows, key=attrgetter("table")):
            start, ids = len(self), [self._add(row, warned) for row in group]
            known = seen.setdefault(table, set())
            expected = len(known) + len(ids)
            known.update(ids)
            if len(known) != expected:
                raise FatalError(
                    f"The report does not foot: {expected} outcomes for {len(known)} rows of table"
                    f" {table}; each row must have exactly one."
                )
            in_order = all(one < other for one, other in pairwise(ids))
            self._runs.setdefault(table, []).append(_Run(start, len(self), in_order))

    def _add(self, row: SourceRow, warned: Container[tuple[str, str | None]]) -> str:
        self.append(row)
        self.counts[row.table, row.outcome, row.code] += 1
        is_warned = (row.table, row.source_id) in warned
        if is_warned or row.outcome not in LOADED or row.code is not None:
            self.notable.append(row)
        return row.source_id

    def by_id(self) -> Iterator[SourceRow]:
        """Give the rows by table and id; of a page that has them so, few are held at once."""
        for table in sorted(self._runs):
            yield from merge(*map(self._in_order, self._runs[table]), key=_id)

    @property
    def outcomes(self) -> Counter[Outcome]:
        """How many rows ended in which outcome."""
        counts: Counter[Outcome] = Counter()
        for (_table, outcome, _code), rows in self.counts.items():
            counts[outcome] += rows
        return counts

    def _in_order(self, run: _Run) -> Iterable[SourceRow]:
        rows = self.between(run.start, run.end)
        return rows if run.is_sorted else sorted(rows, key=_id)


_id = attrgetter("source_id")


def warned_of(findings: Iterable[Finding]) -> frozenset[tuple[str, str | None]]:
    """Name the rows of which there is a warning, by table and id."""
    return frozenset(
        (each.table, each.key) for each in findings if each.severity is Severity.WARNING
    )

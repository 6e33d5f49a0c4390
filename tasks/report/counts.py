"""How many rows of each source table ended in which outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tasks.model.errors import FatalError
from tasks.model.records import Outcome, SourceRow
from tasks.report import words

LOADED = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)
KEPT_OUT = (Outcome.QUARANTINED, Outcome.FAILED)
LEFT_ASIDE = (Outcome.OUT_OF_SCOPE, Outcome.NOT_SELECTED)


@dataclass(frozen=True, slots=True)
class TableCounts:
    """Rows of one source table by outcome; every outcome is a key."""

    table: str
    by_outcome: dict[Outcome, int]

    @property
    def read(self) -> int:
        """Rows read from the source."""
        return sum(self.by_outcome.values())

    @property
    def written(self) -> int:
        """Rows that changed something in Odoo (or would, in a dry run)."""
        return self.by_outcome[Outcome.CREATED] + self.by_outcome[Outcome.UPDATED]

    @property
    def loaded(self) -> int:
        """Rows that Odoo now holds."""
        return sum(self.by_outcome[outcome] for outcome in LOADED)

    @property
    def kept_out(self) -> int:
        """Rows that belong in Odoo and are not there."""
        return sum(self.by_outcome[outcome] for outcome in KEPT_OUT)

    @property
    def in_scope(self) -> int:
        """Rows that belong in Odoo as far as this run was asked to look."""
        return self.loaded + self.kept_out


def count_rows(rows: Iterable[SourceRow]) -> tuple[TableCounts, ...]:
    """Count rows per table and outcome; the known tables first and always.

    Raises:
        FatalError: A source row stands in the report twice, so that it does not foot.
    """
    counters: dict[str, Counter[Outcome]] = {table: Counter() for table in words.TABLES}
    ids: dict[str, set[str]] = {}
    for row in rows:
        counters.setdefault(row.table, Counter())[row.outcome] += 1
        ids.setdefault(row.table, set()).add(row.source_id)
    for table, seen in ids.items():
        if len(seen) != counters[table].total():
            raise FatalError(
                f"The report does not foot: {counters[table].total()} outcomes for "
                f"{len(seen)} rows of table {table}; each row must have exactly one."
            )
    return tuple(
        TableCounts(table, {outcome: counter[outcome] for outcome in Outcome})
        for table, counter in counters.items()
    )


def add_up(counts: Iterable[TableCounts], table: str = "all") -> TableCounts:
    """Add the tables up, outcome by outcome."""
    tables = tuple(counts)
    return TableCounts(
        table, {outcome: sum(each.by_outcome[outcome] for each in tables) for outcome in Outcome}
    )

"""How many rows of a table ended in which outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tasks.model.records import Outcome

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


def counts_of(table: str, counter: Counter[Outcome]) -> TableCounts:
    """Make counts of what was counted."""
    return TableCounts(table, {outcome: counter[outcome] for outcome in Outcome})


def add_up(counts: Iterable[TableCounts], table: str = "all") -> TableCounts:
    """Add the tables up, outcome by outcome."""
    tables = tuple(counts)
    return TableCounts(
        table, {outcome: sum(each.by_outcome[outcome] for each in tables) for outcome in Outcome}
    )

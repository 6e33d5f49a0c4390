"""What to fix first: each fix in turn removes the most of the differences that are left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tasks.model.ledger import Cause
from tasks.reconcile.reporting.figures import CauseGroup
from tasks.reconcile.reporting.words import CauseWords, cause_words


@dataclass(frozen=True, slots=True)
class Fix:
    """One cause taken away, after the ones before it.

    ``rows`` and ``size`` (by currency) are the differences that go with it, those of several
    causes only once their last one goes; ``left`` are the rows that remain.
    """

    cause: str
    words: CauseWords
    rows: int
    size: dict[str, Decimal]
    left: int


def order_fixes(groups: Iterable[CauseGroup]) -> tuple[Fix, ...]:
    """Order the causes, most differences first; what is not explained has no fix."""
    left = {frozenset(group.code.split("+")): group for group in groups}
    rows_left = sum(group.rows for group in left.values())
    causes = {cause for parts in left for cause in parts} - {Cause.UNEXPLAINED}
    ordered: list[Fix] = []
    fixed: frozenset[str] = frozenset()
    while causes:
        best = max(sorted(causes), key=lambda cause: _weight(left, fixed, cause))
        fixed |= {best}
        causes.remove(best)
        gone = [group for parts, group in left.items() if parts <= fixed]
        left = {parts: group for parts, group in left.items() if not parts <= fixed}
        rows = sum(group.rows for group in gone)
        rows_left -= rows
        ordered.append(Fix(best, cause_words(best), rows, _sizes(gone), rows_left))
    return tuple(ordered)


def _weight(
    left: dict[frozenset[str], CauseGroup], fixed: frozenset[str], cause: str
) -> tuple[int, int]:
    """Count the rows that a fix takes away, then those that it takes part in."""
    alone = sum(group.rows for parts, group in left.items() if parts <= fixed | {cause})
    shared = sum(group.rows for parts, group in left.items() if cause in parts)
    return alone, shared


def _sizes(groups: Iterable[CauseGroup]) -> dict[str, Decimal]:
    sizes: dict[str, Decimal] = {}
    for group in groups:
        for currency, size in group.size.items():
            sizes[currency] = sizes.get(currency, Decimal(0)) + size
    return sizes

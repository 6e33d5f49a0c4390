"""How a flow ends: the name and message of its final state, and its exit code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tasks.model.records import Outcome

CLEAN, CRASH, CONFIGURATION, REFUSED = 0, 1, 2, 3
#: Odoo refused more rows than were allowed; all others are as they should be.
ROWS_FAILED = "RowsFailed"


@dataclass(frozen=True, slots=True)
class EndState:
    """``name`` starts with "Completed" exactly when ``exit_code`` is 0."""

    name: str
    message: str
    exit_code: int


def can_be_built_upon(name: str, exit_code: int) -> bool:
    """Say whether another flow may go on from one that ended so.

    Rows that Odoo refused cost whose they are: Odoo keeps these customers back by name. Whatever
    else fails leaves half a copy, of which nobody can say whose it is.
    """
    return exit_code == CLEAN or name == ROWS_FAILED


def counted_outcomes(
    counts: Counter[Outcome], *, dry_run: bool, leave_out: Outcome | None = None
) -> str:
    """Tell in one phrase how many rows ended in which outcome."""
    parts = [
        f"{counts[outcome]:,} {words}"
        for outcome, words in (
            (Outcome.CREATED, "created"),
            (Outcome.UPDATED, "updated"),
            (Outcome.UNCHANGED, "unchanged"),
            (Outcome.QUARANTINED, "quarantined"),
            (Outcome.FAILED, "failed"),
        )
        if outcome is not leave_out
    ]
    return ("Dry run, nothing written; it would be: " if dry_run else "") + ", ".join(parts)

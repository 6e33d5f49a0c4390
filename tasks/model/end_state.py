"""How a flow ends: the name and message of its final state, and its exit code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tasks.model.records import Outcome

CLEAN, CRASH, CONFIGURATION, REFUSED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class EndState:
    """``name`` starts with "Completed" exactly when ``exit_code`` is 0."""

    name: str
    message: str
    exit_code: int


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

"""What a reconciliation amounts to: the name and message of its final state, and its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from tasks.model.end_state import CLEAN, CRASH, REFUSED, EndState
from tasks.model.ledger import MICRO, Cause, WrongSide
from tasks.model.records import LoadedRow
from tasks.reconcile.consequence import consequence

UNEXPLAINED = 4


@dataclass(frozen=True, slots=True)
class Threshold:
    """Unexplained differences that are tolerated: below the amount or below the share.

    ``amount`` is in the currency's major unit, in each currency; ``share`` is of the external
    amounts, 0 to 1. Both must be passed for a run to count as failed.
    """

    amount: Decimal
    share: float

    def is_passed_by(self, unexplained: Decimal, billed: Decimal) -> bool:
        """Say whether so much unexplained is too much."""
        return unexplained > self.amount and float(unexplained) > self.share * float(billed)


def end_state(
    sums: pl.DataFrame,
    threshold: Threshold,
    *,
    dry_run: bool,
    stopped: str | None,
    refused: Sequence[LoadedRow],
    unrated: int,
    kept_out: int,
) -> EndState:
    """Decide the run's final state.

    Args:
        sums: The comparison, added up (``figures.condense``).
        threshold: How much may stay unexplained.
        dry_run: Odoo was to keep nothing of it.
        stopped: Why the differences did not all reach Odoo.
        refused: Answers to the differences that Odoo refused.
        unrated: Usage that Odoo could not rate, and which is not compared therefore.
        kept_out: Invoices and items that a quality rule kept out of the comparison.
    """
    differing = sums.filter(pl.col("wrong_side") != WrongSide.NONE.value)
    unexplained = differing.filter(pl.col("cause") == Cause.UNEXPLAINED.value)
    over = _over(sums, unexplained, threshold)
    worst = consequence(sums)
    compared, differ, open_lines = (each["rows"].sum() for each in (sums, differing, unexplained))
    said = (
        f"{worst}{'. ' if worst else ''}{compared:,} lines compared,"
        f" {differ:,} differ, {open_lines:,} of them unexplained"
    )
    if unrated:
        said += f"; Odoo could not rate {unrated:,} lines"
    if kept_out:
        said += f"; {kept_out:,} invoices and items were kept out"
    if dry_run:
        said += "; nothing was written"
    if stopped:
        return EndState("Stopped", f"{said}. Not all reached Odoo: {stopped}", CRASH)
    if refused:
        first = refused[0]
        why = f"{first.external_id}: {first.message}"
        return EndState(
            "RowsRefused", f"{said}. Odoo refused {len(refused):,} of them; {why}", REFUSED
        )
    if over:
        return EndState("UnexplainedDifferences", f"{said}. {over}", UNEXPLAINED)
    if differ or unrated or kept_out:
        return EndState("CompletedWithDifferences", said, CLEAN)
    return EndState("Completed", said, CLEAN)


def _over(sums: pl.DataFrame, unexplained: pl.DataFrame, threshold: Threshold) -> str:
    """Say in which currency too much is unexplained; empty if in none."""
    billed = _sizes(sums, "billed")
    for currency, size in sorted(_sizes(unexplained, "size").items()):
        if threshold.is_passed_by(size, billed.get(currency, Decimal(0))):
            return (
                f"{size:.2f} {currency} of differences have no known cause, above the limit of"
                f" {threshold.amount:.2f} and {threshold.share:.2%} of what was billed"
            )
    return ""


def _sizes(sums: pl.DataFrame, column: str) -> dict[str, Decimal]:
    sizes = sums.group_by("currency").agg(pl.col(column).sum())
    return {currency: Decimal(size) / MICRO for currency, size in sizes.iter_rows()}

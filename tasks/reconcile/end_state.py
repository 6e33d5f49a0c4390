"""What a reconciliation amounts to: its largest consequence, its final state, its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from tasks.model.end_state import CLEAN, CRASH, REFUSED, EndState
from tasks.model.ledger import Cause, LineOutcome, WrongSide
from tasks.model.records import LoadedRow
from tasks.reconcile.figures import add_up
from tasks.reconcile.words import cents, joined
from tasks.report import words

UNEXPLAINED = 4
#: From here on cents only hide the amount.
_WHOLE_FROM = 1000


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
    *,
    threshold: Threshold,
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
    billed = {each.key: each.billed for each in add_up(sums, "currency")}
    for each in add_up(unexplained, "currency"):
        if threshold.is_passed_by(each.size, billed[each.key]):
            return (
                f"{each.size:.2f} {each.key[0]} of differences have no known cause, above the limit"
                f" of {threshold.amount:.2f} and {threshold.share:.2%} of what was billed"
            )
    return ""


def consequence(sums: pl.DataFrame) -> str:
    """Say how much more or less Odoo would bill, and how much of it Odoo does not have at all.

    Lines that are settled count nothing: a subscription that has ended leaves no bill behind.

    Args:
        sums: The comparison, added up (``figures.condense``).

    Returns:
        A sentence without its full stop; empty where every line is settled.
    """
    unsettled = sums.filter(pl.col("wrong_side") != WrongSide.NONE.value)
    whole = add_up(unsettled)[0]
    if not whole.rows:
        return ""
    billed = {each.key: each.external for each in add_up(sums, "currency")}
    is_absent = pl.col("outcome") == LineOutcome.MISSING_IN_ODOO.value
    absent = {each.key: each.delta for each in add_up(unsettled.filter(is_absent), "currency")}
    moved = [each for each in add_up(unsettled, "currency") if each.delta]
    moved.sort(key=lambda each: (-abs(each.delta), each.key))
    if not moved:
        differ = "differs" if whole.rows == 1 else "differ"
        return f"{words.counted(whole.rows, 'line')} {differ}, and the sums are the same"
    told = joined([_apart(each.delta, billed[each.key], each.key[0]) for each in moved])
    largest, [currency] = moved[0].delta, moved[0].key
    lost = absent.get(moved[0].key, Decimal(0))
    if lost >= 0:
        return f"Odoo would bill {told}"
    share = "all of it" if lost == largest else f"{_amount(-lost, currency)} of what was billed"
    if largest < lost:
        share = f"{_amount(-lost, currency)} of it"
    return f"Odoo would bill {told}; {share} is not in Odoo at all"


def _apart(delta: Decimal, billed: Decimal, currency: str) -> str:
    share = f" ({float(abs(delta) / abs(billed)) * 100:.1f} %)" if billed else ""
    return f"{_amount(abs(delta), currency)}{share} {'more' if delta > 0 else 'less'}"


def _amount(amount: Decimal, currency: str) -> str:
    if amount >= _WHOLE_FROM:
        return f"{round(amount):,} {currency}"
    return cents(amount, currency)

"""Tax on both sides of a row whose amounts before tax agree."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from tasks.model.ledger import LineOutcome, WrongSide
from tasks.reconcile.match.match import Matching
from tasks.reconcile.match.sides import by_currency

_SIDES = ("odoo", "external", "expected")


def with_taxes(matching: Matching, limits: Mapping[str, int]) -> Matching:
    """Let rows differ whose tax differs by more than the tolerance of their amount.

    Args:
        matching: Ledgers, matched; of two the terms say nothing of the tax.
        limits: Tolerance of each currency, in millionths of its major unit.
    """
    wide = pl.concat(
        [
            matching.rows,
            *(
                matching.of_side(side, "tax_rate").select(
                    pl.col("tax_rate").cast(pl.Float64, strict=False).alias(f"{side}_rate")
                )
                for side in _SIDES
            ),
            matching.of_side("external", "micro", "currency"),
        ],
        how="horizontal",
        strict=True,
    )
    agrees = (pl.col("outcome") == LineOutcome.MATCH.value) & ~pl.col("stands_in")
    is_settled = pl.col("wrong_side") == WrongSide.NONE.value
    limit = by_currency(limits).cast(pl.Float64)
    is_other = agrees & is_settled & _is_other("odoo", "external", limit).fill_null(value=False)
    wrong = (
        pl.when(pl.col("expected_rate").is_null())
        .then(pl.lit(WrongSide.OPEN.value))
        .when(~_is_other("external", "expected", limit))
        .then(pl.lit(WrongSide.COPY.value))
        .when(~_is_other("odoo", "expected", limit))
        .then(pl.lit(WrongSide.BILLED.value))
        .otherwise(pl.lit(WrongSide.OPEN.value))
    )
    judged = wide.select(
        wrong_side=pl.when(is_other).then(wrong).otherwise("wrong_side"),
        told=pl.when(is_other).then(pl.lit(LineOutcome.DELTA.value)).otherwise("told"),
    )
    rows = matching.rows.with_columns(judged)
    return Matching(matching.odoo, matching.external, rows, matching.expected)


def _is_other(one: str, other: str, limit: pl.Expr) -> pl.Expr:
    """Say whether two rates give the amount another tax, beyond what rounding can do.

    Each side rounds, and some of them each of two taxes: that is twice the tolerance.
    """
    apart = (pl.col(f"{one}_rate") - pl.col(f"{other}_rate")).abs()
    return apart * pl.col("micro").abs() / 100 > 2 * limit

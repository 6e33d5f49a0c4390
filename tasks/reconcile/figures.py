"""What a comparison comes to: one kind of sum over its rows, by whatever one asks for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from tasks.model.ledger import MODELED, Cause, WrongSide

#: What rows can be summed by; amounts mean something within one ``currency`` only.
KEYS = (
    "service",
    "currency",
    "month",
    "family",
    "item",
    "outcome",
    "cause",
    "wrong_side",
    "external_origin",
)


@dataclass(frozen=True, slots=True)
class Sum:
    """Rows of a comparison added up; ``key`` holds their values of the columns asked for.

    ``matched`` rows are settled: they agree, or their subscription has ended as it was billed.
    Amounts are in the currency's major unit, before tax. ``delta`` is ``odoo`` less ``external``,
    of which ``tolerated`` stands in rows that agree. ``size`` adds up the differences of the
    other rows without their sign, so that a plus hides no minus; ``unexplained`` is the part
    without a cause. ``expected`` is what is due of ``expected_lines``, the others are not known.
    ``billed``, ``modeled``, ``found`` and ``agreed`` are sizes of external amounts: all, those of
    kinds that Odoo's plans speak of, those of them that Odoo has, and those that match.
    """

    key: tuple[str, ...]
    rows: int
    matched: int
    unexplained_rows: int
    external_lines: int
    odoo_lines: int
    expected_lines: int
    external: Decimal
    odoo: Decimal
    expected: Decimal
    delta: Decimal
    tolerated: Decimal
    size: Decimal
    unexplained: Decimal
    billed: Decimal
    modeled: Decimal
    found: Decimal
    agreed: Decimal

    @property
    def differing(self) -> int:
        """Rows that are not settled."""
        return self.rows - self.matched


_COUNTS = ("rows", "matched", "unexplained_rows", "external_lines", "odoo_lines", "expected_lines")
_AMOUNTS = (
    "external",
    "odoo",
    "expected",
    "delta",
    "tolerated",
    "size",
    "unexplained",
    "billed",
    "modeled",
    "found",
    "agreed",
)


def condense(lines: pl.DataFrame) -> pl.DataFrame:
    """Add rows of ``ledger.MATCHED_SCHEMA`` up by all of ``KEYS``, once for all sums."""
    is_settled = pl.col("wrong_side") == WrongSide.NONE
    agrees = pl.col("cause") == ""
    without_cause = pl.col("cause") == Cause.UNEXPLAINED
    modeled = pl.col("family").is_in(sorted(MODELED))
    delta, billed = pl.col("delta_micro"), pl.col("external_micro").abs()
    sums = {
        "rows": pl.len(),
        "matched": is_settled.sum(),
        "unexplained_rows": without_cause.sum(),
        "external_lines": pl.col("external_lines").sum(),
        "odoo_lines": pl.col("odoo_lines").sum(),
        "expected_lines": pl.col("expected_lines").sum(),
        "external": pl.col("external_micro").sum(),
        "odoo": pl.col("odoo_micro").sum(),
        "expected": pl.col("expected_micro").sum(),
        "delta": delta.sum(),
        "tolerated": delta.filter(agrees).sum(),
        "size": delta.filter(~agrees).abs().sum(),
        "unexplained": delta.filter(without_cause).abs().sum(),
        "billed": billed.sum(),
        "modeled": billed.filter(modeled).sum(),
        "found": billed.filter(modeled & pl.col("odoo_micro").is_not_null()).sum(),
        "agreed": billed.filter(agrees).sum(),
    }
    return lines.group_by(KEYS).agg(each.cast(pl.Int64).alias(name) for name, each in sums.items())


def condensed_again(sums: pl.DataFrame) -> pl.DataFrame:
    """Put together what ``condense`` gave of several parts."""
    return sums.group_by(KEYS).agg(pl.col(*_COUNTS, *_AMOUNTS).sum())


def add_up(condensed: pl.DataFrame, *keys: str) -> tuple[Sum, ...]:
    """Add up what ``condense`` gave by some of its keys, in their order.

    Without keys there is exactly one sum, also of no rows.
    """
    totals = [pl.col(name).sum() for name in (*_COUNTS, *_AMOUNTS)]
    grouped = condensed.group_by(keys).agg(totals).sort(keys) if keys else condensed.select(totals)
    return tuple(
        Sum(
            tuple(row[key] for key in keys),
            *(row[name] for name in _COUNTS),
            *(major(row[name]) for name in _AMOUNTS),
        )
        for row in grouped.iter_rows(named=True)
    )


def major(micro: int) -> Decimal:
    """Write millionths in the currency's major unit.

    >>> major(12_500_000), major(-10_000)
    (Decimal('12.500000'), Decimal('-0.010000'))
    """
    return Decimal(micro).scaleb(-6)

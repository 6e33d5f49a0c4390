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


_SETTLED = pl.col("wrong_side") == WrongSide.NONE
_AGREES = pl.col("cause") == ""
_WITHOUT_CAUSE = pl.col("cause") == Cause.UNEXPLAINED
_MODELED = pl.col("family").is_in(sorted(MODELED))
_DELTA, _BILLED = pl.col("delta_micro"), pl.col("external_micro").abs()
#: In the order of the fields of ``Sum``: so many counts, then amounts, in millionths.
_COUNTS = 6
_SUMS = {
    "rows": pl.len(),
    "matched": _SETTLED.sum(),
    "unexplained_rows": _WITHOUT_CAUSE.sum(),
    "external_lines": pl.col("external_lines").sum(),
    "odoo_lines": pl.col("odoo_lines").sum(),
    "expected_lines": pl.col("expected_lines").sum(),
    "external": pl.col("external_micro").sum(),
    "odoo": pl.col("odoo_micro").sum(),
    "expected": pl.col("expected_micro").sum(),
    "delta": _DELTA.sum(),
    "tolerated": _DELTA.filter(_AGREES).sum(),
    "size": _DELTA.filter(~_AGREES).abs().sum(),
    "unexplained": _DELTA.filter(_WITHOUT_CAUSE).abs().sum(),
    "billed": _BILLED.sum(),
    "modeled": _BILLED.filter(_MODELED).sum(),
    "found": _BILLED.filter(_MODELED & pl.col("odoo_micro").is_not_null()).sum(),
    "agreed": _BILLED.filter(_AGREES).sum(),
}


def condense(lines: pl.DataFrame) -> pl.DataFrame:
    """Add rows of ``ledger.MATCHED_SCHEMA`` up by all of ``KEYS``, once for all sums."""
    return lines.group_by(KEYS).agg(each.cast(pl.Int64).alias(name) for name, each in _SUMS.items())


def condensed_again(sums: pl.DataFrame) -> pl.DataFrame:
    """Put together what ``condense`` gave of several parts."""
    return sums.group_by(KEYS).agg(pl.col(*_SUMS).sum())


def add_up(condensed: pl.DataFrame, *keys: str) -> tuple[Sum, ...]:
    """Add up what ``condense`` gave by some of its keys, in their order.

    Without keys there is exactly one sum, also of no rows.
    """
    names = tuple(_SUMS)
    totals = pl.col(names).sum()
    grouped = condensed.group_by(keys).agg(totals).sort(keys) if keys else condensed.select(totals)
    return tuple(
        Sum(
            tuple(row[key] for key in keys),
            *(row[name] for name in names[:_COUNTS]),
            *(major(row[name]) for name in names[_COUNTS:]),
        )
        for row in grouped.iter_rows(named=True)
    )


def major(micro: int) -> Decimal:
    """Write millionths in the currency's major unit.

    >>> major(12_500_000), major(-10_000)
    (Decimal('12.500000'), Decimal('-0.010000'))
    """
    return Decimal(micro).scaleb(-6)

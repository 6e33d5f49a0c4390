"""Control totals: what was read is what was compared, to the millionth."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from tasks.model.errors import FatalError
from tasks.model.ledger import MICRO, micros


def require_footing(matched: pl.DataFrame, odoo: pl.DataFrame, external: pl.DataFrame) -> None:
    """Check that the comparison holds each line of both ledgers once, and all of its amount.

    Odoo's amounts are compared as an invoice would round them, so its lines are only counted.

    Raises:
        FatalError: It does not: a fault of this program, which no report may hide.
    """
    read = external.group_by("currency").agg(micros("amount").sum().alias("micro"))
    before = dict(read.iter_rows())
    after = dict(
        matched.filter(pl.col("external_micro").is_not_null())
        .group_by("currency")
        .agg(pl.col("external_micro").sum())
        .iter_rows()
    )
    counts = matched.select(pl.col("odoo_lines", "external_lines").sum()).row(0)
    if before != after or counts != (odoo.height, external.height):
        raise FatalError(
            f"The comparison does not foot: {odoo.height:,} and {external.height:,} lines were"
            f" read, {counts[0]:,} and {counts[1]:,} compared. Report this as a bug."
        )


def side_totals(lines: pl.DataFrame, side: str) -> dict[str, Decimal]:
    """Add up one side (``odoo`` or ``external``) of a comparison by currency."""
    held = lines.filter(pl.col(f"{side}_micro").is_not_null())
    sums = held.group_by("currency").agg(pl.col(f"{side}_micro").sum()).sort("currency")
    return {currency: Decimal(micro) / MICRO for currency, micro in sums.iter_rows()}

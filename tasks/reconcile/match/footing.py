"""Control totals: what was read is what was compared, to the millionth."""

from __future__ import annotations

import polars as pl

from tasks.model.errors import FatalError
from tasks.model.ledger import micros


def require_footing(
    matched: pl.DataFrame, odoo: pl.DataFrame, external: pl.DataFrame, expected: pl.DataFrame
) -> None:
    """Check that the comparison holds each line of all ledgers once, and all of its amount.

    Odoo's amounts and those of the terms are compared as an invoice would round them, so their
    lines are only counted.

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
    counted = ("odoo_lines", "external_lines", "expected_lines")
    counts = matched.select(pl.col(counted).sum()).row(0)
    read_lines = tuple(ledger.height for ledger in (odoo, external, expected))
    if before != after or counts != read_lines:
        told = (" and ".join(f"{count:,}" for count in each) for each in (read_lines, counts))
        raise FatalError(
            "The comparison does not foot: {} lines were read, {} compared. Report this as a"
            " bug.".format(*told)
        )

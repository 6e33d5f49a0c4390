"""Control totals: what was read is what was compared, to the millionth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from tasks.model.errors import FatalError
from tasks.model.ledger import micros


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: lines of Odoo, of the other side and of the terms, and the other's sums.

    ``billed`` is in millionths of each currency's major unit.
    """

    lines: tuple[int, int, int]
    billed: Mapping[str, int]


def read_of(odoo: pl.DataFrame, external: pl.DataFrame, expected: pl.DataFrame) -> Read:
    """Count ledgers and add them up."""
    sums = external.group_by("currency").agg(micros("amount").sum().alias("micro"))
    return Read((odoo.height, external.height, expected.height), dict(sums.iter_rows()))


def require_footing(matched: pl.DataFrame, read: Read) -> None:
    """Check that the comparison holds each line of all ledgers once, and all of its amount.

    Odoo's amounts and those of the terms are compared as an invoice would round them, so their
    lines are only counted.

    Raises:
        FatalError: It does not: a fault of this program, which no report may hide.
    """
    after = dict(
        matched.filter(pl.col("external_micro").is_not_null())
        .group_by("currency")
        .agg(pl.col("external_micro").sum())
        .iter_rows()
    )
    counts = matched.select(pl.col("odoo_lines", "external_lines", "expected_lines").sum()).row(0)
    if read.billed != after or counts != read.lines:
        told = (" and ".join(f"{count:,}" for count in each) for each in (read.lines, counts))
        raise FatalError(
            "The comparison does not foot: {} lines were read, {} compared. Report this as a"
            " bug.".format(*told)
        )

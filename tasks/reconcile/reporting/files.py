"""The tables of a reconciliation: every line with its three amounts, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import polars as pl

from tasks.model.ledger import MATCHED_SCHEMA, MICRO
from tasks.reconcile.reporting.figures import file_stem
from tasks.report.files import FORMULA_START, NEGATIVE_NUMBER, taking_place

LINE_COLUMNS = (
    "service",
    "customer",
    "subscription",
    "item",
    "family",
    "month",
    "period_start",
    "period_end",
    "currency",
    "outcome",
    "cause",
    "wrong_side",
    "external_amount",
    "expected_amount",
    "odoo_amount",
    "difference",
    "evidence",
    "external_units",
    "odoo_units",
    "external_ref",
    "odoo_ref",
    "external_origin",
    "external_lines",
    "odoo_lines",
    "expected_lines",
    "tax_rate",
    "odoo_tax_rate",
)
PARTS = "lines"
"""Folder of the files by cause."""

_AMOUNTS = ("external", "expected", "odoo", "delta")
_OUTCOME_KEYS = ("service", "currency", "month", "outcome", "cause", "wrong_side")
_AT_ONCE = 50_000


def write_causes(pages: Iterable[pl.DataFrame], folder: Path) -> None:
    """Write a file for each cause, with its largest difference first.

    Files of causes that a former run of this folder had are taken away.

    Args:
        pages: Lines that differ, by cause (``sorting.by_cause``).
        folder: Where the files belong.
    """
    folder.mkdir(exist_ok=True)
    written = set()
    parts = (
        (str(cause), rows)
        for page in pages
        for (cause,), rows in page.group_by(["cause"], maintain_order=True)
    )
    for cause, some in groupby(parts, key=itemgetter(0)):
        name = f"{file_stem(cause)}.csv"
        write_lines(map(itemgetter(1), some), folder / name)
        written.add(name)
    for path in folder.glob("*.csv"):
        if path.name not in written:
            path.unlink()


def write_outcomes(sums: pl.DataFrame, path: Path) -> None:
    """Count the lines and add them up by service, currency, month, outcome and cause.

    Args:
        sums: All of them (``figures.condense``).
        path: Where the file belongs.
    """
    sums = sums.group_by(_OUTCOME_KEYS).agg(
        pl.col("rows").sum().alias("lines"),
        *(pl.col(name).sum().alias(f"{name}_micro") for name in _AMOUNTS),
        pl.col("external_lines", "odoo_lines", "expected_lines").sum(),
    )
    told = sums.sort(_OUTCOME_KEYS).select(
        *(inert_text(name) for name in _OUTCOME_KEYS),
        *("lines", "external_lines", "odoo_lines", "expected_lines"),
        *_amount_texts(),
    )
    with taking_place(path) as temporary:
        told.write_csv(temporary)


def readable(lines: pl.DataFrame) -> pl.DataFrame:
    """Write amounts in the major unit, moments as ISO 8601 and text that runs no formula."""
    return lines.with_columns(
        *_amount_texts(),
        pl.col("period_start", "period_end").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    ).select(
        inert_text(name) if lines.schema.get(name) == pl.String else pl.col(name)
        for name in LINE_COLUMNS
    )


def _amount_texts() -> list[pl.Expr]:
    """Write the three amounts and their difference, under their names in the files."""
    named = {f"{side}_micro": f"{side}_amount" for side in _AMOUNTS[:-1]}
    named["delta_micro"] = "difference"
    return [amount_text(micro).alias(name) for micro, name in named.items()]


def amount_text(micro: str) -> pl.Expr:
    """Write a column of millionths as plain digits with at least two decimals."""
    size = pl.col(micro).abs()
    decimals = (size % MICRO).cast(pl.String).str.zfill(6).str.replace("0{1,4}$", "")
    sign = pl.when(pl.col(micro) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return sign + (size // MICRO).cast(pl.String) + "." + decimals


def inert_text(column: str) -> pl.Expr:
    """Make a column text that no spreadsheet runs as a formula, as ``inert`` does a cell."""
    text = pl.col(column)
    runs = text.str.contains(FORMULA_START) & ~text.str.contains(f"^{NEGATIVE_NUMBER}$")
    return pl.when(runs).then("'" + text).otherwise(text).alias(column)


def write_lines(pages: Iterable[pl.DataFrame], path: Path) -> None:
    """Write pages of lines one after the other."""
    nothing = pl.DataFrame(schema=MATCHED_SCHEMA)
    with taking_place(path) as temporary, temporary.open("xb") as stream:
        readable(nothing).write_csv(stream)
        for page in pages:
            for part in page.iter_slices(_AT_ONCE):
                readable(part).write_csv(stream, include_header=False)

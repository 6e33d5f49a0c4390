"""The comparison as a frame: every line of the ledgers with its outcome, cause and evidence.

Control totals hold it against what was read, to the millionth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.errors import FatalError
from tasks.model.ledger import MATCHED_SCHEMA, micros
from tasks.reconcile.match.match import Matching
from tasks.reconcile.match.sides import NAMES, family_of

_COMMON = (*NAMES, "period_start", "period_end", "currency")
_SIDES = ("odoo", "external", "expected")
#: So many rows are put together at a time: all at once would need three times the frame's memory.
_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a line differs; ``evidence`` is a sentence that shows it."""

    cause: str
    evidence: str


def matched_frame(
    matching: Matching, explanations: Mapping[int, Explanation], zone: ZoneInfo
) -> pl.DataFrame:
    """Put a matching and its explanations into a frame of ``MATCHED_SCHEMA``.

    Args:
        matching: The ledgers, matched.
        explanations: Of each row that does not match, by its position.
        zone: The company's time zone, which decides in what month a period starts.
    """
    rows = pl.concat(
        [matching.rows.with_row_index("at"), _causes(matching.rows.height, explanations)],
        how="horizontal",
        strict=True,
    )
    slices = list(rows.iter_slices(_ROWS_AT_ONCE)) or [rows]
    return pl.concat(_lines(matching, some, zone) for some in slices)


def _lines(matching: Matching, rows: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    odoo, external = (matching.of_side(side, *_COMMON, rows=rows) for side in ("odoo", "external"))
    ours, due = _ours_and_due(matching, rows)
    theirs = matching.of_side(
        "external", "micro", "units", "ref", "lines", "origin", "tax_rate", "currency", rows=rows
    )
    frame = pl.concat(
        [
            pl.select(pl.coalesce(odoo[name], external[name]).alias(name) for name in _COMMON),
            rows.select("at", "cause", "evidence", "wrong_side", outcome="told"),
            ours.select(pl.all().name.prefix("odoo_")),
            due.select(pl.all().name.prefix("expected_")),
            theirs.select(pl.all().name.prefix("external_")),
            external.select(pl.col("period_start", "period_end").name.prefix("external_")),
        ],
        how="horizontal",
        strict=True,
    ).rename({"odoo_terms": "terms", "external_tax_rate": "tax_rate"})
    frame = _split_currencies(frame).with_columns(
        pl.col("odoo_lines", "external_lines", "expected_lines").fill_null(0),
        pl.col(
            "odoo_units", "external_units", "odoo_ref", "external_ref", "external_origin", "terms"
        ).fill_null(""),
        family=family_of(),
        delta_micro=pl.col("odoo_micro").fill_null(0) - pl.col("external_micro").fill_null(0),
        month=pl.col("period_start").dt.convert_time_zone(zone.key).dt.strftime("%Y-%m"),
    )
    return frame.select(pl.col(name).cast(dtype) for name, dtype in MATCHED_SCHEMA.items())


def _ours_and_due(matching: Matching, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tell Odoo's columns and those of the terms apart, where the terms stand in for Odoo."""
    ours = matching.of_side(
        "odoo", "micro", "units", "ref", "lines", "tax_rate", "terms", "currency", rows=rows
    )
    due = matching.of_side("expected", "micro", "lines", "currency", rows=rows)
    stands_in = rows["stands_in"]
    if not stands_in.any():
        return ours, due
    instead = pl.when(stands_in)
    return (
        ours.select(instead.then(None).otherwise(pl.all()).name.keep()),
        due.select(
            instead.then(ours[name]).otherwise(pl.col(name)).alias(name) for name in due.columns
        ),
    )


def _causes(rows: int, explanations: Mapping[int, Explanation]) -> pl.DataFrame:
    at = pl.Series(list(explanations), dtype=pl.UInt32)
    texts = {
        "cause": [each.cause for each in explanations.values()],
        "evidence": [each.evidence for each in explanations.values()],
    }
    return pl.DataFrame(
        {
            name: pl.repeat("", rows, eager=True, dtype=pl.String).scatter(
                at, pl.Series(values, dtype=pl.String)
            )
            if values
            else pl.repeat("", rows, eager=True, dtype=pl.String)
            for name, values in texts.items()
        }
    )


def _split_currencies(frame: pl.DataFrame) -> pl.DataFrame:
    """Make a row of each currency of lines in several, so that each side foots in each currency."""
    codes = [f"{side}_currency" for side in _SIDES]
    told = pl.concat_list(codes).list.drop_nulls().list.unique(maintain_order=True)
    several = told.list.len() > 1
    if not frame.select(several.any()).item():
        return frame
    one, more = frame.filter(~several), frame.filter(several)
    split = more.with_columns(currency=told).explode("currency", empty_as_null=True)
    kept = [
        pl.when(pl.col(f"{side}_currency") == pl.col("currency"))
        .then(f"{side}_{name}")
        .alias(f"{side}_{name}")
        for side in _SIDES
        for name in ("micro", "lines")
    ]
    return pl.concat([one, split.with_columns(kept)]).sort("at", maintain_order=True)


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

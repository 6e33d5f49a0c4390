"""The comparison as a frame: every line of both ledgers with its outcome, cause and evidence."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import MATCHED_SCHEMA, Cause, LineOutcome, WrongSide
from tasks.reconcile.causes.unmatched import Explanation
from tasks.reconcile.match.match import Matching
from tasks.reconcile.match.sides import NAMES, family_of

_COMMON = (*NAMES, "period_start", "period_end", "currency")
_OWN = ("micro", "units", "ref", "lines", "currency", "period_start", "period_end")


def matched_frame(
    matching: Matching, explanations: Mapping[int, Explanation], zone: ZoneInfo
) -> pl.DataFrame:
    """Put a matching and its explanations into a frame of ``MATCHED_SCHEMA``.

    Args:
        matching: Two ledgers, matched.
        explanations: Of each row that does not match, by its position.
        zone: The company's time zone, which decides in what month a period starts.
    """
    odoo, external = (matching.of_side(side, *_COMMON) for side in ("odoo", "external"))
    ours = matching.of_side("odoo", "micro", "units", "ref", "lines", "tax_rate", "terms")
    theirs = matching.of_side(
        "external", "micro", "units", "ref", "lines", "origin", "tax_rate", "currency"
    )
    frame = pl.concat(
        [
            pl.select(pl.coalesce(odoo[name], external[name]).alias(name) for name in _COMMON),
            matching.rows.select("outcome", "delta_micro"),
            _causes(matching.rows.height, explanations),
            ours.select(pl.all().name.prefix("odoo_")),
            theirs.select(pl.all().name.prefix("external_")),
            external.select(pl.col("period_start", "period_end").name.prefix("external_")),
        ],
        how="horizontal",
        strict=True,
    ).rename({"odoo_terms": "terms", "external_tax_rate": "tax_rate"})
    frame = _split_currencies(frame).with_columns(
        pl.col("odoo_lines", "external_lines").fill_null(0),
        pl.col(
            "odoo_units", "external_units", "odoo_ref", "external_ref", "external_origin", "terms"
        ).fill_null(""),
        family=family_of(),
        expected_micro=pl.lit(None, pl.Int64),
        expected_lines=pl.lit(0, pl.Int64),
        wrong_side=pl.when(pl.col("outcome") == LineOutcome.MATCH.value)
        .then(pl.lit(WrongSide.NONE.value))
        .otherwise(pl.lit(WrongSide.OPEN.value)),
        month=pl.col("period_start").dt.convert_time_zone(zone.key).dt.strftime("%Y-%m"),
    )
    return frame.select(pl.col(name).cast(dtype) for name, dtype in MATCHED_SCHEMA.items())


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
    """Make two rows of a pair in two currencies, so that each side foots in each currency."""
    is_two = (
        (pl.col("cause") == Cause.CURRENCY.value)
        & pl.col("odoo_micro").is_not_null()
        & pl.col("external_micro").is_not_null()
    )
    if not frame.select(is_two.any()).item():
        return frame
    return (
        frame.with_columns(side=pl.when(is_two).then(pl.lit(["odoo", "external"])))
        .explode("side", empty_as_null=True)
        .with_columns(
            currency=_of("external", "external_currency", "currency"),
            odoo_micro=_of("external", None, "odoo_micro"),
            odoo_lines=_of("external", None, "odoo_lines"),
            external_micro=_of("odoo", None, "external_micro"),
            external_lines=_of("odoo", None, "external_lines"),
        )
        .with_columns(
            delta_micro=pl.col("odoo_micro").fill_null(0) - pl.col("external_micro").fill_null(0)
        )
        .drop("side")
    )


def _of(side: str, name: str | None, otherwise: str) -> pl.Expr:
    value = pl.lit(None) if name is None else pl.col(name)
    return pl.when(pl.col("side") == side).then(value).otherwise(otherwise)

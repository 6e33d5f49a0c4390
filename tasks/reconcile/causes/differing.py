"""Which lines need a cause, and of which the usage is needed to find it."""

from __future__ import annotations

import polars as pl

from tasks.model.ledger import MOMENT, USAGE, LineOutcome, WrongSide
from tasks.reconcile.match.match import Matching
from tasks.reconcile.match.sides import NAMES

#: Usage around the lines that differ, as finely as it is known.
EVIDENCE_SCHEMA: dict[str, pl.DataType] = {
    "service": pl.String(),
    "subscription": pl.String(),
    "item": pl.String(),
    "period_start": MOMENT,
    "period_end": MOMENT,
    "units": pl.String(),
}
SIDES = ("odoo", "external")
_OF_SIDE = (
    "micro", "exact", "currency", "period_start", "period_end", "units", "ref", "lines", "terms",
    "tax_rate",
)  # fmt: skip


def differing(matching: Matching) -> pl.DataFrame:
    """Return the rows that need a cause, with the sides' columns; ``at`` is their position.

    ``is_repeated``: another row has the same names and begins on the same day.
    """
    numbered = matching.rows.with_row_index("at")
    rows = numbered.filter(
        (pl.col("told") != LineOutcome.MATCH.value) | (pl.col("wrong_side") != WrongSide.NONE.value)
    )
    sides = {side: matching.of_side(side, *NAMES, "day", *_OF_SIDE, rows=rows) for side in SIDES}
    keys = (*NAMES, "day")
    named = pl.select(pl.coalesce(*(sides[side][key] for side in SIDES)).alias(key) for key in keys)
    lonely = rows.height and rows.select(pl.any_horizontal(pl.col(SIDES).is_null()).any()).item()
    repeated = _repeated_days(matching) if lonely else None
    wide = pl.concat(
        [
            rows,
            named,
            *(
                frame.select(pl.col(_OF_SIDE).name.prefix(f"{side}_"))
                for side, frame in sides.items()
            ),
            matching.of_side("expected", "micro", "units", "currency", rows=rows).select(
                pl.all().name.prefix("expected_")
            ),
        ],
        how="horizontal",
        strict=True,
    )
    if repeated is None or not repeated.height:
        return wide.with_columns(is_repeated=pl.lit(value=False))
    return wide.join(
        repeated.with_columns(is_repeated=pl.lit(value=True)),
        on=keys,
        how="left",
        maintain_order="left",
    ).with_columns(pl.col("is_repeated").fill_null(value=False))


def evidence_needed(matching: Matching) -> pl.DataFrame:
    """Tell of which usage the rows are needed: service, subscription, item, since and until.

    Only of lines that both sides have, and whose units differ or are not told.
    """
    rows = differing(matching)
    ours, theirs = (pl.col(f"{side}_units").cast(pl.Float64, strict=False) for side in SIDES)
    starts, ends = (
        [pl.col(f"{side}_{edge}") for side in SIDES] for edge in ("period_start", "period_end")
    )
    return rows.filter(
        pl.col("item").str.starts_with(USAGE),
        pl.col("outcome") == LineOutcome.DELTA.value,
        (ours - theirs).abs().fill_null(1) > 0,
    ).select(
        "service",
        "subscription",
        "item",
        since=pl.min_horizontal(starts),
        until=pl.max_horizontal(ends),
    )


def _repeated_days(matching: Matching) -> pl.DataFrame:
    """Return the names and days of pools of which the other lines were taken out."""
    keys = (*NAMES, "day", "currency")
    found = [
        pool.select(keys).filter(pool["hash_1"].is_duplicated()).unique()
        for pool in (matching.odoo, matching.external)
    ]
    return pl.concat(found).select(keys[:-1]).unique()

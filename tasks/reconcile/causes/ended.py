"""Lines of subscriptions that ended and were billed as their terms say: many, and all alike."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import Cause, LineOutcome, WrongSide
from tasks.reconcile.causes.unmatched import Explanation
from tasks.reconcile.source import Source


def closed_rows(differing: pl.DataFrame) -> pl.Series:
    """Tell of each row whether it is settled because its subscription has ended."""
    return differing.select(
        pl.col("stands_in")
        & (pl.col("outcome") == LineOutcome.MATCH.value)
        & (pl.col("wrong_side") == WrongSide.NONE.value)
    ).to_series()


def ended_before_copy(
    closed: pl.DataFrame, source: Source, zone: ZoneInfo
) -> dict[int, Explanation]:
    """Explain such rows, by their position; without a loop over their many columns."""
    keys = ["service", "subscription"]
    ended = source.subscriptions.select(*keys, "ended_at")
    told = (
        closed.select("at", *keys)
        .join(ended, on=keys, how="left")
        .select(
            "at",
            evidence=pl.format(
                "Subscription {} ended on {}, before the copy: Odoo has no order of it, and it was"
                " billed as its terms say.",
                "subscription",
                pl.col("ended_at").dt.convert_time_zone(zone.key).dt.strftime("%Y-%m-%d"),
            ),
        )
    )
    return {at: Explanation(Cause.ENDED_BEFORE_COPY, evidence) for at, evidence in told.iter_rows()}

"""Lines of what is over and was billed as its terms say: many, and all alike."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import Cause, LineOutcome, WrongSide
from tasks.reconcile.causes.unmatched import Explanation
from tasks.reconcile.source import Source


def closed_rows(differing: pl.DataFrame) -> pl.Series:
    """Tell of each row whether it is settled because it is of something that is over."""
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
    return {
        at: Explanation(Cause.ENDED_BEFORE_COPY, evidence) if evidence else _GIVEN_BACK
        for at, evidence in told.iter_rows()
    }


_GIVEN_BACK = Explanation(
    Cause.CREDIT, "It was given back once, as the terms say: no order has it any more."
)

"""Prices that were due last, of each subscription one, where they begin in no compared month.

A month's ledgers have the prices that begin in it. Who pays by the quarter or the year is compared
by the price of the period that runs (in arrears: of the last that is over), wherever it began and
its invoice lies: with every month once, and apart from it, so that the month's sums stay its own.
Who pays by the month was billed since the compared months: the latest of these bills, if there is
one, says what is agreed now, and is compared in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction

import polars as pl

from tasks.model.ledger import (
    FLAT,
    LEDGER_SCHEMA,
    MATCHED_SCHEMA,
    MOMENT,
    LedgerLine,
    WrongSide,
    ledger_frame,
)
from tasks.reconcile.source import LEFT_OUT_SCHEMA
from tasks.reconcile.window import ReconcileWindow

#: What recurs with a period, and what may be said of its invoice as a whole.
_IS_PRICE = "^(flat$|(addon|fixed|discount|other):)"
#: Periods of the two sides begin on the same day, or some days apart.
NEAR = timedelta(days=3)
_DAY = timedelta(days=1)
#: Periods of a month are shorter than this, longer ones are not.
_MONTHLY = timedelta(days=45)
SUBSCRIPTION = ("service", "subscription")
#: One row for each subscription: the period whose price is compared.
SPANS_SCHEMA: dict[str, pl.DataType] = {
    "service": pl.String(),
    "subscription": pl.String(),
    "since": MOMENT,
    "until": MOMENT,
}
#: One row for each price that was compared, also with the months' own lines: of whom, and the
#: first moment of its period.
PERIODS_SCHEMA: dict[str, pl.DataType] = {
    "service": pl.String(),
    "customer": pl.String(),
    "currency": pl.String(),
    "subscription": pl.String(),
    "period_start": MOMENT,
    "is_apart": pl.Boolean(),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """How a plan that was changed within its period was billed: by the days that were left.

    ``billed`` and ``expected`` are the lines of the new plan's rest, ``share`` is which part of
    the new price that is.
    """

    billed: LedgerLine
    expected: LedgerLine
    share: Fraction


@dataclass(frozen=True, slots=True)
class LongSide:
    """What a source billed and what it says is due for long periods.

    Attributes:
        billed: Lines of ``LEDGER_SCHEMA``.
        expected: The same of what is due by the terms.
        left_out: What the terms cannot price: ``LEFT_OUT_SCHEMA``.
        changed: By subscription, where the plan was changed in place.
        beyond: Prices that were billed beyond the period that a subscription's row names.
    """

    billed: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LEDGER_SCHEMA))
    expected: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LEDGER_SCHEMA))
    left_out: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LEFT_OUT_SCHEMA))
    changed: Mapping[str, Changed] = field(default_factory=dict)
    beyond: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LEDGER_SCHEMA))


@dataclass(frozen=True, slots=True)
class LongPeriods:
    """Long periods, compared.

    ``lines`` are of ``MATCHED_SCHEMA``, ``periods`` of ``PERIODS_SCHEMA``.
    """

    lines: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MATCHED_SCHEMA))
    periods: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PERIODS_SCHEMA))

    @property
    def unsettled(self) -> int:
        """How many prices are not as they should be, on whichever side."""
        return self.lines.filter(pl.col("wrong_side") != WrongSide.NONE.value).height


def apart_from(odoo: pl.DataFrame, window: ReconcileWindow) -> pl.DataFrame:
    """Leave out whose period begins in the window: it is among the months' own lines.

    Args:
        odoo: Odoo's prices of long periods, one period of each subscription.
        window: The compared months.
    """
    own = odoo.filter(is_flat(), begins_in(window)).select(SUBSCRIPTION)
    return odoo.join(own, on=SUBSCRIPTION, how="anti", maintain_order="left")


def spans_of(odoo: pl.DataFrame) -> pl.DataFrame:
    """Return the period of each subscription: ``SPANS_SCHEMA``."""
    return (
        odoo.filter(is_flat())
        .group_by(SUBSCRIPTION)
        .agg(since=pl.col("period_start").min(), until=pl.col("period_end").max())
        .select(*SPANS_SCHEMA)
        .sort(SUBSCRIPTION)
    )


def by_length(spans: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the periods of a month from longer ones; what is due is worked out for each apart."""
    is_monthly = (pl.col("until") - pl.col("since")) < _MONTHLY
    return spans.filter(is_monthly), spans.filter(~is_monthly)


def bounds_of(spans: pl.DataFrame) -> tuple[datetime, datetime]:
    """Return between which moments the periods begin, on whichever side."""
    half = (pl.col("until") - pl.col("since")) / 2
    first, last = (pl.col("since") - half).min(), (pl.col("since") + half).max()
    since, until = spans.select(first.alias("first"), last.alias("last")).row(0)
    return since - _DAY, until + _DAY


def of_spans(ledger: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Keep the prices of these periods: what begins with one, and a price for most of its time.

    Args:
        ledger: Lines of ``LEDGER_SCHEMA``.
        spans: See ``spans_of``.
    """
    overlap = pl.min_horizontal("period_end", "until") - pl.max_horizontal("period_start", "since")
    is_near = (pl.col("period_start") - pl.col("since")).abs() <= NEAR
    is_most = is_flat() & (overlap * 2 > pl.col("until") - pl.col("since"))
    return (
        ledger.filter(pl.col("item").str.contains(_IS_PRICE))
        .join(spans, on=SUBSCRIPTION, how="inner", maintain_order="left")
        .filter(is_near | is_most)
        .select(*LEDGER_SCHEMA)
    )


def subscriptions_of(odoo: pl.DataFrame, sides: Sequence[LongSide]) -> pl.DataFrame:
    """Name the subscriptions, with their services, of all such lines."""
    lines = [odoo, *(ledger for side in sides for ledger in (side.billed, side.expected))]
    return pl.concat(each.select(SUBSCRIPTION) for each in lines).unique()


def with_billed(side: LongSide, billed: pl.DataFrame) -> LongSide:
    """Add what was billed; of a plan that was changed in place the rest of the new one counts."""
    was_changed = is_flat() & pl.col("subscription").is_in(list(side.changed))
    rests = ledger_frame(each.billed for each in side.changed.values())
    return replace(side, billed=pl.concat([billed.filter(~was_changed), rests]))


def is_flat() -> pl.Expr:
    """Whether a line is a plan's price."""
    return pl.col("item") == FLAT


def begins_in(window: ReconcileWindow) -> pl.Expr:
    """Whether a line's period begins in the compared months."""
    return pl.col("period_start").is_between(window.since, window.until, "left")

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
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import (
    LEDGER_SCHEMA,
    MATCHED_SCHEMA,
    MOMENT,
    Cause,
    LedgerLine,
    LineOutcome,
    WrongSide,
    ledger_frame,
)
from tasks.model.money import decimal_text
from tasks.reconcile.compare import compare
from tasks.reconcile.match.matched import read_of, require_footing
from tasks.reconcile.source import LEFT_OUT_SCHEMA, Source
from tasks.reconcile.window import ReconcileWindow

FLAT = "flat"
#: What was billed beyond the period that the subscription's row names.
BEYOND = "other:billed beyond its period"
#: What recurs with a period, and what may be said of its invoice as a whole.
_IS_PRICE = "^(flat$|(addon|fixed|discount|other):)"
#: Periods of the two sides begin on the same day, or some days apart.
NEAR = timedelta(days=3)
_DAY = timedelta(days=1)
#: Periods of a month are shorter than this, longer ones are not.
_MONTHLY = timedelta(days=45)
_SUBSCRIPTION = ("service", "subscription")
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
    own = odoo.filter(_is_flat(), _begins_in(window)).select(_SUBSCRIPTION)
    return odoo.join(own, on=_SUBSCRIPTION, how="anti", maintain_order="left")


def spans_of(odoo: pl.DataFrame) -> pl.DataFrame:
    """Return the period of each subscription: ``SPANS_SCHEMA``."""
    return (
        odoo.filter(_is_flat())
        .group_by(_SUBSCRIPTION)
        .agg(since=pl.col("period_start").min(), until=pl.col("period_end").max())
        .select(*SPANS_SCHEMA)
        .sort(_SUBSCRIPTION)
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
    is_most = _is_flat() & (overlap * 2 > pl.col("until") - pl.col("since"))
    return (
        ledger.filter(pl.col("item").str.contains(_IS_PRICE))
        .join(spans, on=_SUBSCRIPTION, how="inner", maintain_order="left")
        .filter(is_near | is_most)
        .select(*LEDGER_SCHEMA)
    )


def subscriptions_of(odoo: pl.DataFrame, sides: Sequence[LongSide]) -> pl.DataFrame:
    """Name the subscriptions, with their services, of all such lines."""
    lines = [odoo, *(ledger for side in sides for ledger in (side.billed, side.expected))]
    return pl.concat(each.select(_SUBSCRIPTION) for each in lines).unique()


def with_billed(side: LongSide, billed: pl.DataFrame) -> LongSide:
    """Add what was billed; of a plan that was changed in place the rest of the new one counts."""
    was_changed = _is_flat() & pl.col("subscription").is_in(list(side.changed))
    rests = ledger_frame(each.billed for each in side.changed.values())
    return replace(side, billed=pl.concat([billed.filter(~was_changed), rests]))


def compare_long_periods(
    odoo: pl.DataFrame,
    sides: Sequence[LongSide],
    *,
    source: Source,
    window: ReconcileWindow,
    zone: ZoneInfo,
) -> LongPeriods:
    """Match and explain the prices of long periods, as a month's lines are.

    Args:
        odoo: Odoo's prices, one period of each subscription in shadow that is paid so.
        sides: What the sources billed, and what is due.
        source: What is known of subscriptions and customers.
        window: The compared months: what begins in them is told, and compared with them.
        zone: The company's time zone.

    Raises:
        FatalError: An amount is no number, or the comparison does not foot.
    """
    billed = pl.concat([odoo.clear(), *(each.billed for each in sides)])
    odoo = _with_bill(odoo, billed, window)
    apart = apart_from(odoo, window)
    spoken = apart.select(_SUBSCRIPTION).unique()
    changed = {key: one for side in sides for key, one in side.changed.items()}
    ours = _with_rests(apart, changed)
    billed = billed.join(spoken, on=_SUBSCRIPTION, how="semi", maintain_order="left")
    due = pl.concat([ours.clear(), *(each.expected for each in sides)])
    due = due.join(spoken, on=_SUBSCRIPTION, how="semi", maintain_order="left")
    # Terms in a currency in which nobody bills are a fault of their row, and say nothing.
    spent = pl.concat([ours["currency"], billed["currency"]]).unique().implode()
    expected = due.filter(pl.col("currency").is_in(spent))
    told = replace(
        source,
        expected=expected,
        left_out=pl.concat([source.left_out.clear(), *(each.left_out for each in sides)]),
    )
    lines = compare(ours, billed, zone, source=told)
    require_footing(lines, read_of(ours, billed, expected))
    again = _billed_again(pl.concat([ours.clear(), *(each.beyond for each in sides)]), source, zone)
    return LongPeriods(
        pl.concat([_named(lines), again]),
        pl.concat([_periods(odoo, apart, lines), _told(again)]).unique().sort(list(PERIODS_SCHEMA)),
    )


def _with_bill(odoo: pl.DataFrame, billed: pl.DataFrame, window: ReconcileWindow) -> pl.DataFrame:
    """Leave out who pays by the month and has no bill since the compared months, which tell."""
    told = billed.filter(_is_flat()).select(_SUBSCRIPTION).unique()
    short, _longer = by_length(spans_of(apart_from(odoo, window)))
    silent = short.join(told, on=_SUBSCRIPTION, how="anti")
    return odoo.join(silent, on=_SUBSCRIPTION, how="anti", maintain_order="left")


def _billed_again(beyond: pl.DataFrame, source: Source, zone: ZoneInfo) -> pl.DataFrame:
    """Say of what was billed beyond a row's period that Odoo, which goes by the row, would too."""
    lines = compare(beyond.clear(), beyond, zone, source=replace(source, expected=beyond.clear()))
    require_footing(lines, read_of(beyond.clear(), beyond, beyond.clear()))
    return lines.with_columns(
        cause=pl.lit(Cause.BILLED_TWICE.value),
        wrong_side=pl.lit(WrongSide.COPY.value),
        evidence=pl.lit(
            "Billed already, for a period that begins where the subscription's row says that its"
            " period ends, or later: Odoo would bill it again. Correct the row in the source."
        ),
    )


def rest_of(changed: Changed, flat: LedgerLine) -> LedgerLine:
    """Give the part of a price that is due for the days that were left at a change of plan."""
    amount = Decimal(flat.amount) * changed.share.numerator / changed.share.denominator
    return flat._replace(
        period_start=changed.expected.period_start,
        period_end=changed.expected.period_end,
        amount=decimal_text(round(amount, 6)),
    )


def _with_rests(odoo: pl.DataFrame, changed: Mapping[str, Changed]) -> pl.DataFrame:
    is_changed = _is_flat() & pl.col("subscription").is_in(list(changed))
    rests = [
        rest_of(changed[row[2]], LedgerLine(*row)) for row in odoo.filter(is_changed).iter_rows()
    ]
    return pl.concat([odoo.filter(~is_changed), ledger_frame(rests)]) if rests else odoo


def _named(lines: pl.DataFrame) -> pl.DataFrame:
    """Say of a price that nothing compares that it is not compared: a person decides about it."""
    is_unbilled = (
        pl.col("external_micro").is_null()
        & (pl.col("odoo_micro").fill_null(0) != 0)
        & (pl.col("cause") == Cause.UNEXPLAINED.value)
    )
    # What was billed is that of the plan before: of the present one nothing was.
    is_of_before = (
        (pl.col("outcome") == LineOutcome.DELTA.value)
        & (pl.col("wrong_side") == WrongSide.NONE.value)
        & (pl.col("item") == FLAT)
    )
    unbilled = "No bill of this price was found for the period that was due last."
    before = "The plan was changed since its period was billed."
    named = {
        "cause": pl.lit(Cause.PRICE_NOT_COMPARED.value),
        "wrong_side": pl.lit(WrongSide.OPEN.value),
        "evidence": pl.when(is_unbilled).then(pl.lit(unbilled)).otherwise(pl.lit(before)),
    }
    is_not_compared = is_unbilled | is_of_before
    return lines.with_columns(
        pl.when(is_not_compared).then(said).otherwise(name).alias(name)
        for name, said in named.items()
    )


def _periods(odoo: pl.DataFrame, apart: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    own = odoo.join(apart.select(_SUBSCRIPTION).unique(), on=_SUBSCRIPTION, how="anti")
    return pl.concat(
        [
            _told(own.filter(_is_flat()), is_apart=False),
            _told(apart.filter(_is_flat())),
            # Where the plan was changed, the price is that of the days that were left.
            _told(lines.filter(pl.col("odoo_micro").is_not_null())),
        ]
    )


def _told(lines: pl.DataFrame, *, is_apart: bool = True) -> pl.DataFrame:
    return lines.with_columns(is_apart=pl.lit(is_apart)).select(*PERIODS_SCHEMA)


def _is_flat() -> pl.Expr:
    return pl.col("item") == FLAT


def _begins_in(window: ReconcileWindow) -> pl.Expr:
    return pl.col("period_start").is_between(window.since, window.until, "left")

"""Compare the prices that were due last (``long_periods``), as a month's lines are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import FLAT, Cause, LedgerLine, LineOutcome, WrongSide, ledger_frame
from tasks.model.money import decimal_text
from tasks.reconcile.compare import compare
from tasks.reconcile.long_periods import (
    PERIODS_SCHEMA,
    SUBSCRIPTION,
    Changed,
    LongPeriods,
    LongSide,
    apart_from,
    by_length,
    is_flat,
    spans_of,
)
from tasks.reconcile.match.matched import read_of, require_footing
from tasks.reconcile.source import Source
from tasks.reconcile.window import ReconcileWindow


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
    spoken = apart.select(SUBSCRIPTION).unique()
    changed = {key: one for side in sides for key, one in side.changed.items()}
    ours = _with_rests(apart, changed)
    billed = billed.join(spoken, on=SUBSCRIPTION, how="semi", maintain_order="left")
    due = pl.concat([ours.clear(), *(each.expected for each in sides)])
    due = due.join(spoken, on=SUBSCRIPTION, how="semi", maintain_order="left")
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
    told = billed.filter(is_flat()).select(SUBSCRIPTION).unique()
    short, _longer = by_length(spans_of(apart_from(odoo, window)))
    silent = short.join(told, on=SUBSCRIPTION, how="anti")
    return odoo.join(silent, on=SUBSCRIPTION, how="anti", maintain_order="left")


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


def _rest_of(changed: Changed, flat: LedgerLine) -> LedgerLine:
    """Give the part of a price that is due for the days that were left at a change of plan."""
    amount = Decimal(flat.amount) * changed.share.numerator / changed.share.denominator
    return flat._replace(
        period_start=changed.expected.period_start,
        period_end=changed.expected.period_end,
        amount=decimal_text(round(amount, 6)),
    )


def _with_rests(odoo: pl.DataFrame, changed: Mapping[str, Changed]) -> pl.DataFrame:
    is_changed = is_flat() & pl.col("subscription").is_in(list(changed))
    rests = [
        _rest_of(changed[row[2]], LedgerLine(*row)) for row in odoo.filter(is_changed).iter_rows()
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
    own = odoo.join(apart.select(SUBSCRIPTION).unique(), on=SUBSCRIPTION, how="anti")
    return pl.concat(
        [
            _told(own.filter(is_flat()), is_apart=False),
            _told(apart.filter(is_flat())),
            # Where the plan was changed, the price is that of the days that were left.
            _told(lines.filter(pl.col("odoo_micro").is_not_null())),
        ]
    )


def _told(lines: pl.DataFrame, *, is_apart: bool = True) -> pl.DataFrame:
    return lines.with_columns(is_apart=pl.lit(is_apart)).select(*PERIODS_SCHEMA)

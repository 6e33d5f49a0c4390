"""The third ledger: what the source's terms say is due, beside what was billed and Odoo's.

Lines of a subscription that Odoo does not hold are compared with the terms directly: the terms'
lines stand in for Odoo's, so that what was billed of them is matched and explained like the rest.
All other lines of the terms join the row of the same names and period, and tell which side is
wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import Family, LineOutcome, WrongSide
from tasks.reconcile.match.match import (
    Matching,
    is_near,
    like,
    limits_of,
    match,
    paired,
    tells_minimums,
)
from tasks.reconcile.match.sides import HASHES, KEY, family_of, minor_units, pooled
from tasks.reconcile.match.tax import with_taxes
from tasks.reconcile.source import Source

#: Origin of the lines that the terms make.
TERMS = "terms"
#: Families of which the terms say all there is: what they do not name is not due.
_TOLD_BY_TERMS = [Family.PLAN.value, Family.USAGE.value, Family.ADDON.value]
_SUBSCRIPTION = ("service", "subscription")
_AMOUNT = ("micro", "exact", "currency")
_POOL_COLUMNS = (*KEY, *HASHES, "period_start", "period_end")


@dataclass(frozen=True, slots=True)
class Whole:
    """What a page of ledgers must know of the whole, to end as it would there.

    ``raised`` are the sides (``odoo``, ``external``) that tell minimums apart from usage, Odoo's
    with what stands in for it; ``has_terms``: there is a third ledger.
    """

    raised: frozenset[str]
    has_terms: bool


def match_three(
    odoo: pl.DataFrame,
    external: pl.DataFrame,
    source: Source,
    zone: ZoneInfo,
    whole: Whole | None = None,
) -> Matching:
    """Match three ledgers, sorted; each line of each of them is in exactly one row.

    Args:
        odoo: Odoo's lines, of ``LEDGER_SCHEMA``.
        external: What was billed.
        source: What the terms say, and what is known of the subscriptions.
        zone: The company's time zone.
        whole: Of what the ledgers are a page; None: they are the whole.

    Raises:
        FatalError: An amount is no number.
    """
    expected = source.expected
    whole = whole or whole_of(odoo, external, source)
    limits = limits_of(pl.concat([each["currency"] for each in (odoo, external, expected)]))
    if not whole.has_terms:
        two = match(odoo, external, zone, raised=whole.raised)
        return with_taxes(two, limits).sorted()
    is_instead = stand_in(odoo, source)
    both = pl.concat([odoo, expected.filter(is_instead)])
    two = match(both, external, zone, raised=whole.raised)
    others = like(expected.filter(~is_instead), is_told="external" in whole.raised)
    pools = pooled(others, zone, invoiced=True).pools
    rows, odoo_pools = _joined(two, pools)
    three = Matching(odoo_pools, two.external, rows, pools)
    return with_taxes(_judged(three, source, limits, zone), limits).sorted()


def whole_of(odoo: pl.DataFrame, external: pl.DataFrame, source: Source) -> Whole:
    """Tell of ledgers what their pages must know."""
    ours = [odoo, source.expected.filter(stand_in(odoo, source))]
    sides = {"odoo": ours, "external": [external]}
    return Whole(
        frozenset(side for side, ledgers in sides.items() if any(map(tells_minimums, ledgers))),
        has_terms=bool(source.expected.height),
    )


def stand_in(odoo: pl.DataFrame, source: Source) -> pl.Series:
    """Tell of which lines of the terms Odoo cannot have one: it does not hold the subscription.

    Nor does it hold one that ended and went on under the same id before Odoo's order begins.
    """
    held = odoo.group_by(_SUBSCRIPTION).agg(first=pl.col("period_start").min())
    about = source.expected.select(*_SUBSCRIPTION, "period_start").join(
        held, on=_SUBSCRIPTION, how="left", maintain_order="left"
    )
    about = about.join(
        source.subscriptions.select(*_SUBSCRIPTION, "live_from"),
        on=_SUBSCRIPTION,
        how="left",
        maintain_order="left",
    )
    start = pl.col("period_start")
    is_earlier = (start < pl.col("live_from")) & (start < pl.col("first"))
    return about.select(pl.col("first").is_null() | is_earlier.fill_null(value=False)).to_series()


def _joined(two: Matching, pools: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find the row of each of the terms' pools; those without one get a row of their own.

    Gives the rows, and Odoo's pools with those of the terms at their end that stand alone.
    """
    rows = two.rows.with_row_index("row")
    names = [
        side.select(pl.col(_POOL_COLUMNS).gather(rows[name]))
        for name, side in (("odoo", two.odoo), ("external", two.external))
    ]
    keyed = pl.select(
        pl.coalesce(*(side[column] for side in names)).alias(column) for column in _POOL_COLUMNS
    ).with_columns(row=rows["row"], has_partner=rows["odoo"].is_not_null())
    # A line that was billed once too often has no part in what is due.
    keyed = keyed.sort("has_partner", descending=True, maintain_order=True).filter(
        pl.col("hash_1").is_first_distinct()
    )
    found = paired(keyed.drop("row", "has_partner"), pools.select(_POOL_COLUMNS)).rename(
        {"odoo": "at", "external": "expected"}
    )
    of_row = found.drop_nulls().select(row=keyed["row"].gather(found.drop_nulls()["at"]),
                                       expected="expected")  # fmt: skip
    rows = (
        rows.drop("expected")
        .join(of_row, on="row", how="left", maintain_order="left")
        .select(two.rows.columns)
        .with_columns(stands_in=_is_terms(two.odoo["origin"].gather(rows["odoo"])))
    )
    alone = found.filter(pl.col("at").is_null())["expected"]
    more = pools[alone]
    added = pl.DataFrame(
        {"odoo": pl.arange(two.odoo.height, two.odoo.height + more.height, eager=True)}
    ).select(
        pl.col("odoo").cast(pl.UInt32),
        external=pl.lit(None, pl.UInt32),
        outcome=pl.lit(LineOutcome.MISSING_IN_EXTERNAL.value),
        delta_micro=more["micro"],
        expected=alone.cast(pl.UInt32),
        told=pl.lit(LineOutcome.MATCH.value),
        wrong_side=pl.lit(WrongSide.TERMS.value),
        stands_in=pl.lit(value=True),
    )
    return pl.concat([rows, added.select(rows.columns)]), pl.concat([two.odoo, more])


def _is_terms(origins: pl.Series) -> pl.Series:
    return (origins == TERMS).fill_null(value=False)


def _judged(three: Matching, source: Source, limits: Mapping[str, int], zone: ZoneInfo) -> Matching:
    """Tell of each row which side is wrong, and what became of it, billed against Odoo."""
    wide = _wide(three, source, zone)
    units = minor_units(wide["currency"])
    is_same = {
        (one, other): is_near(one, other, units, limits)
        & (pl.col(f"{one}_currency") == pl.col(f"{other}_currency")).fill_null(value=True)
        for one, other in (("external", "expected"), ("odoo", "expected"))
    }
    billed_as_due, odoo_as_due = is_same.values()
    agrees = pl.col("outcome") == LineOutcome.MATCH.value
    has_line = pl.col("expected_micro").is_not_null()
    # Both may be near what is due and yet not near each other: then a cent was rounded there.
    held = (
        pl.when(agrees)
        .then(
            pl.when(has_line & ~odoo_as_due & ~billed_as_due)
            .then(pl.lit(WrongSide.TERMS.value))
            .otherwise(pl.lit(WrongSide.NONE.value))
        )
        .when(~pl.col("is_known"))
        .then(pl.lit(WrongSide.OPEN.value))
        .when(odoo_as_due)
        .then(pl.lit(WrongSide.BILLED.value))
        .when(billed_as_due & pl.col("is_over"))
        .then(pl.lit(WrongSide.NONE.value))
        .when(billed_as_due)
        .then(pl.lit(WrongSide.COPY.value))
        .otherwise(pl.lit(WrongSide.OPEN.value))
    )
    nothing = pl.col("external_micro").is_null() | (pl.col("external_micro") == 0)
    # What was given back once, as the terms say, is of no order.
    given_back = (pl.col("subscription") == "") & pl.col("item").str.starts_with("credit:")
    not_held = (
        pl.when(agrees & (pl.col("has_ended") | nothing | given_back))
        .then(pl.lit(WrongSide.NONE.value))
        .when(pl.col("has_ended"))
        .then(pl.lit(WrongSide.BILLED.value))
        .when(agrees)
        .then(pl.lit(WrongSide.COPY.value))
        .otherwise(pl.lit(WrongSide.OPEN.value))
    )
    # Nobody bills what is due of a subscription that Odoo holds.
    alone = (
        pl.when(odoo_as_due & (pl.col("odoo_exact") == 0))
        .then(pl.lit(WrongSide.NONE.value))
        .otherwise(pl.lit(WrongSide.TERMS.value))
    )
    is_alone = pl.col("stands_in") & pl.col("expected").is_not_null()
    told = (
        pl.when(~pl.col("stands_in"))
        .then("outcome")
        .when(is_alone | (agrees & nothing))
        .then(pl.lit(LineOutcome.MATCH.value))
        .when(pl.col("external").is_null())
        .then(pl.lit(LineOutcome.MISSING_IN_EXTERNAL.value))
        .otherwise(pl.lit(LineOutcome.MISSING_IN_ODOO.value))
    )
    judged = wide.select(
        wrong_side=pl.when(is_alone).then(alone).when("stands_in").then(not_held).otherwise(held),
        told=told,
    )
    return Matching(three.odoo, three.external, three.rows.with_columns(judged), three.expected)


def _wide(three: Matching, source: Source, zone: ZoneInfo) -> pl.DataFrame:
    """Put the three amounts of each row side by side, and what is known of its subscription."""
    sides = [
        three.of_side(side, *_AMOUNT).select(pl.all().name.prefix(f"{side}_"))
        for side in ("odoo", "external", "expected")
    ]
    columns = ("service", "subscription", "item", "period_start")
    ours, theirs = (three.of_side(side, *columns) for side in ("odoo", "external"))
    named = pl.select(pl.coalesce(ours[name], theirs[name]).alias(name) for name in columns)
    wide = pl.concat([three.rows, named, *sides], how="horizontal", strict=True).with_columns(
        currency=pl.coalesce("odoo_currency", "external_currency")
    )
    wide = wide.join(_about(source), on=_SUBSCRIPTION, how="left", maintain_order="left")
    of_item = source.left_out.filter(pl.col("item") != "").with_columns(is_left_out=True)
    if of_item.height:
        keys = [*_SUBSCRIPTION, "item"]
        wide = wide.join(of_item, on=keys, how="left", maintain_order="left")
    else:
        wide = wide.with_columns(is_left_out=False)
    family = family_of()
    is_unpriced = pl.col("service").is_in(sorted(source.unpriced)) & (family == Family.USAGE.value)
    is_told = family.is_in(_TOLD_BY_TERMS) & pl.col("is_spoken") & ~is_unpriced
    is_told &= ~pl.col("is_left_out").fill_null(value=False)
    return wide.with_columns(
        is_known=pl.col("expected_micro").is_not_null() | is_told.fill_null(value=False),
        has_ended=has_ended(),
        is_over=_is_over(zone).fill_null(value=False),
    )


def _about(source: Source) -> pl.DataFrame:
    """Put together what is known of each subscription; the terms speak of it unless left out."""
    spoken = source.expected.select(_SUBSCRIPTION).unique()
    whole = source.left_out.filter(pl.col("item") == "").select(_SUBSCRIPTION).unique()
    spoken = spoken.join(whole, on=_SUBSCRIPTION, how="anti").with_columns(is_spoken=True)
    told = source.subscriptions.select(*_SUBSCRIPTION, "ended_at", "live_from")
    return told.join(spoken, on=_SUBSCRIPTION, how="full", coalesce=True).join(
        _changes(source.expected), on=_SUBSCRIPTION, how="left"
    )


def _changes(expected: pl.DataFrame) -> pl.DataFrame:
    """Tell of subscriptions whose plan was changed in place the first day of the latest plan."""
    day = pl.col("terms").str.extract(r'"until":"(\d{4}-\d{2}-\d{2})"').str.to_date()
    told = expected.filter(pl.col("terms").str.contains('"until":', literal=True))
    return told.group_by(_SUBSCRIPTION).agg(changed_on=day.max())


def _is_over(zone: ZoneInfo) -> pl.Expr:
    """Say whether Odoo need not have a line: of a plan before the present one, or of a part.

    Such a part settled a change at its time; Odoo's order has the plan of today, whole periods.
    """
    is_past = pl.col("period_start").dt.convert_time_zone(zone.key).dt.date() < pl.col("changed_on")
    is_part = (family_of() == Family.PRORATION.value) & pl.col("odoo_micro").is_null()
    return is_past.fill_null(value=False) | is_part


def has_ended() -> pl.Expr:
    """Say whether a line is of a subscription that had ended: no later one has its id yet."""
    is_over = pl.col("live_from").is_null() | (pl.col("period_start") < pl.col("live_from"))
    return pl.col("ended_at").is_not_null() & is_over

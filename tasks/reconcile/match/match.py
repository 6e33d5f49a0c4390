"""Matching: each line of two ledgers finds its partner, and every line ends in one outcome.

Three passes, each over what the one before left: the same names, day and currency; the same
but for the currency; the same names with overlapping periods, so that a period that begins on
another day is one difference and not two missing lines. What is left then has no partner.

Rows are paired by their positions, and only the columns that are asked for are put together:
copying texts would take longer than the matching.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import FINE_STEP_MICRO, MINIMUM, USAGE, LineOutcome, WrongSide
from tasks.reconcile.match.duplicates import split_billed_twice
from tasks.reconcile.match.sides import HASHES, NAMES, Side, by_currency, minor_units, pooled

#: Positions of two pools that belong together, of one that has no partner and a null.
POSITIONS = {"odoo": pl.UInt32, "external": pl.UInt32}


@dataclass(frozen=True, slots=True)
class Matching:
    """Two ledgers, matched.

    Attributes:
        odoo: Odoo's pools (``Side``).
        external: The other side's.
        rows: For each pair, and each pool without one: its positions ``odoo`` and ``external``
            (null: none), ``outcome`` and ``delta_micro`` of the two. Each pool stands in exactly
            one row. In no order until ``sorted``. Besides the position ``expected`` of the terms'
            pool, ``told`` (the outcome that a reader is told), ``wrong_side``, and whether a pool
            of the terms ``stands_in`` for Odoo, which has no line.
        expected: The terms' pools, but for those that stand among Odoo's.
    """

    odoo: pl.DataFrame
    external: pl.DataFrame
    rows: pl.DataFrame
    expected: pl.DataFrame

    @property
    def frames(self) -> tuple[pl.DataFrame, ...]:
        """All that it is made of."""
        return self.odoo, self.external, self.rows, self.expected

    def of_side(self, side: str, *columns: str, rows: pl.DataFrame | None = None) -> pl.DataFrame:
        """Return columns of a side's pools, row by row; null where the side has none."""
        pools: pl.DataFrame = getattr(self, side)
        at = (self.rows if rows is None else rows)[side]
        return pools.select(pl.col(columns).gather(at))

    def sorted(self) -> Matching:
        """Sort the rows by names and period, whatever the order of the lines was."""
        has_odoo = pl.col("odoo").is_not_null()
        rows = pl.concat([self.rows.filter(has_odoo), self.rows.filter(~has_odoo)])
        order = (*NAMES, "period_start", "currency", "ref")
        named = pl.concat(
            [
                self.odoo.select(pl.col(order).gather(rows["odoo"].drop_nulls())),
                self.external.select(
                    pl.col(order).gather(rows.filter(~has_odoo).select("external").to_series())
                ),
            ]
        )
        # Numbers sort faster than texts, and most names occur many times.
        texts = (*NAMES, "currency")
        ranks = named.select(
            *(
                pl.col(name).cast(pl.Enum(named[name].unique().sort())).to_physical()
                if name in texts
                else pl.col(name)
                for name in order
            )
        )
        positions = ranks.select(pl.arg_sort_by(order, nulls_last=True)).to_series()
        return Matching(self.odoo, self.external, rows[positions], self.expected)


def match(
    odoo: pl.DataFrame,
    external: pl.DataFrame,
    zone: ZoneInfo,
    tolerances: Mapping[str, int] | None = None,
    *,
    uninvoiced: str | None = "odoo",
    raised: Collection[str] | None = None,
) -> Matching:
    """Pair the lines of two ledgers.

    Args:
        odoo: Odoo's lines, of ``LEDGER_SCHEMA``.
        external: The other side's.
        zone: The company's time zone, which decides what day a period starts.
        tolerances: By currency, how many millionths two amounts may be apart and still match;
            for the others half of the currency's smallest unit.
        uninvoiced: The side whose lines are rounded to the smallest unit before they are
            compared, as an invoice would round them; None rounds neither.
        raised: The sides that tell minimums apart, where the ledgers are pages; None: those that
            do in these lines.

    Raises:
        FatalError: An amount is no number.
    """
    limits = limits_of(pl.concat([odoo["currency"], external["currency"]])) | dict(tolerances or {})
    if raised is None:
        sides = {"odoo": odoo, "external": external}
        raised = [side for side, ledger in sides.items() if tells_minimums(ledger)]
    ours = pooled(like(odoo, is_told="external" in raised), zone, invoiced=uninvoiced == "odoo")
    theirs = pooled(
        like(external, is_told="odoo" in raised), zone, invoiced=uninvoiced == "external"
    )
    pairs = paired(ours.pools, theirs.pools)
    ours, theirs, pairs = split_billed_twice(ours, theirs, pairs, limits)
    rows = _with_outcomes(ours, theirs, pairs, limits)
    return Matching(ours.pools, theirs.pools, rows, ours.pools.clear())


def limits_of(currencies: pl.Series) -> dict[str, int]:
    """Return the tolerance of each currency that occurs, in millionths of its major unit."""
    return {code: unit // 2 for code, unit in minor_units(currencies).items()}


def tells_minimums(ledger: pl.DataFrame) -> bool:
    """Say whether a ledger tells minimums apart from the usage that they raise."""
    return bool(ledger.select(is_minimum().any()).item())


def is_minimum() -> pl.Expr:
    """Say whether a line raises usage to a minimum."""
    return pl.col("item").str.starts_with(MINIMUM)


def like(ledger: pl.DataFrame, *, is_told: bool) -> pl.DataFrame:
    """Count minimums as part of the usage that they raise unless the other side tells them."""
    if is_told or not tells_minimums(ledger):
        return ledger
    return ledger.with_columns(
        units=pl.when(is_minimum()).then(pl.lit("0")).otherwise("units"),
        item=pl.col("item").str.replace(f"^{MINIMUM}", USAGE),
    )


def paired(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Return the positions of all pools, each exactly once: pairs, then those without one."""
    found = []
    left, right = (pool.with_row_index("at") for pool in (left, right))
    for pair in (_same_key, _other_currency, _other_period):
        if left.height and right.height:
            joined = pair(left, right)
            found.append(joined.select(pl.col("at", "at_right").cast(pl.UInt32)))
            left = left.filter(_is_free(left, joined["at"]))
            right = right.filter(_is_free(right, joined["at_right"]))
    found.append(left.select("at", at_right=pl.lit(None, pl.UInt32)))
    found.append(right.select(at=pl.lit(None, pl.UInt32), at_right=pl.col("at")))
    return pl.concat(found).rename({"at": "odoo", "at_right": "external"})


def _same_key(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    return _columns(left, HASHES).join(_columns(right, HASHES), on=HASHES, suffix="_right")


def _other_currency(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Pair what has the same names and day in another currency: in order of the codes."""
    key = (*NAMES, "day")
    turn = pl.col("currency").rank("ordinal").over(key).alias("turn")
    numbered = [_columns(pool, (*key, "currency")).with_columns(turn) for pool in (left, right)]
    return numbered[0].join(numbered[1], on=[*key, "turn"])


def _other_period(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Pair what has the same names and an overlapping period, the longest overlap first."""
    columns = (*NAMES, "period_start", "period_end", "currency")
    overlap = pl.min_horizontal("period_end", "period_end_right") - pl.max_horizontal(
        "period_start", "period_start_right"
    )
    order = ("period_start", "period_start_right", "currency", "currency_right")
    candidates = (
        _columns(left, columns)
        .join(_columns(right, columns), on=NAMES)
        .with_columns(overlap=overlap)
        .filter(pl.col("overlap") > pl.duration())
        .sort("overlap", *order, descending=[True, *(False for _ in order)])
    )
    chosen = [candidates.clear()]
    while candidates.height:
        best = candidates.filter(
            pl.col("at").is_first_distinct() & pl.col("at_right").is_first_distinct()
        )
        chosen.append(best)
        candidates = candidates.filter(
            ~pl.col("at").is_in(best["at"].implode())
            & ~pl.col("at_right").is_in(best["at_right"].implode())
        )
    return pl.concat(chosen)


def _columns(pool: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    return pool.select("at", *columns)


def _is_free(pool: pl.DataFrame, taken: pl.Series) -> pl.Series:
    """Tell of each pool of a pass whether it found no partner."""
    if taken.len() == pool.height:
        return pl.repeat(value=False, n=pool.height, eager=True)
    return ~pool["at"].is_in(taken.implode())


def _with_outcomes(
    ours: Side, theirs: Side, pairs: pl.DataFrame, limits: Mapping[str, int]
) -> pl.DataFrame:
    columns = ("micro", "exact", "currency")
    rows = pl.concat(
        [
            pairs,
            ours.pools.select(pl.col(columns).gather(pairs["odoo"]).name.prefix("odoo_")),
            theirs.pools.select(pl.col(columns).gather(pairs["external"]).name.prefix("external_")),
        ],
        how="horizontal",
        strict=True,
    ).with_columns(currency=pl.coalesce("odoo_currency", "external_currency"))
    odoo, external = (pl.col(f"{side}_micro").fill_null(0) for side in POSITIONS)
    near = is_near("odoo", "external", minor_units(rows["currency"]), limits)
    near &= (pl.col("odoo_currency") == pl.col("external_currency")).fill_null(value=True)
    outcome = (
        # Nothing to bill on one side and no line on the other are the same.
        pl.when(near)
        .then(pl.lit(LineOutcome.MATCH.value))
        .when(pl.col("external").is_null())
        .then(pl.lit(LineOutcome.MISSING_IN_EXTERNAL.value))
        .when(pl.col("odoo").is_null())
        .then(pl.lit(LineOutcome.MISSING_IN_ODOO.value))
        .otherwise(pl.lit(LineOutcome.DELTA.value))
    )
    found = rows.select(*POSITIONS, outcome=outcome, delta_micro=odoo - external)
    matches = pl.col("outcome") == LineOutcome.MATCH.value
    return found.with_columns(
        expected=pl.lit(None, pl.UInt32),
        told=pl.col("outcome"),
        wrong_side=pl.when(matches)
        .then(pl.lit(WrongSide.NONE.value))
        .otherwise(pl.lit(WrongSide.OPEN.value)),
        stands_in=pl.lit(value=False),
    )


def is_near(one: str, other: str, units: Mapping[str, int], limits: Mapping[str, int]) -> pl.Expr:
    """Say whether two sides' amounts are the same, as far as an invoice can show it.

    Args:
        one: A side: its columns are ``<side>_micro`` and ``<side>_exact``; null counts as 0.
        other: The other side.
        units: Smallest unit of each ``currency``.
        limits: Tolerance of each ``currency``.
    """
    left, right = (pl.col(f"{side}_micro").fill_null(0) for side in (one, other))
    exact = pl.col(f"{one}_exact") - pl.col(f"{other}_exact")
    # An amount that is not in whole cents is compared with the unrounded one as well: each side
    # may have rounded on its own way there. So may one that was rounded to four decimals first.
    unit, limit = by_currency(units), by_currency(limits)
    is_finer = ((left % unit) != 0) | ((right % unit) != 0)
    is_twice = exact.abs() > limit
    by_exact = (is_finer | is_twice) & (exact.abs() <= limit + FINE_STEP_MICRO // 2)
    return ((left - right).abs() <= limit) | by_exact.fill_null(value=False)

"""One side of a comparison: a ledger's lines pooled by the names under which they are matched.

A pool is one row: the lines of one side that share service, customer, subscription, item, the
day on which the period starts (in the billing zone) and the currency. Nearly every pool holds
one line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import (
    FAMILY_OF_PREFIX,
    Family,
    micros,
    minor_unit_micro,
    require_amounts,
)

NAMES = ("service", "customer", "subscription", "item")
KEY = (*NAMES, "day", "currency")
#: Two hashes of the key: of 128 bits, so that no two keys ever share them. Joining on them is ten
#: times as fast as on the names.
HASHES = ("hash_1", "hash_2")
_PART = ("hash_1", "micro", "ref")
#: So many references of one pool are named; of more, the number.
_NAMED_REFS = 3


@dataclass(frozen=True, slots=True)
class Side:
    """One side's pools, and the single lines of those pools that hold several.

    Attributes:
        pools: ``KEY``, ``HASHES``, ``micro`` (as compared), ``exact`` (as held),
            ``period_start``, ``period_end``, ``units`` (null if not told), ``tax_rate``, ``ref``,
            ``origin``, ``terms`` and ``lines``, their number.
        parts: ``hash_1``, ``micro`` and ``ref``.
    """

    pools: pl.DataFrame
    parts: pl.DataFrame


def pooled(ledger: pl.DataFrame, zone: ZoneInfo, *, invoiced: bool) -> Side:
    """Pool a ledger's lines; the order of the lines makes no difference.

    Args:
        ledger: Lines of ``LEDGER_SCHEMA``.
        zone: The company's time zone, which decides what day a period starts.
        invoiced: Odoo's: each line is rounded to the currency's smallest unit, half away from
            zero, as an invoice does; otherwise amounts are compared as the side holds them.
    """
    exact = ledger.select(micros("amount")).to_series()
    require_amounts(ledger, exact, "Odoo" if invoiced else "the other side")
    unit = by_currency(minor_units(ledger["currency"]))
    micro = pl.col("exact")
    if invoiced:
        micro = micro.sign() * ((micro.abs() + unit // 2) // unit) * unit
    lines = ledger.with_columns(
        exact.alias("exact"),
        pl.col("period_start").dt.convert_time_zone(zone.key).dt.date().alias("day"),
    ).select(
        *KEY,
        "exact",
        micro.alias("micro"),
        "period_start",
        "period_end",
        "units",
        "tax_rate",
        "ref",
        "origin",
        "terms",
    )
    lines = lines.with_columns(
        _hashed(KEY, seed).alias(name) for seed, name in enumerate(HASHES, start=1)
    )
    shared = lines.filter(lines["hash_1"].is_duplicated())
    one = pl.lit(1, pl.Int64).alias("lines")
    if not shared.height:
        return Side(lines.with_columns(one), shared.select(_PART))
    single = lines.filter(~lines["hash_1"].is_duplicated()).with_columns(one)
    summed = _summed(shared).select(single.columns)
    return Side(pl.concat([single, summed]), shared.select(_PART).sort("ref", "micro"))


def family_of(item: str = "item") -> pl.Expr:
    """Tell an item's family of revenue."""
    return (
        pl.col(item)
        .str.splitn(":", 2)
        .struct.field("field_0")
        .replace_strict(FAMILY_OF_PREFIX, default=Family.OTHER, return_dtype=pl.String)
    )


def by_currency(values: Mapping[str, int], currency: str = "currency") -> pl.Expr:
    """Look a number up by the currency of each row."""
    # Of no values polars could not tell the type.
    known = dict(values) or {"": 0}
    return pl.col(currency).replace_strict(known, return_dtype=pl.Int64)


def minor_units(currencies: pl.Series) -> dict[str, int]:
    """Return the smallest unit of each currency that occurs."""
    return {code: minor_unit_micro(code) for code in currencies.unique().to_list()}


def _hashed(columns: Sequence[str], seed: int) -> pl.Expr:
    """Hash columns into one: each with an odd factor and a seed of its own."""
    parts = (
        pl.col(name).hash(seed * 100 + turn) * (2 * turn + 2 * seed + 1)
        for turn, name in enumerate(columns)
    )
    return reduce(add, parts)


def _summed(lines: pl.DataFrame) -> pl.DataFrame:
    """Pool lines that share a key; a tax that they do not share is not told.

    A minimum's units are no usage, so they are left out.
    """
    units = pl.col("units").str.to_decimal(scale=6)
    taxes = pl.col("tax_rate").drop_nulls()
    refs = pl.col("ref").unique().sort()
    named = refs.head(_NAMED_REFS).str.join(" + ")
    more = refs.len().cast(pl.Int64) - _NAMED_REFS
    return (
        lines.sort("ref", "micro", "period_start", "origin", "terms", nulls_last=True)
        .group_by(*KEY, *HASHES, maintain_order=True)
        .agg(
            pl.col("micro").sum(),
            pl.col("exact").sum(),
            pl.col("period_start").min(),
            pl.col("period_end").max(),
            pl.when(units.is_null().any()).then(None).otherwise(units.sum()).alias("units"),
            pl.when(taxes.n_unique() == 1).then(taxes.first()).alias("tax_rate"),
            pl.when(more > 0)
            .then(pl.format("{} and {} more", named, more))
            .otherwise(named)
            .alias("ref"),
            pl.col("origin").first(),
            pl.col("terms").first(),
            pl.len().cast(pl.Int64).alias("lines"),
        )
        .with_columns(
            pl.col("units").cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
        )
    )

"""Billed twice: of several lines under the same names one alone is what the other side bills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import polars as pl

from tasks.reconcile.match.sides import Side

#: Amount and reference of a single line.
Part = tuple[int, str]


def split_billed_twice(
    ours: Side, theirs: Side, pairs: pl.DataFrame, limits: Mapping[str, int]
) -> tuple[Side, Side, pl.DataFrame]:
    """Take the surplus lines of a pool out of it, where its partner matches without them.

    Lines of one side under the same names are added up, because a charge may be split. Where
    the sum does not match and one of the lines does, the others were billed once too often:
    they become a pool of their own, without a partner.

    Args:
        ours: Odoo's pools.
        theirs: The other side's.
        pairs: Positions ``odoo`` and ``external`` of pools that belong together.
        limits: Tolerance by currency.
    """
    sides = {"odoo": ours, "external": theirs}
    for side, other in (("external", "odoo"), ("odoo", "external")):
        if sides[side].parts.height:
            sides[side], pairs = _split(sides[side], sides[other], pairs, side, other, limits)
    return sides["odoo"], sides["external"], pairs


def _split(
    mine: Side,
    partner: Side,
    pairs: pl.DataFrame,
    side: str,
    other: str,
    limits: Mapping[str, int],
) -> tuple[Side, pl.DataFrame]:
    by_pool: dict[int, list[Part]] = defaultdict(list)
    for pool, micro, ref in mine.parts.iter_rows():
        by_pool[pool].append((micro, ref))
    several = mine.pools.with_row_index(side).filter(pl.col("lines") > 1)
    suspicious = (
        several.join(pairs.drop_nulls(), on=side)
        .join(
            partner.pools.with_row_index(other)
            .filter(pl.col("lines") == 1)
            .select(other, "currency", partner="micro"),
            on=[other, "currency"],
        )
        .sort(side)
    )
    kept: list[dict[str, Any]] = []
    surplus: list[dict[str, Any]] = []
    for row in suspicious.iter_rows(named=True):
        limit, wanted = limits[row["currency"]], row["partner"]
        lines = by_pool[row["hash_1"]]
        same = [line for line in lines if abs(line[0] - wanted) <= limit]
        if same and abs(row["micro"] - wanted) > limit:
            others = list(lines)
            others.remove(same[0])
            kept.append(_only(row, same[:1]))
            surplus.append(_only(row, others))
    if not kept:
        return mine, pairs
    schema = several.schema
    changed = pl.DataFrame(kept, schema=schema)
    pools = mine.pools.with_row_index(side).update(changed, on=side, how="left", include_nulls=True)
    more = pl.DataFrame(surplus, schema=schema).drop(side)
    added = pl.select(
        pl.int_range(pools.height, pools.height + more.height, dtype=pl.UInt32).alias(side),
        pl.lit(None, pl.UInt32).alias(other),
    ).select(pairs.columns)
    grown = pl.concat([pools.drop(side), more.select(mine.pools.columns)])
    return Side(grown, mine.parts), pl.concat([pairs, added])


def _only(row: dict[str, Any], lines: list[Part]) -> dict[str, Any]:
    """Leave only some of its lines in a pool."""
    total = sum(micro for micro, _ in lines)
    return row | {
        "micro": total,
        "exact": total,
        "lines": len(lines),
        "ref": " + ".join(sorted({ref for _, ref in lines})),
        "units": None,
    }

"""A comparison's lines in order, sorted on disk where they are more than one page.

And those that the report's page shows: the largest differences, and the largest of each cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import WrongSide
from tasks.reconcile.figures import major
from tasks.reconcile.pages import Frames, on_its_own
from tasks.reconcile.words import WRONG_NAMES, day_text, item_name
from tasks.report import words

LINES_SHOWN = 100
"""Lines listed per cause on the page; the CSV files hold all of them."""

TOP_LINES = 10

#: Lines that are sorted at once, about.
_AT_ONCE = 50_000
#: Of so many lines one shows how they are spread.
_SAMPLED = 100
_ORDER = (
    "service",
    "currency",
    "customer",
    "subscription",
    "item",
    "period_start",
    "external_ref",
    "odoo_ref",
    "outcome",
    "delta_micro",
    "evidence",
    "expected_micro",
    "wrong_side",
)
#: No name has it, and it stands before whatever a name may go on with.
_BETWEEN = "\0"
_LARGEST = 10**18
_SIZE = pl.col("delta_micro").abs()


def in_order(pages: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Sort lines so that the same lines always stand in the same order."""
    return _sorted(pages, _text(*_ORDER[:3]), lambda lines: lines.sort(_ORDER))


def by_cause(pages: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Sort the lines that have a cause by it, the largest difference first."""
    size = (_LARGEST - _SIZE).cast(pl.String).str.zfill(len(str(_LARGEST)))
    return _sorted(
        pages,
        _text("cause", size, *_ORDER[:3]),
        lambda lines: lines.sort(
            "cause", _SIZE, *_ORDER, descending=[False, True, *(False for _ in _ORDER)]
        ),
        pl.col("cause") != "",
    )


def largest_first(lines: pl.DataFrame) -> pl.DataFrame:
    """Sort lines by the size of their difference, equal ones in order."""
    return lines.sort(_SIZE, *_ORDER, descending=[True, *(False for _ in _ORDER)])


def _text(*parts: str | pl.Expr) -> pl.Expr:
    return pl.concat_str(*parts, separator=_BETWEEN)


def _sorted(
    pages: Iterable[pl.DataFrame],
    key: pl.Expr,
    sort: Callable[[pl.DataFrame], pl.DataFrame],
    kept: pl.Expr | None = None,
) -> Iterator[pl.DataFrame]:
    """Sort pages as a whole; gives parts that follow each other.

    Args:
        pages: Are gone through twice.
        key: A text whose order ``sort`` refines.
        sort: Sorts one part.
        kept: Which lines are sorted; None: all.
    """
    height = 0
    sampled: list[pl.DataFrame] = []
    for page in _chosen(pages, kept):
        height += page.height
        sampled.append(on_its_own(page.select(key=key).sort("key").gather_every(_SAMPLED)))
    if height <= _AT_ONCE:
        if height:
            yield sort(pl.concat(_chosen(pages, kept)))
        return
    # A part begins after each of these.
    bounds = pl.concat(sampled)["key"].sort().gather_every(_AT_ONCE // _SAMPLED)[1:].unique().sort()
    divided = Frames()
    places: list[list[int]] = [[] for _ in range(bounds.len() + 1)]
    for page in _chosen(pages, kept):
        part = pl.Series("part", bounds.search_sorted(page.select(key).to_series()))
        parts = page.with_columns(part).partition_by("part", as_dict=True, include_key=False)
        for (number,), rows in parts.items():
            places[number].append(len(divided))
            divided.append(rows)
    for those in filter(None, places):
        yield sort(pl.concat(map(divided.__getitem__, those)))


def _chosen(pages: Iterable[pl.DataFrame], kept: pl.Expr | None) -> Iterator[pl.DataFrame]:
    for page in pages:
        yield page if kept is None else on_its_own(page.filter(kept))


@dataclass(frozen=True, slots=True)
class LineShown:
    """A line that differs, as the page tells it; an amount is None where a side has none."""

    service: str
    customer: str
    subscription: str
    item: str
    start: str
    end: str
    currency: str
    cause: str
    billed: Decimal | None
    due: Decimal | None
    odoo: Decimal | None
    wrong: str
    delta: Decimal
    evidence: str
    billed_ref: str
    odoo_ref: str


def lines_by_cause(pages: Iterable[pl.DataFrame], zone: ZoneInfo) -> dict[str, list[LineShown]]:
    """Pick the largest differences of each cause."""
    differing = (page.filter(pl.col("cause") != "") for page in pages)
    return _largest(differing, "cause", LINES_SHOWN, zone)


def top_lines(pages: Iterable[pl.DataFrame], zone: ZoneInfo) -> dict[str, list[LineShown]]:
    """Pick the largest differences of each currency that are not settled."""
    unsettled = (page.filter(pl.col("wrong_side") != WrongSide.NONE) for page in pages)
    return _largest(unsettled, "currency", TOP_LINES, zone)


def _largest(
    pages: Iterable[pl.DataFrame], key: str, count: int, zone: ZoneInfo
) -> dict[str, list[LineShown]]:
    """Pick by a column: the largest of all pages are among the largest of each."""
    largest = [on_its_own(_first(page, key, count)) for page in pages]
    found: dict[str, list[LineShown]] = {}
    rows = _first(pl.concat(largest), key, count).iter_rows(named=True) if largest else ()
    for row in rows:
        found.setdefault(row[key], []).append(_shown(row, zone))
    return found


def _first(lines: pl.DataFrame, key: str, count: int) -> pl.DataFrame:
    """Pick the largest; equal differences stand by their names, so that order changes nothing."""
    size = pl.col("delta_micro").abs().alias("size")
    names = ("service", "customer", "subscription", "item", "period_start", "external_ref")
    ordered = lines.with_columns(size).sort(
        "size", *names, descending=[True] + [False] * len(names)
    )
    return ordered.group_by(key, maintain_order=True).head(count)


def _shown(row: dict[str, Any], zone: ZoneInfo) -> LineShown:
    return LineShown(
        service=words.service_name(row["service"]),
        customer=row["customer"],
        subscription=row["subscription"],
        item=item_name(row["item"]),
        start=day_text(row["period_start"], zone),
        end=day_text(row["period_end"], zone),
        currency=row["currency"],
        cause=row["cause"],
        billed=None if row["external_micro"] is None else major(row["external_micro"]),
        due=None if row["expected_micro"] is None else major(row["expected_micro"]),
        wrong=WRONG_NAMES[row["wrong_side"]],
        odoo=None if row["odoo_micro"] is None else major(row["odoo_micro"]),
        delta=major(row["delta_micro"]),
        evidence=row["evidence"],
        billed_ref=row["external_ref"],
        odoo_ref=row["odoo_ref"],
    )

"""A comparison's lines in order: sorted on disk where they are more than one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import polars as pl

from tasks.reconcile.pages import Frames, on_its_own

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

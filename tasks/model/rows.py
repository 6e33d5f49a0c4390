"""Rows of a table that share the names of its columns; many of them, some at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, islice
from typing import Any, TypeVar

Item = TypeVar("Item")


class Record(Mapping[str, Any]):
    """A row of a table: reads like a ``dict``, in a quarter of its memory, and stays as it is."""

    __slots__ = ("_places", "_values")

    def __init__(self, places: Mapping[str, int], values: tuple[Any, ...]) -> None:
        """Keep what is given.

        Args:
            places: Column -> its place in the values; one for all rows of a table.
            values: A value per column.
        """
        self._places = places
        self._values = values

    def __getitem__(self, column: str) -> Any:
        return self._values[self._places[column]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return repr(dict(self))


def records(columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> Iterator[Record]:
    """Make rows of tuples that follow the columns."""
    places = {column: place for place, column in enumerate(columns)}
    return (Record(places, row) for row in rows)


def compact(columns: Sequence[str] | None, rows: Iterable[Mapping[str, Any]]) -> Iterator[Record]:
    """Make records of rows that repeat a few values: each is held once, whoever has it.

    Args:
        columns: Those to keep (None: those of the first row); one that a row lacks is None.
        rows: Their lists become tuples, which are held once, too.
    """
    held: dict[Any, Any] = {}
    rows = iter(rows)
    if columns is None:
        begun = tuple(islice(rows, 1))
        columns, rows = tuple(chain.from_iterable(begun)), chain(begun, rows)

    def once(value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        kept = tuple(value) if isinstance(value, list) else value
        # 49.0 and 49.00 are equal, but not the same to who reads them.
        same = str(kept) if isinstance(kept, Decimal) else kept
        return held.setdefault((type(kept), same), kept)

    return records(columns, (tuple(once(row.get(name)) for name in columns) for row in rows))


def with_facts(
    rows: Iterable[Mapping[str, Any]], facts: Iterable[Mapping[str, Any]]
) -> tuple[Record, ...]:
    """Put each row's facts beside its columns; a fact of a column's name stands instead of it."""
    merged = ({**row, **fact} for row, fact in zip(rows, facts, strict=True))
    if (first := next(merged, None)) is None:
        return ()
    names = tuple(first)
    # By name: a row of which there is little to say may tell its facts in another order.
    values = (tuple(row[name] for name in names) for row in chain([first], merged))
    return tuple(records(names, values))


def cut(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Cut items into lists of ``size``, in their order; the last one may be shorter.

    >>> list(cut("abc", 2))
    [['a', 'b'], ['c']]
    """
    remaining = iter(items)
    while some := list(islice(remaining, size)):
        yield some

"""Reads a paged list of Lago to its end, and proves that nothing is missing from it.

Lago pages by number over data that move: a row that comes or goes shifts all after it. So a
reading counts only if no row came twice, the count stayed the same, the page after the last is
empty, and the rows are as many as counted. Lago may keep an old count for half an hour: where
there are *more* rows than counted, two readings that agree are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tasks.model.errors import FatalError, RetryableError
from tasks.model.spool import RowList

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.int64]

Row = TypeVar("Row")
#: Makes a list that rows are kept in: in memory, or on disk where there may be many.
Kept = Callable[[], list[Row] | RowList[Row]]
#: Readings of one list before giving up on its standing still.
READINGS = 4
#: Names that are looked up in a set, before they go to the others.
RECENT = 50_000


class Names:
    """Names that came so far, of a million 8 MB: a hash of 8 bytes is held of each.

    That two of a list have the same is as good as impossible; the list would be read again then.
    """

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._others: Hashes | None = None

    def add(self, names: Sequence[str]) -> bool:
        """Add names; False if one of them was there, or is among them twice."""
        hashes = set(map(hash, names))
        is_new = len(hashes) == len(names) and hashes.isdisjoint(self._recent)
        if not is_new or self._are_there(hashes):
            return False
        self._recent |= hashes
        if len(self._recent) > RECENT:
            self._others = self._all()
            self._recent = set()
        return True

    def __eq__(self, other: object) -> bool:
        """Say whether the same names came to both."""
        import numpy as np

        return isinstance(other, Names) and np.array_equal(self._all(), other._all())

    __hash__ = None  # type: ignore[assignment] # It can be added to.

    def _all(self) -> Hashes:
        """Give all hashes, in order."""
        import numpy as np

        recent = np.array([*self._recent], dtype=np.int64)
        return np.sort(recent if self._others is None else np.append(self._others, recent))

    def _are_there(self, hashes: set[int]) -> bool:
        if self._others is None:
            return False
        import numpy as np

        sought = np.array([*hashes], dtype=np.int64)
        places = np.minimum(np.searchsorted(self._others, sought), len(self._others) - 1)
        return bool((self._others[places] == sought).any())


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """A whole list, and what was noticed while reading it."""

    rows: Sequence[Row]
    notes: tuple[str, ...]


class _MovedError(Exception):
    """The data changed while they were read; the text says how that was noticed."""


def read_list(
    resource: str,
    get_page: Callable[[int], Any],
    parse: Callable[[Mapping[str, Any]], Row],
    *,
    key: str = "lago_id",
    kept: Kept[Row] = list,
) -> Listing[Row]:
    """Read a list whole.

    Args:
        resource: The list's name, which is also the key of its rows in an answer.
        get_page: Asks for a page, from 1.
        parse: Makes our record of a row.
        key: What tells rows apart.
        kept: Makes what our records are kept in.

    Raises:
        FatalError: The answers are not Lago's pages.
        RetryableError: The data did not stand still, or rows are missing for good.
    """
    notes: list[str] = []
    reason, earlier = "", None
    for _ in range(READINGS):
        rows, names = kept(), Names()
        try:
            counted = _read_once(resource, get_page, parse, key, rows, names)
        except _MovedError as moved:
            reason = str(moved)
            notes.append(f"{resource} were read again: {reason}")
            continue
        if len(rows) == counted:
            return Listing(rows, (*notes,))
        reason = f"Lago counts {counted:,} of them, its pages hold {len(rows):,}"
        if len(rows) > counted and names == earlier:
            notes.append(f"{resource}: {reason}; two readings agree, so its count is old")
            return Listing(rows, (*notes,))
        # The names alone: of two readings one is held.
        earlier = names
        notes.append(f"{resource} were read again: {reason}")
    raise RetryableError(
        f"Lago's {resource} cannot be read whole, {READINGS} times in a row: {reason}."
        " Run it again when Lago is quieter."
    )


def _read_once(
    resource: str,
    get_page: Callable[[int], Any],
    parse: Callable[[Mapping[str, Any]], Row],
    key: str,
    rows: list[Row] | RowList[Row],
    names: Names,
) -> int:
    """Read all pages into ``rows``; gives how many rows Lago counted.

    A row is read as it comes: of a million, Lago's own JSON would be gigabytes.
    """
    number, counted = 1, None
    while True:
        page, count, following = _page(resource, get_page(number), number)
        if counted is not None and count != counted:
            raise _MovedError(f"their number went from {counted:,} to {count:,}")
        counted = count
        found = [each if isinstance(each, dict) else {} for each in page]
        if not names.add(_names(found, key, len(rows))):
            raise _MovedError("a row came twice, so others were shifted")
        for row in found:
            rows.append(_parsed(resource, row, parse))
        if following is None:
            break
        number = following
    if len(rows) and _page(resource, get_page(number + 1), number + 1)[0]:
        raise _MovedError("there is a page after the last")
    return counted


def _names(rows: Iterable[Mapping[str, Any]], key: str, before: int) -> list[str]:
    """Give what tells rows apart; whether one may lack its id is not the paging's to say."""
    named = ((each.get(key), place) for place, each in enumerate(rows, start=before + 1))
    return [name if isinstance(name, str) else f"row {place}" for name, place in named]


def _page(resource: str, body: Any, number: int) -> tuple[list[Any], int, int | None]:
    """Take a page apart: rows, count of all rows, the next page's number."""
    try:
        rows, meta = body[resource], body["meta"]
        count, current, following = meta["total_count"], meta["current_page"], meta["next_page"]
        is_page = isinstance(rows, list) and isinstance(count, int)
    except (KeyError, TypeError):
        is_page = False
    if not is_page:
        raise FatalError(
            f"Lago's answer for {resource} has no rows or no count of them, so nobody can tell"
            " whether it is whole. Check LAGO_API_URL and Lago's version."
        )
    if current not in (number, 0) or following not in (None, number + 1):
        raise FatalError(
            f"Lago was asked for page {number} of {resource} and gave page {current}, followed by"
            f" {following}."
        )
    return rows, count, following


def _parsed(
    resource: str, row: Mapping[str, Any], parse: Callable[[Mapping[str, Any]], Row]
) -> Row:
    try:
        return parse(row)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FatalError(
            f"A row of Lago's {resource} lacks or spoils {error}: this version of Lago answers"
            " otherwise than expected."
        ) from None

"""Lists that lie on disk: what a run knows of a million rows does not stay in its memory."""

from __future__ import annotations

import copyreg
import os
import pickle
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from io import BufferedRandom
from itertools import chain, islice
from operator import attrgetter
from tempfile import TemporaryFile, gettempdir
from typing import Any, TypeVar, cast, overload
from weakref import finalize
from zlib import crc32

from tasks.model.errors import FatalError
from tasks.model.rows import cut

Item = TypeVar("Item")
#: Rows that are written to disk, and made anew, at once.
_CHUNK = 500
#: Rows that are sorted into pages at once.
_BATCH = 4_000


def made_anew(kind: type[Item]) -> type[Item]:
    """Have rows of a dataclass read back by calling it.

    A frozen one with slots is read back field by field otherwise, which takes three times as long.
    """
    cells = _cells_of(kind)
    copyreg.pickle(kind, lambda row: (kind, cells(row)))
    return kind


def _cells_of(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(each.name for each in fields(kind)))


class OnDisk(Sequence[Item]):
    """A list that makes an item anew each time that one looks at it."""

    @abstractmethod
    def _make(self, place: int) -> Item:
        """Make the item at a place, which is not negative and there."""

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Item]: ...
    def __getitem__(self, place: int | slice) -> Item | Sequence[Item]:
        if isinstance(place, slice):
            return [self._make(each) for each in range(*place.indices(len(self)))]
        return self._make(range(len(self))[place])


class Spool(OnDisk[Item]):
    """A list of large items on disk, of which memory holds the places alone.

    The file has no name: nobody else can open it, and it is gone with the process. It lies where
    temporary files do (``TMPDIR``).
    """

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._file: BufferedRandom | None = None
        self._ends = [0]
        for item in items:
            self.append(item)

    def append(self, item: Item) -> None:
        """Add an item; it must be one that can be pickled.

        Raises:
            FatalError: The folder for temporary files cannot be written, or is full.
        """
        try:
            self._write(item)
        except OSError as error:
            if self._file is not None:
                # What it could not write it would try again when it is gone.
                with suppress(OSError):
                    self._file.close()
            raise FatalError(
                f"The folder for temporary files, {gettempdir()!r}, cannot be written"
                f" ({error.strerror}). Make room there, or let TMPDIR name another; then run again."
            ) from None

    def _write(self, item: Item) -> None:
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 - as the list lives
            finalize(self, self._file.close)
        self._dump(item, self._file)
        self._file.flush()
        self._ends.append(self._file.tell())

    def __reduce__(self) -> tuple[type[Spool[Item]], tuple[list[Item]]]:
        """Go to another process (a worker of Dask) with all items."""
        return type(self), (list(self),)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def _make(self, place: int) -> Item:
        start, end = self._ends[place], self._ends[place + 1]
        return self._load(os.pread(cast("BufferedRandom", self._file).fileno(), end - start, start))

    def _dump(self, item: Item, file: BufferedRandom) -> None:
        pickle.dump(item, file, protocol=pickle.HIGHEST_PROTOCOL)

    def _load(self, held: bytes) -> Item:
        # Only this process could write what is read here.
        item: Item = pickle.loads(held)  # noqa: S301
        return item


class RowList(OnDisk[Item]):
    """Rows of one dataclass on disk, many to a look-up; each look at one makes it anew."""

    def __init__(self, kind: Callable[..., Item]) -> None:
        """Begin a list without rows.

        Args:
            kind: The rows' class, a dataclass of several fields.
        """
        self._kind = kind
        self._cells = _cells_of(kind)
        self._chunks: Spool[list[tuple[Any, ...]]] = Spool()
        self._rest: list[tuple[Any, ...]] = []

    def append(self, row: Item) -> None:
        """Add a row.

        Raises:
            FatalError: As of a spool.
        """
        self._rest.append(self._cells(row))
        if len(self._rest) == _CHUNK:
            self._chunks.append(self._rest)
            self._rest = []

    def __len__(self) -> int:
        return len(self._chunks) * _CHUNK + len(self._rest)

    def __iter__(self) -> Iterator[Item]:
        return self.between(0, len(self))

    def between(self, start: int, end: int) -> Iterator[Item]:
        """Give the rows from place ``start`` up to ``end``."""
        first, skipped = divmod(start, _CHUNK)
        chunks = (self._chunks[place] for place in range(first, len(self._chunks)))
        cells = chain.from_iterable(chain(chunks, (self._rest,)))
        return (self._kind(*each) for each in islice(cells, skipped, skipped + end - start))

    def _make(self, place: int) -> Item:
        return next(self.between(place, place + 1))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sequence)
            and len(self) == len(other)
            and all(one == another for one, another in zip(self, other, strict=True))
        )

    __hash__ = None  # type: ignore[assignment] # It can be added to.


class Parts(OnDisk[tuple[Item, ...]]):
    """Rows on disk in parts that are looked at whole; ``rows`` has them one after the other."""

    def __init__(self, kind: Callable[..., Item]) -> None:
        """Begin without parts; ``kind`` is that of a ``RowList``."""
        self.rows = RowList(kind)
        self._ends = [0]

    def append(self, part: Iterable[Item]) -> None:
        """Add a part."""
        for row in part:
            self.rows.append(row)
        self._ends.append(len(self.rows))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def _make(self, place: int) -> tuple[Item, ...]:
        return tuple(self.rows.between(self._ends[place], self._ends[place + 1]))


def page_of(key: str, number: int) -> int:
    """Choose one of so many pages for a key, in every process the same."""
    return crc32(key.encode(errors="surrogatepass")) % number


class Divided(Collection[Item]):
    """Rows on disk in pages, in each in the order in which they came."""

    def __init__(self, number: int, rows: Iterable[tuple[int, Item]] = ()) -> None:
        """Divide rows.

        Args:
            number: Of pages.
            rows: Each with its page, from 0.
        """
        self._parts: Spool[list[Item]] = Spool()
        self._places: list[list[int]] = [[] for _ in range(number)]
        self._rows = 0
        self.add(rows)

    def add(self, rows: Iterable[tuple[int, Item]]) -> None:
        """Add rows, each with its page.

        Raises:
            FatalError: As of a spool.
        """
        for some in cut(rows, _BATCH):
            parts: defaultdict[int, list[Item]] = defaultdict(list)
            for page, row in some:
                parts[page].append(row)
            for page, part in parts.items():
                self._places[page].append(len(self._parts))
                self._parts.append(part)
            self._rows += len(some)

    @property
    def number(self) -> int:
        """Of pages."""
        return len(self._places)

    def pages(self) -> Iterator[tuple[Item, ...]]:
        """Give page after page, each made anew."""
        return map(self.page, range(len(self._places)))

    def page(self, number: int) -> tuple[Item, ...]:
        """Give the rows of a page, from 0."""
        return tuple(chain.from_iterable(map(self._parts.__getitem__, self._places[number])))

    def __len__(self) -> int:
        return self._rows

    def __iter__(self) -> Iterator[Item]:
        return chain.from_iterable(self.pages())

    def __contains__(self, row: object) -> bool:
        return any(row == each for each in self)

"""Ledgers on disk, in pages of subscriptions.

Whatever is asked of several lines at once is asked of one subscription's (lines of no subscription
hang together as if they were of one). So a page of them is matched and explained as it would be
within the whole, and memory does not grow with the lines. A ledger that fits into one page stays in
memory as it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BufferedRandom, BytesIO
from itertools import chain

import polars as pl

from tasks.model.ledger import MATCHED_SCHEMA
from tasks.model.spool import Spool
from tasks.reconcile.figures import condense, condensed_again

#: Lines of all ledgers in one page, about: each takes some 0.6 kB while its page is looked at.
PAGE_LINES = 100_000
#: Into so many parts subscriptions are divided; a page is some of them.
_PARTS = 64
#: Lines that are divided at once.
_AT_ONCE = 50_000
_SEED = 20_260_901
#: Parts of a page: first, and the one after the last.
Span = tuple[int, int]
EVERYTHING: Span = (0, _PARTS)


class OnDisk:
    """Rows of one schema with a column ``subscription``, in the order in which they came."""

    def __init__(self, schema: Mapping[str, pl.DataType], frames: Iterable[pl.DataFrame] = ()):
        """Begin with some frames of a schema."""
        self._empty = pl.DataFrame(schema=dict(schema))
        self._waiting: list[pl.DataFrame] = []
        self._frames = Frames()
        self._places: list[list[int]] = [[] for _ in range(_PARTS)]
        self._heights = [0] * _PARTS
        self.height = 0
        for frame in frames:
            self.add(frame)

    def add(self, frame: pl.DataFrame) -> None:
        """Add rows.

        Raises:
            FatalError: As of a spool.
        """
        if not frame.height:
            return
        self.height += frame.height
        self._waiting.append(frame)
        if sum(each.height for each in self._waiting) >= _AT_ONCE:
            self._divide()
        else:
            self._waiting[-1] = on_its_own(frame)

    def heights(self) -> Sequence[int]:
        """Give how many rows each part has."""
        self._divide()
        return self._heights

    def part(self, span: Span = EVERYTHING) -> pl.DataFrame:
        """Give the rows of some parts; without them all rows."""
        if span != EVERYTHING:
            self._divide()
        places = sorted(place for each in self._places[slice(*span)] for place in each)
        return pl.concat([self._empty, *map(self._frames.__getitem__, places), *self._waiting])

    def _divide(self) -> None:
        if not self._waiting:
            return
        part = (pl.col("subscription").hash(_SEED) % _PARTS).alias("part")
        divided = pl.concat(self._waiting).with_columns(part)
        self._waiting = []
        for (number,), rows in divided.partition_by(
            "part", as_dict=True, include_key=False, maintain_order=True
        ).items():
            self._places[number].append(len(self._frames))
            self._frames.append(rows)
            self._heights[number] += rows.height


class Frames(Spool[pl.DataFrame]):
    """Frames on disk, compressed: most of their texts occur many times."""

    def _dump(self, item: pl.DataFrame, file: BufferedRandom) -> None:
        file.write(_packed(item))

    def _load(self, held: bytes) -> pl.DataFrame:
        return pl.read_ipc_stream(held)


def on_its_own(rows: pl.DataFrame) -> pl.DataFrame:
    """Copy rows that are kept: those taken from a frame keep all of its texts in memory."""
    return pl.read_ipc_stream(_packed(rows))


def _packed(frame: pl.DataFrame) -> bytes:
    packed = BytesIO()
    frame.write_ipc_stream(packed, compression="lz4")
    return packed.getvalue()


def page_spans(ledgers: Sequence[OnDisk], page_lines: int) -> Iterator[Span]:
    """Cut ledgers into pages of so many lines, about; there is always one."""
    if sum(each.height for each in ledgers) <= page_lines:
        yield EVERYTHING
        return
    first = lines = 0
    for number, heights in enumerate(zip(*(each.heights() for each in ledgers), strict=True)):
        if lines and lines + sum(heights) > page_lines:
            yield first, number
            first, lines = number, 0
        lines += sum(heights)
    yield first, _PARTS


class Compared:
    """Lines of ``ledger.MATCHED_SCHEMA``, of which each look at one page makes it anew.

    Attributes:
        height: How many lines there are.
        sums: All of them added up (``figures.condense``).
    """

    def __init__(self, pages: Iterable[pl.DataFrame] = ()) -> None:
        """Begin with some pages."""
        self._pages = Frames()
        self.height = 0
        self.sums = condense(pl.DataFrame(schema=MATCHED_SCHEMA))
        for page in pages:
            self.add(page)

    def add(self, page: pl.DataFrame) -> None:
        """Add lines.

        Raises:
            FatalError: As of a spool.
        """
        self._pages.append(page)
        self.height += page.height
        self.sums = on_its_own(condensed_again(pl.concat([self.sums, condense(page)])))

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Give page after page."""
        return iter(self._pages)

    def whole(self, *columns: str) -> pl.DataFrame:
        """Give some columns (all) of every line, in memory."""
        pages = chain((pl.DataFrame(schema=MATCHED_SCHEMA),), self)
        found: pl.DataFrame = pl.concat(
            on_its_own(each.select(columns)) if columns else each for each in pages
        )
        return found

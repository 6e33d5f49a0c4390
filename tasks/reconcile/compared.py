"""A comparison's lines: on disk, page by page, with their sums in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import polars as pl

from tasks.model.ledger import MATCHED_SCHEMA
from tasks.reconcile.figures import condense, condensed_again
from tasks.reconcile.pages import Frames, on_its_own


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

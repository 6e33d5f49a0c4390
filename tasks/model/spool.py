"""Lists that lie on disk: what a run knows of a million rows does not stay in its memory."""

from __future__ import annotations

import os
import pickle
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import suppress
from io import BufferedRandom
from tempfile import TemporaryFile, gettempdir
from typing import TypeVar, cast, overload
from weakref import finalize

from tasks.model.errors import FatalError

Item = TypeVar("Item")


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

    The file has no name: nobody else can open it, and it is
    gone with the process. It lies where temporary files do (``TMPDIR``).
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
        pickle.dump(item, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        self._file.flush()
        self._ends.append(self._file.tell())

    def __len__(self) -> int:
        return len(self._ends) - 1

    def _make(self, place: int) -> Item:
        start, end = self._ends[place], self._ends[place + 1]
        held = os.pread(cast("BufferedRandom", self._file).fileno(), end - start, start)
        # Only this process could write what is read here.
        item: Item = pickle.loads(held)  # noqa: S301
        return item

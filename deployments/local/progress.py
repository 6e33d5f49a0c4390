"""Progress lines with elapsed seconds, for people who wait."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Writes one line to stderr when a step starts and one when it ends.

    Steps may overlap in threads: every line is written in one piece and carries the
    seconds since the command started.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the command started."""
        return time.monotonic() - self._started

    def say(self, text: str) -> None:
        """Write one line, unless quiet."""
        if self._quiet:
            return
        sys.stderr.write(f"[{self.seconds:6.1f} s] {text}\n")
        sys.stderr.flush()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Announce a step, and how long it took once it is done."""
        self.say(f"{name} ...")
        began = time.monotonic()
        yield
        self.say(f"{name}: done in {time.monotonic() - began:.1f} s")

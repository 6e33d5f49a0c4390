"""Packages that Great Expectations imports and none of our rules needs: on first use, or never."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

#: Drawing, and the statistics of distributions: half of what its import costs.
SELDOM_USED = frozenset({"altair", "scipy.stats"})
#: Databases: Great Expectations does without them, and a check reads none. A second, 20 MB.
NOT_USED = frozenset({"sqlalchemy"})


@contextmanager
def seldom_used_later() -> Iterator[None]:
    """Let imports within the block put off what is seldom used until something looks into it.

    What is not used at all is not there for them; once it was imported elsewhere, it is.
    """
    finder = _Later()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Later(MetaPathFinder):
    """Finds the packages that are seldom used, with a loader that waits."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Give the package's spec, or None for all others: the next finder is asked.

        Raises:
            ModuleNotFoundError: It is one that is not used.
        """
        if fullname in NOT_USED:
            raise ModuleNotFoundError(f"{fullname} is not used", name=fullname)
        if fullname not in SELDOM_USED:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec

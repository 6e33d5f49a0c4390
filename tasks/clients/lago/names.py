"""The ids of a list's rows: which came before, without holding them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.int64]

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

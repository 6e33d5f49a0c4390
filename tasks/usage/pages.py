"""What a run knows of billing periods, on disk: by deployment, of which some are a page.

Pages divide the whole range of deployment ids, so that an order belongs to exactly one of them
also where no usage of it was read.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tasks.model.rows import cut
from tasks.model.spool import OnDisk, Parts, Spool
from tasks.usage.records import PeriodKey, UsageSum

#: Sums in a page, and a few more: no deployment is in two.
PAGE_SUMS = 2_500
#: Deployments whose values lie together.
_TOGETHER = 1_000
#: Values that are written to disk at once.
_BATCH = 4_000
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Page:
    """The sums of the deployments from ``first`` up to ``until`` (None: to the last)."""

    sums: tuple[UsageSum, ...]
    first: str
    until: str | None


class SumPages(OnDisk[Page]):
    """All sums that were read.

    That of the records without a deployment is in the first page: it comes last from the source,
    and first in the report.

    Attributes:
        records: Usage records behind them, good or not.
    """

    def __init__(self, sums: Iterable[UsageSum] = (), page_sums: int = PAGE_SUMS) -> None:
        """Write sums to disk.

        Args:
            sums: By deployment id, None after all others.
            page_sums: How many make a page full.
        """
        self.records = 0
        self._parts = Parts(UsageSum)
        self._firsts = [""]
        self._orphans: tuple[UsageSum, ...] = ()
        page: list[UsageSum] = []
        for each in sums:
            self.records += each.records + each.quarantined
            if each.deployment_id is None:
                self._orphans += (each,)
                continue
            if len(page) >= page_sums and page[-1].deployment_id != each.deployment_id:
                self._parts.append(page)
                self._firsts.append(each.deployment_id)
                page = []
            page.append(each)
        self._parts.append(page)

    def __len__(self) -> int:
        return len(self._parts)

    def _make(self, place: int) -> Page:
        sums = self._parts[place] + (() if place else self._orphans)
        first, *until = self._firsts[place : place + 2]
        return Page(sums, first, until[0] if until else None)


class ByPeriod(Generic[Value]):
    """Values by deployment and start of the period.

    No dataclass and no dict: Prefect would track each value of one that a task gives back.
    """

    def __init__(self, deployments: Iterable[str] = ()) -> None:
        """Begin without values.

        Args:
            deployments: Of which there may be values, so that few lie together.
        """
        self._firsts = sorted(deployments)[_TOGETHER::_TOGETHER]
        self._places: dict[int, list[int]] = {}
        self._parts: Spool[dict[PeriodKey, Value]] = Spool()

    def add(self, values: Iterable[tuple[PeriodKey, Value]]) -> None:
        """Add values; a later one takes the place of an earlier one."""
        for some in cut(values, _BATCH):
            parts: defaultdict[int, dict[PeriodKey, Value]] = defaultdict(dict)
            for key, value in some:
                parts[bisect_right(self._firsts, key[0])][key] = value
            for number, part in parts.items():
                self._places.setdefault(number, []).append(len(self._parts))
                self._parts.append(part)

    def add_all(self, others: ByPeriod[Value]) -> None:
        """Add the values of another."""
        for part in others._parts:
            self.add(part.items())

    def of(self, page: Page) -> dict[PeriodKey, Value]:
        """Give the values of a page's deployments."""
        until = page.until
        last = len(self._firsts) if until is None else bisect_left(self._firsts, until)
        return {
            key: value
            for number in range(bisect_right(self._firsts, page.first), last + 1)
            for place in self._places.get(number, ())
            for key, value in self._parts[place].items()
            if page.first <= key[0] and (until is None or key[0] < until)
        }

    def __bool__(self) -> bool:
        return bool(self._parts)

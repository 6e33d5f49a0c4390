"""What all pages are mapped to: the records of each on disk, the rest in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import TypeVar

from tasks.backfill.verdicts import Verdict
from tasks.model.records import Customer, EndedOrder, Finding, Mapped, Order, Plan
from tasks.model.spool import OnDisk, Spool

Page = TypeVar("Page")
#: Customers that are written to disk at once.
_CHUNK = 250
#: Sums of flat prices by billing cycle and currency.
Sums = dict[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class MappedPages:
    """The records of all pages.

    Attributes:
        pages: What Odoo is to hold, page by page; plans stand in none of them.
        plans: By external id.
        findings: Rows that would not map.
        prices: Sums of the orders' flat prices.
        rows: Customers and orders.
    """

    pages: Sequence[Mapped]
    plans: dict[str, Plan]
    findings: tuple[Finding, ...]
    prices: Sums
    rows: int


class _Pages(OnDisk[Mapped]):
    """The records of pages, on disk; each look at a page makes it anew."""

    def __init__(self) -> None:
        self._customers: Spool[tuple[Customer, ...]] = Spool()
        self._pages: Spool[tuple[range, tuple[EndedOrder, ...]]] = Spool()

    def append(self, mapped: Mapped) -> None:
        """Add a page, some customers at a time: to write many at once takes much memory."""
        begin = len(self._customers)
        for start in range(0, len(mapped.customers), _CHUNK):
            self._customers.append(mapped.customers[start : start + _CHUNK])
        self._pages.append((range(begin, len(self._customers)), mapped.ended))

    def __len__(self) -> int:
        return len(self._pages)

    def _make(self, place: int) -> Mapped:
        chunks, ended = self._pages[place]
        customers = chain.from_iterable(self._customers[chunk] for chunk in chunks)
        return Mapped(tuple(customers), {}, (), ended)


def map_pages(
    mapping: Callable[[Page, Mapping[str, frozenset[str]]], Mapped],
    pages: Iterable[Page],
    verdicts: Iterable[Verdict],
) -> MappedPages:
    """Map page after page.

    Args:
        mapping: Maps the accepted rows of a page; plans are the same in each.
        pages: As they were read.
        verdicts: One for each.
    """
    kept = _Pages()
    plans: dict[str, Plan] = {}
    findings: list[Finding] = []
    prices: Sums = {}
    rows = 0
    for place, (page, verdict) in enumerate(zip(pages, verdicts, strict=True)):
        mapped = mapping(page, verdict.accepted)
        plans = plans or mapped.plans
        findings += (each for each in mapped.findings if each.table != "plans" or not place)
        foot(((order, order.price) for order in mapped.orders), prices)
        rows += mapped.rows
        kept.append(mapped)
    return MappedPages(kept, plans, tuple(findings), prices, rows)


def foot(prices: Iterable[tuple[Order, Decimal]], sums: Sums) -> None:
    """Add orders' prices to the sums."""
    for order, price in prices:
        key = (order.cycle, order.currency)
        sums[key] = sums.get(key, Decimal(0)) + price

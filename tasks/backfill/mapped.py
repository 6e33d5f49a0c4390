"""What all pages are mapped to: the records of each on disk, the rest in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from tasks.backfill.verdicts import Verdict
from tasks.model.records import Finding, Mapped, Order, Plan
from tasks.model.spool import Spool

Page = TypeVar("Page")
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
    kept: Spool[Mapped] = Spool()
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
        kept.append(replace(mapped, plans={}, findings=()))
    return MappedPages(kept, plans, tuple(findings), prices, rows)


def foot(prices: Iterable[tuple[Order, Decimal]], sums: Sums) -> None:
    """Add orders' prices to the sums."""
    for order, price in prices:
        key = (order.cycle, order.currency)
        sums[key] = sums.get(key, Decimal(0)) + price

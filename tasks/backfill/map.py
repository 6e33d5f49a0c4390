"""map: accepted source rows -> the records that Odoo is to hold, page by page, on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from decimal import Decimal
from itertools import chain
from typing import TypeVar

from tasks.backfill.mapping.nexacloud import map_customer, map_order, map_plan
from tasks.backfill.quarantine import Verdict, kept_out_by
from tasks.model.errors import RecordError
from tasks.model.records import Customer, EndedOrder, Finding, Mapped, Order, Plan
from tasks.model.rows import cut
from tasks.model.source import Row, Source, ended_deployments
from tasks.model.spool import OnDisk, Spool
from tasks.model.texts import is_usable_key

Page = TypeVar("Page")
#: Customers that are written to disk at once.
_CHUNK = 250
_REMEDY = "Correct the row in NexaCloud and run the backfill again."
#: Sums of flat prices by billing cycle and currency.
Sums = dict[tuple[str, str], Decimal]


def map_tables(
    tables: Mapping[str, Sequence[Row]],
    accepted: Mapping[str, frozenset[str]],
    *,
    entities: frozenset[str],
    timezone: tzinfo,
) -> Mapped:
    """Map what the checks accepted; a row that will not map is reported, the rest goes on.

    Args:
        tables: users, plans, deployments, subscriptions, deployment_addons.
        accepted: Ids per table that are neither in quarantine nor out of scope.
        entities: What to load, of customer, plan and order. Orders bring the customers and
            plans that they need along.
        timezone: The company's, for dates.
    """
    findings: list[Finding] = []
    plans: dict[str, Plan] = {}
    customers: dict[str, Customer] = {}
    if entities & {"plan", "order"}:
        for row in _accepted("plans", tables, accepted):
            try:
                plans[row["id"]] = map_plan(row)
            except RecordError as error:
                findings.append(kept_out_by(error, "plans", _REMEDY))
    if entities & {"customer", "order"}:
        for row in _accepted("users", tables, accepted):
            try:
                customers[row["id"]] = map_customer(row)
            except RecordError as error:
                findings.append(kept_out_by(error, "users", _REMEDY))
    if "order" in entities:
        orders, faults = _map_orders(tables, accepted, plans, timezone)
        findings.extend(faults)
        for user_id, theirs in orders.items():
            if user_id in customers:
                customers[user_id] = replace(customers[user_id], orders=tuple(theirs))
    ended = _ended(tables) if "order" in entities else ()
    return Mapped(tuple(customers.values()), plans, tuple(findings), ended)


def _map_orders(
    tables: Mapping[str, Sequence[Row]],
    accepted: Mapping[str, frozenset[str]],
    plans: Mapping[str, Plan],
    timezone: tzinfo,
) -> tuple[dict[str, list[Order]], list[Finding]]:
    subscriptions = {
        row["deployment_id"]: row for row in _accepted("subscriptions", tables, accepted)
    }
    addons: dict[str, list[Row]] = {}
    for row in _accepted("deployment_addons", tables, accepted):
        addons.setdefault(row["deployment_id"], []).append(row)
    orders: dict[str, list[Order]] = {}
    findings: list[Finding] = []
    for deployment in _accepted("deployments", tables, accepted):
        subscription = subscriptions.get(deployment["id"])
        plan = plans.get(subscription["plan_id"]) if subscription else None
        if subscription is None or plan is None:
            continue
        try:
            theirs = addons.get(deployment["id"], ())
            order = map_order(deployment, subscription, plan, timezone, theirs)
        except RecordError as error:
            findings += (
                kept_out_by(error, "subscriptions", _REMEDY),
                kept_out_by(error, "deployments", _REMEDY, key=deployment["id"]),
            )
            continue
        orders.setdefault(deployment["user_id"], []).append(order)
    return orders, findings


def _ended(tables: Mapping[str, Sequence[Row]]) -> tuple[EndedOrder, ...]:
    source = Source(**{table: tuple(rows) for table, rows in tables.items()})
    ended = ended_deployments(source).items()
    # Of what Odoo cannot hold there is no order to end.
    return tuple(EndedOrder(key, moment) for key, moment in ended if is_usable_key(key))


def _accepted(
    table: str, tables: Mapping[str, Sequence[Row]], accepted: Mapping[str, frozenset[str]]
) -> Iterable[Row]:
    ids = accepted.get(table, frozenset())
    return (row for row in tables.get(table, ()) if row["id"] in ids)


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
        self._customers: Spool[list[Customer]] = Spool()
        self._pages: Spool[tuple[range, tuple[EndedOrder, ...]]] = Spool()

    def append(self, mapped: Mapped) -> None:
        """Add a page, some customers at a time: to write many at once takes much memory."""
        begin = len(self._customers)
        for some in cut(mapped.customers, _CHUNK):
            self._customers.append(some)
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

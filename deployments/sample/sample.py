"""Makes the whole sample in memory: the same ``SampleSpec`` always gives the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from random import Random
from typing import Any

from deployments.sample.clean.biller import make_invoices
from deployments.sample.clean.life import CleanWorld, make_world
from deployments.sample.dirt.dirt import spoil
from deployments.sample.lago.book import LagoBook
from deployments.sample.lago.services import add_services
from deployments.sample.nexacloud.billing import BillingWriter
from deployments.sample.nexacloud.plans import catalogue
from deployments.sample.nexacloud.subscriptions import make_addons, make_services
from deployments.sample.nexacloud.users import make_users
from deployments.sample.rows import ROW_CLASSES, CopyText, Subscription
from deployments.sample.world import World

FEWEST_CUSTOMERS_WITH_DIRT = 60
MOST_DIRT = Decimal(10)


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """What to make.

    ``dirty`` is the percentage of users, deployments and subscriptions that break a rule
    (0: no row breaks any); ``as_of`` is the sample's "today", from which all dates count.
    ``clean``: nothing is wrong, and every invoice says exactly what the terms say.
    """

    customers: int = 500
    seed: int = 7
    dirty: Decimal = Decimal(3)
    usage_months: int = 6
    as_of: date = date(2026, 11, 1)
    clean: bool = False

    def __post_init__(self) -> None:
        if self.customers < 1 or self.usage_months < 1:
            raise ValueError("customers and usage months must be at least 1")
        if not 0 <= self.dirty <= MOST_DIRT:
            raise ValueError(f"dirty must be a percentage from 0 to {MOST_DIRT}")
        if self.clean and self.dirty:
            raise ValueError("a clean sample has no dirty rows: ask for dirty 0, or not for clean")
        if self.dirty and self.customers < FEWEST_CUSTOMERS_WITH_DIRT:
            raise ValueError(
                f"a dirty sample needs at least {FEWEST_CUSTOMERS_WITH_DIRT} customers, so that"
                " every rule can be broken once; ask for more customers or for dirty 0"
            )


def generate(spec: SampleSpec) -> dict[str, CopyText]:
    """Return every table's rows as COPY text, by qualified name, in the order to load them."""
    return _make(spec)[0]


def lago_document(spec: SampleSpec) -> dict[str, Any]:
    """Return what Lago holds of the same sample, as the sandbox serves it."""
    return _make(spec)[1].document()


def _make(spec: SampleSpec) -> tuple[dict[str, CopyText], LagoBook]:
    random = Random(spec.seed)  # noqa: S311 - sample data, and it must repeat
    now = datetime.combine(spec.as_of, time(), UTC)
    if spec.clean:
        return _make_clean(random, spec, now)
    users = make_users(random, spec.customers, now)
    plans = catalogue(random, now)
    deployments, subscriptions = make_services(random, users, plans, now)
    world = World(now, users, plans, deployments, subscriptions)
    if spec.dirty:
        spoil(random, world, spec.dirty)
    world.addons = make_addons(random, world.deployments)
    tables = {table: CopyText(table) for table in ROW_CLASSES}
    # Lago's ids come from a source of their own, so that they move nothing else.
    book = LagoBook(Random(spec.seed + 1), now, world.plans)  # noqa: S311
    BillingWriter(random, world, tables, book, spec.usage_months, spec.dirty).write()
    add_services(book, world, spec.usage_months)
    _add(tables, world, world.subscriptions)
    tables["sample.dirty_labels"].extend(world.labels)
    return tables, book


def _make_clean(
    random: Random, spec: SampleSpec, now: datetime
) -> tuple[dict[str, CopyText], LagoBook]:
    """Make the world in which nothing is wrong; Stripe bills all of it, and Lago nothing."""
    world = make_world(random, spec.customers, spec.usage_months, now)
    tables = {table: CopyText(table) for table in ROW_CLASSES}
    for invoice, items in make_invoices(random, world):
        tables["invoices"].add(invoice)
        tables["invoice_items"].extend(items)
    _add(tables, world, [contract.subscription for contract in world.contracts])
    tables["usage_records"].extend(world.usage)
    tables["sample.events"].extend(world.events)
    return tables, LagoBook(Random(spec.seed + 1), now, world.plans)  # noqa: S311


def _add(
    tables: dict[str, CopyText], world: World | CleanWorld, subscriptions: list[Subscription]
) -> None:
    tables["users"].extend(world.users)
    tables["plans"].extend(world.plans)
    tables["deployments"].extend(world.deployments)
    tables["subscriptions"].extend(subscriptions)
    tables["deployment_addons"].extend(world.addons)

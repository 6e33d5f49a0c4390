"""read, from Lago: one service's customers, plans and subscriptions, and all that was billed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from heapq import nsmallest

from tasks.backfill.mapping.lago_customers import ACTIVE, Organization, user_row
from tasks.backfill.mapping.lago_source import LagoSource, oldest_first, own_plan
from tasks.backfill.pages import HOME_COLUMNS, PAGE_CUSTOMERS, pages_of_users
from tasks.model.errors import ConfigError
from tasks.model.lago import LagoCustomer
from tasks.model.spool import Divided, RowList
from tasks.run.settings import load_settings


def read_lago(
    service: str, limit: int | None = None, page_customers: int = PAGE_CUSTOMERS
) -> LagoSource:
    """Read a service from the Lago that the settings name; its customers in pages, on disk.

    Args:
        service: Code of the service; in Lago that of its billing entity.
        limit: Only the first so many customers and what is theirs (None: everybody).
        page_customers: Customers in a page, about.

    Raises:
        ConfigError: Lago is not there, refuses the key, or knows nobody of the service.
        RetryableError: Lago cannot be reached now, or its data do not stand still.
    """
    # Who reads NexaCloud does not wait for the import of Lago's client.
    from tasks.clients.lago.billing import read_billing

    read_at = datetime.now(UTC)
    lago = load_settings().lago()
    ours: Iterable[LagoCustomer] = (each for each in lago.customers() if each.service == service)
    customers = RowList(LagoCustomer)
    for each in ours if limit is None else nsmallest(limit, ours, key=oldest_first):
        customers.append(each)
    if not customers:
        raise ConfigError(
            f"Lago has no customer of service {service!r}. Give the service's billing entity in"
            " Lago the same code as the service has in Odoo."
        )
    rows = [[row[name] for name in HOME_COLUMNS["users"]] for row in map(user_row, customers)]
    columns = dict(zip(HOME_COLUMNS["users"], zip(*rows, strict=True), strict=True))
    number, pages = pages_of_users(columns, page_customers)
    subscriptions = Divided(
        number,
        ((pages[each.customer], each) for each in lago.subscriptions() if each.customer in pages),
    )
    sold = {each.plan_code for each in subscriptions}
    listed = {plan.lago_id: plan for plan in lago.plans()}
    plans = {plan.code: plan for plan in listed.values() if plan.code in sold}
    own = {
        each.lago_id: own_plan(each, plan)
        for each in subscriptions
        if each.status == ACTIVE and (plan := lago.own_plan_of(each.external_id, listed))
    }
    return LagoSource(
        customers=Divided(number, ((pages[each.external_id], each) for each in customers)),
        plans=tuple(plans.values()),
        subscriptions=subscriptions,
        own_plans=own,
        metrics=tuple(lago.metrics()),
        billing=read_billing(lago),
        wallets=lago.wallets(customer.external_id for customer in customers),
        organization=Organization(
            entities={entity.code: entity for entity in lago.entities()},
            taxes={tax.code: tax for tax in lago.taxes()},
        ),
        read_at=read_at,
    )

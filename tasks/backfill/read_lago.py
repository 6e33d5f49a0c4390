"""read, from Lago: one service's customers, plans and subscriptions, and all that was billed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tasks.backfill.mapping.lago import ACTIVE, LagoSource, own_plan
from tasks.backfill.mapping.lago_customers import Organization
from tasks.model.errors import ConfigError
from tasks.model.lago import LagoPlan, LagoSubscription
from tasks.run.settings import load_settings

if TYPE_CHECKING:
    from tasks.clients.lago.connection import Lago


def read_lago(service: str, limit: int | None = None) -> LagoSource:
    """Read a service from the Lago that the settings name.

    Args:
        service: Code of the service; in Lago that of its billing entity.
        limit: Only the first so many customers and what is theirs (None: everybody).

    Raises:
        ConfigError: Lago is not there, refuses the key, or knows nobody of the service.
        RetryableError: Lago cannot be reached now, or its data do not stand still.
    """
    # Who reads NexaCloud does not wait for the import of Lago's client.
    from tasks.clients.lago.billing import read_billing

    read_at = datetime.now(UTC)
    lago = load_settings().lago()
    customers = sorted(
        (each for each in lago.customers() if each.service == service),
        key=lambda each: (each.created_at, each.external_id),
    )[:limit]
    if not customers:
        raise ConfigError(
            f"Lago has no customer of service {service!r}. Give the service's billing entity in"
            " Lago the same code as the service has in Odoo."
        )
    names = {customer.external_id for customer in customers}
    subscriptions = tuple(each for each in lago.subscriptions() if each.customer in names)
    sold = {each.plan_code for each in subscriptions}
    plans = {plan.code: plan for plan in lago.plans() if plan.code in sold}
    own = {each.lago_id: plan for each in subscriptions if (plan := _own_plan(lago, each, plans))}
    return LagoSource(
        customers=tuple(customers),
        plans=tuple(plans.values()),
        subscriptions=subscriptions,
        own_plans=own,
        metrics=tuple(lago.metrics()),
        billing=read_billing(lago),
        wallets=tuple(wallet for wallet in lago.wallets() if wallet.customer in names),
        organization=Organization(
            entities={entity.code: entity for entity in lago.entities()},
            taxes={tax.code: tax for tax in lago.taxes()},
        ),
        read_at=read_at,
    )


def _own_plan(
    lago: Lago, subscription: LagoSubscription, plans: dict[str, LagoPlan]
) -> LagoPlan | None:
    """Read the prices that were agreed for one subscription alone; None if there are none."""
    if subscription.status != ACTIVE:
        return None
    found = lago.plan_of(subscription.external_id)
    listed = plans.get(subscription.plan_code)
    if found is None or (listed and found.lago_id == listed.lago_id):
        return None
    return own_plan(subscription, found)

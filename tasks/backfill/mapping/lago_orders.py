"""Lago's subscription -> one draft order."""

from __future__ import annotations

from datetime import tzinfo

from tasks.model.errors import RecordError
from tasks.model.lago import LagoSubscription
from tasks.model.records import Order, Plan


def map_lago_order(subscription: LagoSubscription, plan: Plan, timezone: tzinfo) -> Order:
    """Map a live subscription and its plan, which may be one of its own.

    It is known by its external id, because usage and apps speak of that; of all that ever had
    the id only one lives.

    Raises:
        RecordError: It has no start, or is billed by calendar months that Odoo would begin
            on another day.
    """
    key = subscription.lago_id
    if subscription.started_at is None:
        raise RecordError(key, "start_missing", "The subscription has no start.")
    started_on = subscription.started_at.astimezone(timezone).date()
    if subscription.billing_time == "calendar" and started_on.day != 1:
        raise RecordError(
            key,
            "billing_time_calendar",
            "Lago bills the subscription by calendar months; Odoo's periods begin on its first"
            f" day, the {started_on.day}.",
        )
    [(cycle, price)] = plan.flat_prices.items()
    return Order(
        external_id=subscription.external_id,
        subscription_id=subscription.external_id,
        deployment_id=subscription.external_id,
        plan_id=plan.external_id,
        plan_code=plan.code,
        name=subscription.name or subscription.external_id,
        cycle=cycle,
        price=price,
        currency=plan.currency,
        started_on=started_on,
        period_start=None,
        period_end=None,
    )

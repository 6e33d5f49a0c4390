"""deployment with its live subscription -> one draft order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from tasks.model.addons import addon_item
from tasks.model.errors import RecordError
from tasks.model.nexacloud import CYCLE_MONTHS
from tasks.model.records import Order, OrderLine, Plan
from tasks.model.texts import said


def map_order(
    deployment: Mapping[str, Any],
    subscription: Mapping[str, Any],
    plan: Plan,
    timezone: tzinfo,
    addons: Iterable[Mapping[str, Any]] = (),
) -> Order:
    """Map a deployment, its one live subscription, that subscription's plan and the add-ons.

    Timestamps become dates in ``timezone`` (the company's), because a bill speaks of days
    there; a period's end stays the first day after it.

    Raises:
        RecordError: The plan is not sold in the subscription's billing cycle, or an add-on has
            no price.
    """
    cycle = subscription["billing_cycle"]
    price = plan.flat_prices.get(cycle)
    if price is None:
        raise RecordError(
            subscription["id"],
            "price_missing_for_cycle",
            f"Plan {plan.code} has no price for the cycle {cycle!r}.",
        )
    started_on = _day(subscription["started_at"], timezone)
    if started_on is None:
        raise RecordError(subscription["id"], "start_missing", "The subscription has no start.")
    return Order(
        external_id=deployment["id"],
        subscription_id=subscription["id"],
        deployment_id=deployment["id"],
        plan_id=plan.external_id,
        plan_code=plan.code,
        name=said(deployment["name"]) or deployment["id"],
        cycle=cycle,
        price=price,
        currency=plan.currency,
        started_on=started_on,
        period_start=_day(subscription["current_period_start"], timezone),
        period_end=_day(subscription["current_period_end"], timezone),
        lines=tuple(
            _line(addon, CYCLE_MONTHS[cycle]) for addon in sorted(addons, key=lambda row: row["id"])
        ),
    )


def _line(addon: Mapping[str, Any], months: int) -> OrderLine:
    """Map an add-on, which is priced by the month, to what it costs in one cycle."""
    price: Decimal | None = addon["price_monthly"]
    if price is None:
        raise RecordError(addon["id"], "addon_price_missing", "The add-on has no price.")
    return OrderLine(
        external_id=addon["id"],
        item=addon_item(addon["name"]),
        kind="addon",
        name=" ".join(addon["name"].split()),
        quantity=Decimal(1),
        price=price * months,
    )


def _day(moment: datetime | None, timezone: tzinfo) -> date | None:
    return moment.astimezone(timezone).date() if moment is not None else None

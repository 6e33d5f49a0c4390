"""NexaCloud's rows -> records: user -> customer, plan -> plan, deployment -> draft order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from tasks.model.addons import addon_item
from tasks.model.errors import RecordError
from tasks.model.nexacloud import (
    CYCLE_MONTHS,
    CYCLE_PRICES,
    HOUSE_RATE_PER_CORE_HOUR,
    SECONDS_PER_CORE_HOUR,
)
from tasks.model.records import Charge, Customer, Order, OrderLine, Plan
from tasks.model.texts import said


def map_customer(user: Mapping[str, Any]) -> Customer:
    """Map one row of ``users`` to one partner and one account link; orders are attached later.

    The person's name wins over the company's, which is kept beside it, so that nothing of
    the source is dropped. Text is trimmed; text of nothing but blanks is None.

    Raises:
        RecordError: The user has neither a name nor a company.
    """
    company = said(user["company_name"])
    name = said(user["full_name"]) or company
    if name is None:
        raise RecordError(user["id"], "name_missing", "The customer has no name and no company.")
    country = said(user["country_code"])
    return Customer(
        external_id=user["id"],
        name=name,
        email=said(user["email"]),
        company_name=company,
        phone=said(user["phone"]),
        street=said(user["street"]),
        city=said(user["city"]),
        region=said(user["region"]),
        postal_code=said(user["postal_code"]),
        country_code=country.upper() if country else None,
        stripe_customer_id=said(user["stripe_customer_id"]),
        # Who is not said to have left is here.
        active=user["is_active"] is not False,
        created_at=user["created_at"],
    )


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


def map_plan(plan: Mapping[str, Any]) -> Plan:
    """Map one row of ``plans`` to a flat product per cycle and one ``cpu_seconds`` charge.

    A cycle whose price is NULL is not sold and is left out; a price of 0 is a price. CPU
    beyond the quota is billed by the second's share of an hour, not by whole hours. Code and name
    are trimmed, as Odoo keeps them; a plan without a name is called by its code.

    Raises:
        RecordError: The quota is NULL, so there is nothing to charge beyond of; or the plan has
            no code.
    """
    quota = plan["cpu_seconds_quota"]
    if quota is None:
        raise RecordError(plan["id"], "quota_missing", "The plan has no CPU quota.")
    code = said(plan["code"])
    if code is None:
        raise RecordError(plan["id"], "plan_code_missing", "The plan has no code.")
    rate = plan["cpu_rate_per_core_hour"]
    currency = plan["currency"].strip().upper()
    prices = {cycle: plan[column] for cycle, column in CYCLE_PRICES.items()}
    return Plan(
        external_id=plan["id"],
        code=code,
        name=said(plan["name"]) or code,
        currency=currency,
        flat_prices={cycle: price for cycle, price in prices.items() if price is not None},
        charges=(
            Charge(
                metric="cpu_seconds",
                included_quota=Decimal(quota),
                unit_batch=SECONDS_PER_CORE_HOUR,
                price_per_unit=HOUSE_RATE_PER_CORE_HOUR if rate is None else rate,
                charge_model="standard",
                currency=currency,
            ),
        ),
        active=plan["is_active"] is not False,
    )

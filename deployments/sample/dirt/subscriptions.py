"""Deployments and subscriptions that break a rule."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random

from deployments.sample.nexacloud.subscriptions import end_subscription, make_subscription
from deployments.sample.periods import CYCLE_MONTHS
from deployments.sample.rows import Plan, Subscription, new_id
from deployments.sample.world import Service, Victims, World

UNKNOWN_CYCLES = ("weekly", "quarterly", "biennial", "one-off")
MISTYPED_YEAR = 2062  # "2026" with two digits swapped


def spoil_deployments(
    random: Random, world: World, victims: Victims, plans: list[Plan], counts: dict[str, int]
) -> None:
    """Spoil ``counts`` deployments a rule; extra subscriptions are of clean ``plans``."""
    owned: defaultdict[str | None, list[Subscription]] = defaultdict(list)
    for subscription in world.subscriptions:
        owned[subscription.deployment_id].append(subscription)
    gone: set[str] = set()
    for number, service in enumerate(victims.take(counts["owner_unknown"])):
        world.label("deployments", service.deployment.id, "owner_unknown")
        if number % 4 == 1:
            service.deployment.user_id = None
            _leave_without_subscription(random, world, service, number, gone)
        else:
            _orphan(random, world, service, owned[service.deployment.id])
    for number, service in enumerate(victims.take(counts["subscription_missing"])):
        _leave_without_subscription(random, world, service, number, gone)
    world.subscriptions = [each for each in world.subscriptions if each.id not in gone]
    monthly = [plan for plan in plans if plan.price_monthly is not None]
    for service in victims.take(counts["subscription_live_twice"]):
        world.label("deployments", service.deployment.id, "subscription_live_twice")
        started_at = _between(random, service.subscription.started_at, world.now)
        world.subscriptions.append(
            make_subscription(
                random, service.deployment, random.choice(monthly), "monthly", started_at, world.now
            )
        )


def spoil_subscriptions(
    random: Random, world: World, victims: Victims, plans: list[Plan], counts: dict[str, int]
) -> None:
    """Spoil ``counts`` subscriptions a rule."""
    one_cycle = [p for p in plans if (p.price_monthly is None) != (p.price_yearly is None)]

    def take(rule: str) -> list[Service]:
        chosen = victims.take(counts[rule])
        for service in chosen:
            if rule != "deployment_unknown":
                world.label("subscriptions", service.subscription.id, rule)
        return chosen

    for number, service in enumerate(take("cycle_unknown")):
        service.subscription.billing_cycle = UNKNOWN_CYCLES[number % len(UNKNOWN_CYCLES)]
    for service in take("price_missing_for_cycle"):
        plan = random.choice(one_cycle)
        service.subscription.plan_id = plan.id
        service.subscription.billing_cycle = "yearly" if plan.price_yearly is None else "monthly"
    for number, service in enumerate(take("plan_unknown")):
        service.subscription.plan_id = None if number % 3 == 1 else new_id(random)
    for number, service in enumerate(take("deployment_unknown")):
        _add_subscription_of_nothing(random, world, service, plans, number)
    others = victims.take(counts["owner_differs"])
    for service, other in zip(take("owner_differs"), others, strict=True):
        service.subscription.user_id = other.user.id
    for service in take("period_reversed"):
        subscription = service.subscription
        subscription.current_period_end = subscription.current_period_start - timedelta(days=30)
    for service in take("started_in_future"):
        started_at = service.subscription.started_at
        service.subscription.started_at = started_at.replace(year=MISTYPED_YEAR, day=1)
        # So far away that the period that is paid for has long ended by then.
        world.label("subscriptions", service.subscription.id, "starts_after_period")


def blur_ended_subscriptions(random: Random, world: World) -> None:
    """Break references and cycles of a few ended subscriptions: out of scope, so no label."""
    ended = [subscription for subscription in world.subscriptions if not subscription.live]
    for number, subscription in enumerate(random.sample(ended, len(ended) // 30)):
        if number % 2:
            subscription.billing_cycle = random.choice(UNKNOWN_CYCLES)
        else:
            subscription.plan_id = new_id(random)


def _orphan(
    random: Random, world: World, service: Service, subscriptions: list[Subscription]
) -> None:
    """Make the owner one that is gone, for the deployment and all its ``subscriptions`` alike."""
    gone = new_id(random)
    service.deployment.user_id = gone
    for subscription in subscriptions:
        subscription.user_id = gone
    world.label("subscriptions", service.subscription.id, "subscriber_unknown")


def _leave_without_subscription(
    random: Random, world: World, service: Service, number: int, gone: set[str]
) -> None:
    """End its subscription, or note its id as one that is ``gone``, by turns."""
    world.label("deployments", service.deployment.id, "subscription_missing")
    if number % 2:
        ended_at = _between(random, service.subscription.started_at, world.now)
        end_subscription(random, service.subscription, ended_at)
    else:
        gone.add(service.subscription.id)


def _add_subscription_of_nothing(
    random: Random, world: World, service: Service, plans: list[Plan], number: int
) -> None:
    """Add a live subscription whose deployment is gone (or was never written: None)."""
    cycle = random.choice(list(CYCLE_MONTHS))
    plan = random.choice([plan for plan in plans if plan.price_for(cycle) is not None])
    started_at = _between(random, service.deployment.created_at, world.now)
    extra = make_subscription(random, service.deployment, plan, cycle, started_at, world.now)
    extra.deployment_id = None if number % 3 == 1 else new_id(random)
    world.subscriptions.append(extra)
    world.label("subscriptions", extra.id, "deployment_unknown")


def _between(random: Random, start: datetime, end: datetime) -> datetime:
    return start + random.random() * (end - start)

"""Spoils clean rows on purpose and labels each with the quality rule that it now breaks."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from deployments.sample.dirt.plans import DIRTY_PLANS, add_dirty_plans
from deployments.sample.dirt.subscriptions import (
    blur_ended_subscriptions,
    spoil_deployments,
    spoil_subscriptions,
)
from deployments.sample.dirt.users import spoil_users
from deployments.sample.world import Victims, World, live_services

# How a table's dirty rows are shared out among the rules; each rule occurs at least once.
USER_SHARES = {
    "email_malformed": 0.1,
    "stripe_id_malformed": 0.1,
    "stripe_id_duplicate": 0.06,  # pairs
    "stripe_id_missing": 0.2,
    "email_shared": 0.12,  # pairs
    "country_missing": 0.15,
    "name_missing": 0.1,
}
DEPLOYMENT_SHARES = {
    "owner_unknown": 0.25,
    "subscription_missing": 0.5,
    "subscription_live_twice": 0.25,
}
SUBSCRIPTION_SHARES = {
    "cycle_unknown": 0.15,
    "price_missing_for_cycle": 0.1,
    "plan_unknown": 0.1,
    "deployment_unknown": 0.15,
    "owner_differs": 0.1,
    "period_reversed": 0.1,
    "started_in_future": 0.15,
}
ON_DIRTY_PLANS_SHARE = 0.3


def spoil(random: Random, world: World, percent: Decimal) -> None:
    """Spoil about ``percent`` of users, deployments and subscriptions, and add spoiled plans."""
    share = float(percent) / 100
    services = live_services(world)
    random.shuffle(services)
    victims = Victims(services)
    clean_plans = list(world.plans)
    subscription_budget = share * len(world.subscriptions)
    spoil_users(random, world, victims, _counts(USER_SHARES, share * len(world.users)))
    counts = _counts(DEPLOYMENT_SHARES, share * len(world.deployments))
    spoil_deployments(random, world, victims, clean_plans, counts)
    counts = _counts(SUBSCRIPTION_SHARES, subscription_budget)
    spoil_subscriptions(random, world, victims, clean_plans, counts)
    on_each = max(1, round(subscription_budget * ON_DIRTY_PLANS_SHARE / len(DIRTY_PLANS)))
    add_dirty_plans(random, world, victims, on_each)
    blur_ended_subscriptions(random, world)


def _counts(shares: dict[str, float], rows: float) -> dict[str, int]:
    return {rule: max(1, round(part * rows)) for rule, part in shares.items()}

"""Spoils clean rows on purpose and labels each with the quality rule that it now breaks."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from random import Random

from deployments.sample.dirt.plans import DIRTY_PLANS, add_dirty_plans
from deployments.sample.dirt.subscriptions import (
    blur_ended_subscriptions,
    spoil_deployments,
    spoil_subscriptions,
)
from deployments.sample.nexacloud.users import new_stripe_id
from deployments.sample.rows import User
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
MALFORMED_EMAILS = ("{0}", "{0}@", "@{0}.example", "{0} at example.com", "{0}@@example.com", None)
MALFORMED_STRIPE_IDS = ("acct_", "sub_", "pm_", "CUS-", "cus-")


def spoil(random: Random, world: World, percent: Decimal) -> None:
    """Spoil about ``percent`` of users, deployments and subscriptions, and add spoiled plans."""
    share = float(percent) / 100
    services = live_services(world)
    random.shuffle(services)
    victims = Victims(services)
    clean_plans = list(world.plans)
    subscription_budget = share * len(world.subscriptions)
    _spoil_users(random, world, victims, _counts(USER_SHARES, share * len(world.users)))
    counts = _counts(DEPLOYMENT_SHARES, share * len(world.deployments))
    spoil_deployments(random, world, victims, clean_plans, counts)
    counts = _counts(SUBSCRIPTION_SHARES, subscription_budget)
    spoil_subscriptions(random, world, victims, clean_plans, counts)
    on_each = max(1, round(subscription_budget * ON_DIRTY_PLANS_SHARE / len(DIRTY_PLANS)))
    add_dirty_plans(random, world, victims, on_each)
    blur_ended_subscriptions(random, world)


def _counts(shares: dict[str, float], rows: float) -> dict[str, int]:
    return {rule: max(1, round(part * rows)) for rule, part in shares.items()}


def _spoil_users(random: Random, world: World, victims: Victims, counts: dict[str, int]) -> None:
    """Spoil ``counts`` users a rule (pairs of users, where a rule needs two).

    Only users with one live deployment are taken, so that few subscriptions hang on them.
    """
    deployments = Counter(deployment.user_id for deployment in world.deployments)

    def take(rule: str, each: int = 1) -> list[User]:
        chosen = victims.take(counts[rule] * each, lambda s: deployments[s.user.id] == 1)
        for service in chosen:
            world.label("users", service.user.id, rule)
        return [service.user for service in chosen]

    for number, user in enumerate(take("email_malformed")):
        pattern = MALFORMED_EMAILS[number % len(MALFORMED_EMAILS)]
        user.email = pattern and pattern.format(f"client{random.randrange(10**9)}")
    for number, user in enumerate(take("stripe_id_malformed")):
        prefix = MALFORMED_STRIPE_IDS[number % len(MALFORMED_STRIPE_IDS)]
        user.stripe_customer_id = new_stripe_id(random, prefix)
    for user in take("stripe_id_missing"):
        user.stripe_customer_id = None
    for user in take("country_missing"):
        user.country_code = None
    for number, user in enumerate(take("name_missing")):
        user.full_name, user.company_name = ("" if number % 2 else None), None
    _share_stripe_ids(take("stripe_id_duplicate", each=2))
    _share_emails(take("email_shared", each=2))


def _share_stripe_ids(users: list[User]) -> None:
    for first, second in zip(users[::2], users[1::2], strict=True):
        second.stripe_customer_id = first.stripe_customer_id


def _share_emails(users: list[User]) -> None:
    for number, (first, second) in enumerate(zip(users[::2], users[1::2], strict=True)):
        if number % 3 == 0:
            # One person who signed up twice: one address, one card. No wrong card is charged.
            second.email, second.stripe_customer_id = first.email, first.stripe_customer_id
        else:
            second.email = first.email and first.email.swapcase()

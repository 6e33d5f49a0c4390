"""Clean deployments with their subscriptions and add-ons."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from deployments.sample import words
from deployments.sample.periods import CYCLE_MONTHS, current_period
from deployments.sample.rows import (
    Deployment,
    DeploymentAddon,
    Plan,
    Subscription,
    User,
    new_id,
)

WITHOUT_DEPLOYMENT_SHARE = 0.05
DELETED_SHARE = 0.09
UPGRADED_SHARE = 0.08
YEARLY_SHARE = 0.25
ADDON_SHARE = 0.2


def make_services(
    random: Random, users: list[User], plans: list[Plan], now: datetime
) -> tuple[list[Deployment], list[Subscription]]:
    """Return each user's deployments; one that is not deleted has exactly one live subscription.

    Users who pay for nothing lose their Stripe id half of the time, as sign-ups do.
    """
    deployments: list[Deployment] = []
    subscriptions: list[Subscription] = []
    sold = {cycle: [p for p in plans if p.price_for(cycle) is not None] for cycle in CYCLE_MONTHS}
    for user in users:
        pays = False
        for _ in range(deployment_count(random)):
            deployment = _make_deployment(random, user, now)
            own = _make_subscriptions(random, deployment, sold, now)
            deployments.append(deployment)
            subscriptions += own
            pays = pays or any(subscription.live for subscription in own)
        if not pays and random.random() < 0.5:
            user.stripe_customer_id = None
    return deployments, subscriptions


def make_addons(random: Random, deployments: list[Deployment]) -> list[DeploymentAddon]:
    """Return add-ons for some of the deployments that still run."""
    addons = []
    for deployment in deployments:
        if deployment.deleted or random.random() > ADDON_SHARE:
            continue
        addons += some_addons(random, deployment)
    return addons


def some_addons(random: Random, deployment: Deployment) -> list[DeploymentAddon]:
    """Return one or two add-ons of a deployment."""
    return [
        DeploymentAddon(new_id(random), deployment.id, name, Decimal(price))
        for name, price in random.sample(words.ADDONS, random.choice((1, 1, 2)))
    ]


def new_deployment(random: Random, user: User, created_at: datetime) -> Deployment:
    """Return a deployment that runs."""
    return Deployment(
        id=new_id(random),
        user_id=user.id,
        name=f"{random.choice(words.DEPLOYMENT_ROLES)}-{random.choice(words.DEPLOYMENT_STAGES)}",
        region=random.choice(words.DEPLOYMENT_REGIONS),
        status="running",
        created_at=created_at,
        deleted_at=None,
    )


def new_subscription(
    random: Random,
    deployment: Deployment,
    plan: Plan,
    cycle: str,
    started_at: datetime,
    period: tuple[datetime, datetime],
) -> Subscription:
    """Return an active subscription of the deployment's owner."""
    return Subscription(
        id=new_id(random),
        user_id=deployment.user_id,
        deployment_id=deployment.id,
        plan_id=plan.id,
        status="active",
        billing_cycle=cycle,
        started_at=started_at,
        current_period_start=period[0],
        current_period_end=period[1],
        canceled_at=None,
    )


def make_subscription(
    random: Random,
    deployment: Deployment,
    plan: Plan,
    cycle: str,
    started_at: datetime,
    now: datetime,
) -> Subscription:
    """Return a live subscription of the deployment's owner, its period holding ``now``."""
    status = "trialing" if now - started_at < timedelta(days=30) else "active"
    if status == "active" and random.random() < 0.05:
        status = "past_due"
    period = current_period(started_at, cycle, now)
    subscription = new_subscription(random, deployment, plan, cycle, started_at, period)
    subscription.status = status
    return subscription


def end_subscription(random: Random, subscription: Subscription, ended_at: datetime) -> None:
    """Make it an ended one."""
    subscription.status = random.choice(("canceled", "canceled", "expired"))
    subscription.canceled_at = ended_at


def deployment_count(random: Random) -> int:
    """Say how many deployments a user has."""
    if random.random() < WITHOUT_DEPLOYMENT_SHARE:
        return 0
    return random.choices((1, 2, 3, 4), (45, 30, 15, 10))[0]


def _make_deployment(random: Random, user: User, now: datetime) -> Deployment:
    created_at = user.created_at + random.random() * (now - user.created_at - timedelta(days=1))
    deployment = new_deployment(random, user, created_at)
    deployment.status = random.choices(("running", "stopped", "suspended"), (90, 7, 3))[0]
    if not user.is_active or random.random() < DELETED_SHARE:
        # The live data mark a deletion by the status, by the date, or (mostly) by both.
        mark = random.choices(("both", "status", "date"), (80, 10, 10))[0]
        if mark != "date":
            deployment.status = "deleted"
        if mark != "status":
            deployment.deleted_at = created_at + random.random() * (now - created_at)
    return deployment


def _make_subscriptions(
    random: Random, deployment: Deployment, sold: dict[str, list[Plan]], now: datetime
) -> list[Subscription]:
    cycle = "yearly" if random.random() < YEARLY_SHARE else "monthly"
    plan = random.choice(sold[cycle])
    started_at = deployment.created_at + timedelta(minutes=random.randrange(1, 30))
    first = make_subscription(random, deployment, plan, cycle, started_at, now)
    if deployment.deleted:
        end_subscription(random, first, deployment.deleted_at or now - timedelta(days=1))
        return [first]
    if random.random() > UPGRADED_SHARE:
        return [first]
    changed_at = started_at + random.random() * (now - started_at)
    end_subscription(random, first, changed_at)
    return [
        first,
        make_subscription(random, deployment, random.choice(sold[cycle]), cycle, changed_at, now),
    ]

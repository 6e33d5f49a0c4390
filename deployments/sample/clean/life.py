"""Customers with whom nothing is wrong, and what happens to them: they come, change and go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from deployments.sample.nexacloud.plans import catalogue, make_plan
from deployments.sample.nexacloud.subscriptions import (
    ADDON_SHARE,
    deployment_count,
    new_deployment,
    new_subscription,
    some_addons,
)
from deployments.sample.nexacloud.usage import make_usage, overage_amount
from deployments.sample.nexacloud.users import make_users
from deployments.sample.periods import ZONE, add_months, boundary, current_period, first_day
from deployments.sample.rows import (
    Deployment,
    DeploymentAddon,
    Event,
    Plan,
    Subscription,
    UsageRecord,
    User,
    new_id,
)

YEARLY_SHARE = 0.15
CHURN_A_MONTH = 0.03
CHANGE_A_MONTH = 0.02
IN_PLACE_SHARE = 0.3
TWICE_SHARE = 0.2
EXEMPT_SHARE = 0.02
DOLLARS_ABROAD_SHARE = 0.6
OLDEST = timedelta(days=3 * 365)
#: Nobody changes a plan again, or leaves, before this.
SETTLES = timedelta(days=2)
#: How a subscription ends early: what is unused is lost, is given back, or nothing is left.
ENDINGS = {"plain": 60, "credited": 20, "period_end": 20}
# code, name, price by the month and year, core-hours included, rate per core-hour; in US dollars
DOLLAR_PLANS = (
    ("us-starter", "US Starter", "7.00", "70.00", 100, None),
    ("us-growth", "US Growth", "29.00", "290.00", 500, "0.0075"),
    ("us-scale", "US Scale", "109.00", "1090.00", 2500, "0.0055"),
)


@dataclass(slots=True)
class Contract:
    """One subscription from its beginning to its end.

    ``plans`` are what it was sold as, each from a moment on; more than one where the plan was
    changed in place. ``ending`` is empty while it runs, else a word of ``ENDINGS`` or
    ``replaced``. ``usage`` are the records that begin while it is there.
    """

    user: User
    deployment: Deployment
    subscription: Subscription
    plans: list[tuple[datetime, Plan]]
    addons: list[DeploymentAddon]
    ending: str = ""
    usage: list[UsageRecord] = field(default_factory=list)


@dataclass(slots=True)
class CleanWorld:
    """All rows but the invoices, and the contracts from which these are made."""

    now: datetime
    months: int
    users: list[User]
    plans: list[Plan]
    contracts: list[Contract] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    addons: list[DeploymentAddon] = field(default_factory=list)
    usage: list[UsageRecord] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    exempt: set[str] = field(default_factory=set)

    @property
    def begins(self) -> datetime:
        """From when on there are usage and invoices."""
        return add_months(self.now, -self.months)


def make_world(random: Random, customers: int, months: int, now: datetime) -> CleanWorld:
    """Return customers with their deployments and all that happened to them."""
    users = make_users(random, customers, now)
    plans = catalogue(random, now)
    for code, name, monthly, yearly, hours, rate in DOLLAR_PLANS:
        plan = make_plan(random, now, code, name, (monthly, yearly), hours, rate)
        plan.currency = "USD"
        plans.append(plan)
    world = CleanWorld(now, months, users, plans)
    for user in users:
        _live(random, world, user)
    return world


def _live(random: Random, world: CleanWorld, user: User) -> None:
    user.is_active = True
    abroad = user.country_code != "CA"
    currency = "USD" if abroad and random.random() < DOLLARS_ABROAD_SHARE else "CAD"
    if not abroad and random.random() < EXEMPT_SHARE:
        world.exempt.add(user.id)
        world.events.append(Event(user.id, "tax_exempt", "", user.created_at, "pays no tax"))
    for _ in range(deployment_count(random)):
        _deploy(random, world, user, currency)


def _deploy(random: Random, world: CleanWorld, user: User, currency: str) -> None:
    now = world.now
    oldest = max(user.created_at, now - OLDEST)
    created_at = oldest + random.random() * (now - oldest - timedelta(days=1))
    deployment = new_deployment(random, user, created_at)
    addons = some_addons(random, deployment) if random.random() < ADDON_SHARE else []
    cycle = "yearly" if random.random() < YEARLY_SHARE else "monthly"
    plan = random.choice(list(_sold(world.plans, currency, cycle)))
    started_at = created_at + timedelta(minutes=random.randrange(1, 30))
    contract = _sign(random, user, deployment, plan, cycle, started_at, now, addons)
    own = [contract]
    for month in _months(world, started_at):
        if random.random() < CHURN_A_MONTH:
            _leave(random, world, contract, month)
            break
        if random.random() < CHANGE_A_MONTH:
            contract = _change(random, world, contract, month)
            if contract is not own[-1]:
                own.append(contract)
    world.deployments.append(deployment)
    world.addons += addons
    world.contracts += own
    _use(random, world, deployment, own)


def _months(world: CleanWorld, started_at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the months in which something may happen, from a day after the beginning on."""
    start = max(started_at + timedelta(days=1), world.begins)
    while start < world.now - timedelta(days=1):
        end = min(add_months(start, 1), world.now - timedelta(hours=1))
        yield start, end
        start = end


def _sold(plans: list[Plan], currency: str, cycle: str) -> Iterator[Plan]:
    for plan in plans:
        if plan.currency == currency and plan.price_for(cycle) is not None and plan.is_active:
            yield plan


def _period(started_at: datetime, cycle: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the period that holds ``now``, on the company's days: its invoices are of these."""
    begun = started_at.astimezone(ZONE)
    start, end = current_period(begun, cycle, now.astimezone(ZONE))
    return start.astimezone(UTC), end.astimezone(UTC)


def _sign(
    random: Random,
    user: User,
    deployment: Deployment,
    plan: Plan,
    cycle: str,
    started_at: datetime,
    now: datetime,
    addons: list[DeploymentAddon],
) -> Contract:
    period = _period(started_at, cycle, now)
    subscription = new_subscription(random, deployment, plan, cycle, started_at, period)
    if random.random() < 0.02:
        subscription.status = "past_due"
    return Contract(user, deployment, subscription, [(started_at, plan)], addons)


def _between(random: Random, span: tuple[datetime, datetime]) -> datetime:
    return span[0] + random.random() * (span[1] - span[0])


def _leave(
    random: Random, world: CleanWorld, contract: Contract, month: tuple[datetime, datetime]
) -> None:
    """End a contract for good; its deployment goes with it."""
    moment = max(_between(random, month), contract.plans[-1][0] + SETTLES)
    if moment >= world.now:
        return
    ending = random.choices(list(ENDINGS), list(ENDINGS.values()))[0]
    if ending == "period_end":
        day, number = first_day(contract.subscription.started_at), 0
        while boundary(day, number) <= moment:
            number += 12 if contract.subscription.billing_cycle == "yearly" else 1
        moment = boundary(day, number)
        if moment >= world.now:
            return
    _end(contract, moment, ending)
    contract.deployment.status, contract.deployment.deleted_at = "deleted", moment
    kind = "churn_credited" if ending == "credited" else "churn"
    subscription = contract.subscription.id
    world.events.append(Event(contract.user.id, kind, subscription, moment, ending))


def _end(contract: Contract, moment: datetime, ending: str) -> None:
    subscription = contract.subscription
    subscription.status, subscription.canceled_at = "canceled", moment
    start, end = _period(
        subscription.started_at, subscription.billing_cycle, moment - timedelta(seconds=1)
    )
    subscription.current_period_start, subscription.current_period_end = start, end
    contract.ending = ending


def _change(
    random: Random, world: CleanWorld, contract: Contract, month: tuple[datetime, datetime]
) -> Contract:
    """Move a contract to another plan: by a new subscription, or in place, once or twice."""
    subscription = contract.subscription
    cycle, plan = subscription.billing_cycle, contract.plans[-1][1]
    others = [each for each in _sold(world.plans, plan.currency, cycle) if each is not plan]
    moment = _between(random, month)
    if moment - contract.plans[-1][0] < SETTLES:
        return contract
    if random.random() >= IN_PLACE_SHARE:
        _end(contract, moment, "replaced")
        note = f"from {plan.code}"
        world.events.append(Event(contract.user.id, "plan_change", subscription.id, moment, note))
        return _sign(
            random, contract.user, contract.deployment, random.choice(others), cycle, moment,
            world.now, contract.addons,
        )  # fmt: skip
    moments = [moment]
    if random.random() < TWICE_SHARE and moment + timedelta(days=4) < month[1]:
        moments.append(moment + timedelta(days=3))
    for each in moments:
        now = contract.plans[-1][1]
        new = random.choice([other for other in [plan, *others] if other is not now])
        contract.plans.append((each, new))
        subscription.plan_id = new.id
        note = f"from {now.code} to {new.code}"
        world.events.append(
            Event(contract.user.id, "plan_change_in_place", subscription.id, each, note)
        )
    return contract


def _use(random: Random, world: CleanWorld, deployment: Deployment, own: list[Contract]) -> None:
    """Write a deployment's records: months, cut where one contract gives way to another."""
    end = own[-1].subscription.canceled_at or world.now
    plan = own[-1].plans[-1][1]
    cuts = [*(contract.subscription.started_at for contract in own[1:]), end]
    for record in make_usage(random, deployment, plan, world.months, world.now):
        for part in _cut(random, record, cuts):
            if part.period_start < end:
                part.amount = overage_amount(part.cpu_hours, plan)
                world.usage.append(part)
                begun = [one for one in own[1:] if one.subscription.started_at <= part.period_start]
                (begun or own)[-1 if begun else 0].usage.append(part)


def _cut(random: Random, record: UsageRecord, cuts: list[datetime]) -> Iterator[UsageRecord]:
    """Yield the parts of a record before, between and after the moments."""
    for cut in cuts:
        if record.period_start < cut < record.period_end:
            share = (cut - record.period_start) / (record.period_end - record.period_start)
            hours = Decimal(int(record.cpu_hours * 10_000 * Decimal(share))).scaleb(-4)
            yield replace(record, id=new_id(random), period_end=cut, cpu_hours=hours)
            record = replace(record, period_start=cut, cpu_hours=record.cpu_hours - hours)
    yield record

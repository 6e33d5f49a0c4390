"""Plans that break a rule: extra rows, so that the clean catalogue stays usable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random

from deployments.sample.nexacloud.plans import make_plan
from deployments.sample.periods import current_period
from deployments.sample.rows import Plan
from deployments.sample.world import Victims, World


@dataclass(frozen=True, slots=True)
class DirtyPlan:
    """A plan that would be clean but for ``spoiled`` (column -> value), and what that breaks."""

    code: str
    labels: tuple[str, ...]
    spoiled: dict[str, str | None]
    cycle: str = "monthly"


DIRTY_PLANS = (
    DirtyPlan("trial-2018", ("quota_missing",), {"cpu_seconds_quota": None}),
    DirtyPlan("nano", ("quota_negative",), {"cpu_seconds_quota": "-360000"}),
    DirtyPlan(
        "micro", ("quota_not_whole", "quota_not_core_hours"), {"cpu_seconds_quota": "360000.5"}
    ),
    DirtyPlan("unlimited", ("quota_absurd",), {"cpu_seconds_quota": "999999993600"}),
    DirtyPlan("promo-printemps", ("quota_not_core_hours",), {"cpu_seconds_quota": "100000"}),
    DirtyPlan("burst-monthly", ("quota_family_mismatch",), {"cpu_seconds_quota": "360000"}),
    DirtyPlan(
        "burst-yearly", ("quota_family_mismatch",), {"cpu_seconds_quota": "432000"}, "yearly"
    ),
    DirtyPlan("refund-test", ("rate_not_positive",), {"cpu_rate_per_core_hour": "-0.0075"}),
    DirtyPlan(
        "internal",
        ("rate_not_positive",),
        {"cpu_seconds_quota": "0", "cpu_rate_per_core_hour": "0"},
    ),
    DirtyPlan("partner", ("rate_too_many_decimals",), {"cpu_rate_per_core_hour": "0.0075001"}),
    DirtyPlan("burst-gpu", ("rate_above_cap",), {"cpu_rate_per_core_hour": "7.5"}),
    DirtyPlan("essential", ("rate_rounded_to_cents",), {"cpu_rate_per_core_hour": "0.01"}),
    DirtyPlan("credit-plan", ("price_negative",), {"price_monthly": "-49.00"}),
    DirtyPlan("student", ("price_too_many_decimals",), {"price_monthly": "4.995"}),
    DirtyPlan("on-quote", ("price_missing_both",), {"price_monthly": None, "price_yearly": None}),
    DirtyPlan("us-basic", ("currency_unknown",), {"currency": "US$ "}),
    DirtyPlan("eu-basic", ("currency_unknown",), {"currency": "€"}, "yearly"),
    DirtyPlan("pro-2020", ("plan_code_duplicate",), {"name": "Pro 4 × vCPU"}),
    DirtyPlan("pro-2020", ("plan_code_duplicate",), {"name": "Pro 4 × vCPU (copie)"}),
)


def add_dirty_plans(random: Random, world: World, victims: Victims, on_each: int) -> None:
    """Add each spoiled plan and move ``on_each`` live subscriptions onto it."""
    for dirty in DIRTY_PLANS:
        plan = _make_dirty_plan(random, world.now, dirty)
        world.plans.append(plan)
        for label in dirty.labels:
            world.label("plans", plan.id, label)
        for service in victims.take(on_each):
            subscription = service.subscription
            subscription.plan_id, subscription.billing_cycle = plan.id, dirty.cycle
            subscription.current_period_start, subscription.current_period_end = current_period(
                subscription.started_at, dirty.cycle, world.now
            )
            if plan.price_for(dirty.cycle) is None:
                world.label("subscriptions", subscription.id, "price_missing_for_cycle")


def _make_dirty_plan(random: Random, now: datetime, dirty: DirtyPlan) -> Plan:
    monthly = None if dirty.code.endswith("-yearly") else "49.00"
    yearly = None if dirty.code.endswith("-monthly") else "490.00"
    name = f"{dirty.code.replace('-', ' ').capitalize()} × vCPU"
    plan = make_plan(random, now, dirty.code, name, (monthly, yearly), 100, None)
    for column, value in dirty.spoiled.items():
        exact = value if value is None or column in ("name", "currency") else Decimal(value)
        setattr(plan, column, exact)
    return plan

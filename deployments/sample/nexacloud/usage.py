"""Usage records: contiguous calendar months, cut at a deployment's birth and end."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from deployments.sample.nexacloud.pricing import AMOUNT_STEP
from deployments.sample.periods import add_months
from deployments.sample.rows import SECONDS_PER_HOUR, Deployment, Plan, UsageRecord, new_id
from deployments.sample.world import World

MOST_CORES = 128
USAGE_RULES = (
    "usage_negative",
    "usage_overlap",
    "usage_gap",
    "usage_out_of_period",
    "usage_absurd",
)
RECORDS_NEEDED = 3  # a gap needs a record before and one after it


def make_usage(
    random: Random, deployment: Deployment, plan: Plan | None, months: int, now: datetime
) -> list[UsageRecord]:
    """Return one record a month; ``amount`` is the overage beyond the plan's quota, 4 decimals."""
    end = min(deployment.deleted_at or now, now)
    start = max(deployment.created_at, add_months(now, -months))
    typical_hours = random.lognormvariate(5.5, 1.3)
    records = []
    while start < end:
        month_end = add_months(start.replace(day=1, hour=0, minute=0, second=0, microsecond=0), 1)
        period_end = min(month_end, end)
        capacity = 64 * (period_end - start).total_seconds() / SECONDS_PER_HOUR
        hours = min(typical_hours * random.uniform(0.6, 1.4), capacity)
        cpu_hours = Decimal(int(hours * 10_000)).scaleb(-4)
        amount = overage_amount(cpu_hours, plan)
        records.append(
            UsageRecord(new_id(random), deployment.id, start, period_end, cpu_hours, amount)
        )
        start = period_end
    return records


def overage_amount(cpu_hours: Decimal, plan: Plan | None) -> Decimal:
    """Return what the core-hours beyond the plan's quota cost, before tax, at 4 decimals."""
    if plan is None or plan.cpu_seconds_quota is None:
        return Decimal("0.0000")
    overage = max(Decimal(0), cpu_hours - plan.included_hours)
    return (overage * plan.hour_rate).quantize(AMOUNT_STEP, ROUND_HALF_UP)


def spoil_usage(
    random: Random, world: World, rule: str, records: list[UsageRecord]
) -> list[UsageRecord]:
    """Return the records of one deployment with one of them breaking ``rule``, labeled."""
    victim = records[1]
    if rule == "usage_negative":
        victim.cpu_hours, victim.amount = -victim.cpu_hours - 1, Decimal("0.0000")
    elif rule == "usage_absurd":
        hours = int((victim.period_end - victim.period_start).total_seconds()) // SECONDS_PER_HOUR
        victim.cpu_hours = Decimal(hours * MOST_CORES * 2 + 1)
    elif rule == "usage_overlap":
        middle = (records[0].period_end - records[0].period_start) / 2
        victim.period_start = records[0].period_start + middle
    elif rule == "usage_gap":
        victim = records[2]
        records = [records[0], *records[2:]]
    else:
        last = records[-1]
        # A mistyped year, so that the record stays out of its period however old the sample is.
        never = add_months(last.period_end, 1).replace(year=2062)
        victim = UsageRecord(
            new_id(random), last.deployment_id, last.period_end, never,
            last.cpu_hours, last.amount,
        )  # fmt: skip
        records = [*records, victim]
    world.label("usage_records", victim.id, rule)
    return records

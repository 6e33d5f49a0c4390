"""Plans, subscriptions and usage of NexaCloud, and what is due by them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tasks.reconcile.expected.nexacloud import NexaCloudTerms
from tasks.reconcile.expected.nexacloud_rows import (
    DeploymentRows,
    PlanRow,
    SubscriptionRow,
    Told,
    UsageRow,
)
from tests.reconcile.ledgers import TORONTO, line, moment

HOUR = 3600
AS_OF = moment("2026-11-01")
SEP = moment("2026-09-01")
SINCE, UNTIL = moment("2026-05-01"), moment("2026-11-01")
QUOTA = Decimal(100 * HOUR)
BASIC = PlanRow(
    "p-basic", "Basic 2 × vCPU", "basic", "CAD", {"monthly": Decimal(30)}, QUOTA, Decimal("0.0075")
)
PRO = PlanRow(
    "p-pro",
    "Pro",
    "pro",
    "CAD",
    {"monthly": Decimal(90), "yearly": Decimal(900)},
    2 * QUOTA,
    Decimal("0.005"),
)
MAX = PlanRow(
    "p-max", "Pro Max", "max", "CAD", {"monthly": Decimal(150)}, 4 * QUOTA, Decimal("0.004")
)
YEAR = PlanRow(
    "p-year", "Archive", "archive", "USD", {"yearly": Decimal(365)}, QUOTA, Decimal("0.0075")
)
QUOTE = PlanRow("p-quote", "On quote", "quote", "CAD", {}, QUOTA, Decimal("0.0075"))
FREE = PlanRow(
    "p-free", "Free", "free", "CAD", {"monthly": Decimal("0.00")}, QUOTA, Decimal("0.01")
)
PLANS = {plan.plan_id: plan for plan in (BASIC, PRO, MAX, YEAR, QUOTE, FREE)}


def subscription(started="2026-05-05", **changes):
    values = {
        "subscription_id": "sub-1",
        "customer": "anna",
        "plan_id": "p-basic",
        "status": "active",
        "cycle": "monthly",
        "started_at": moment(started) + timedelta(hours=14),
        "period_end": None,
        "canceled_at": None,
    }
    return SubscriptionRow(**(values | changes))


def canceled(day, **changes):
    at = moment(day) + timedelta(hours=15)
    return subscription(**({"status": "canceled", "canceled_at": at} | changes))


def used(day, hours):
    return UsageRow(moment(day), Decimal(hours) * HOUR)


def due(*subscriptions, since=SINCE, until=UNTIL, as_of=AS_OF, told=(), billed=(), **rows):
    terms = NexaCloudTerms("nexacloud", PLANS, since=since, until=until, as_of=as_of, zone=TORONTO)
    found = terms.due(DeploymentRows(subscriptions, **rows), Told(told, frozenset(billed)))
    found.lines.sort(key=lambda each: (each.subscription, each.item, each.period_start))
    return found


def amounts(found, item="flat"):
    """Amount by first day, of one item."""
    return {
        str(each.period_start.astimezone(TORONTO).date()): each.amount
        for each in found.lines
        if each.item == item
    }


def proration(text, amount, start="2026-09-14", **changes):
    begins, ends = moment(start), moment("2026-10-05")
    return line(amount, f"proration:{text}", period_start=begins, period_end=ends, **changes)


# What is due

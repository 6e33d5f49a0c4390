"""A customer for each thing that Lago can say: carried exactly, or kept out under its name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from deployments.sample.lago.constructs.world import SERVICE, TODAY, construct_document
from tasks.backfill.mapping.lago import customer_findings, lago_findings, map_lago, out_of_scope
from tasks.check.suites import load_suite
from tasks.model.lago_periods import Rhythm, days_billed, prorated
from tasks.model.lago_support import Fate, constructs
from tasks.model.money import minor_digits
from tests.backfill.test_lago_charges import rated
from tests.lago_service import read_tenant

TORONTO = ZoneInfo("America/Toronto")
DOCUMENT = construct_document()
LABELS = {label["construct"]: label for label in DOCUMENT["labels"]}
#: What only Odoo can tell.
ELSEWHERE = {"tax_code_unmapped"}
CARRIED = sorted(
    name
    for name, label in LABELS.items()
    if constructs()[name].fate is not Fate.KEPT_OUT and label["next"]
)
KEPT_OUT = sorted(
    name for name in LABELS if constructs()[name].fate is Fate.KEPT_OUT and name not in ELSEWHERE
)


@pytest.fixture(scope="module")
def source():
    """What is read of the world, through the vendor's client."""
    read_at = datetime.combine(TODAY, time(15), UTC)
    return replace(read_tenant(DOCUMENT, SERVICE), read_at=read_at)


@pytest.fixture(scope="module")
def rules(source):
    """The rules that each customer, their subscriptions and their plans broke."""
    found = list(customer_findings(source, load_suite("users")))
    found += lago_findings(source, [each.key for each in found], timezone=TORONTO)
    of_plans = {each.key: each.rule for each in found if each.table == "plans"}
    broken = defaultdict(set)
    for each in found:
        if each.table == "users" and each.key:
            broken[each.key].add(each.rule)
    of_subscriptions = {each.key: each.rule for each in found if each.table == "subscriptions"}
    for subscription in source.subscriptions:
        sold = source.plan_of(subscription)
        mine = {of_subscriptions.get(subscription.lago_id), of_plans.get(sold and sold.lago_id)}
        broken[subscription.customer] |= mine - {None}
    return broken


@pytest.fixture(scope="module")
def mapped(source, rules):
    bad = {customer for customer, broken in rules.items() if broken}
    outside = out_of_scope(source)["subscriptions"]
    taken = [
        each
        for each in source.subscriptions
        if each.customer not in bad and each.lago_id not in outside
    ]
    accepted = {
        "users": frozenset(each.customer for each in taken),
        "plans": frozenset(source.plan_of(each).lago_id for each in taken),
        "subscriptions": frozenset(each.lago_id for each in taken),
    }
    found = map_lago(source, accepted, entities=frozenset({"order"}), timezone=TORONTO)
    return {each.external_id: each for each in found.customers}, found.plans


@pytest.mark.parametrize("name", KEPT_OUT)
def test_construct_that_odoo_cannot_bill_is_kept_out_under_its_name(rules, source, name):
    customer = LABELS[name]["customer"]
    if name in ("subscription_pending", "subscription_incomplete"):
        # It comes with the run after its begin, and is named as out of scope until then.
        [mine] = [each for each in source.subscriptions if each.customer == customer]
        assert mine.status == name.removeprefix("subscription_")
        assert mine.lago_id in out_of_scope(source)["subscriptions"]
    else:
        assert name in rules[customer]


def rhythm_of(order, cycle):
    return Rhythm(cycle, order.billing_time, order.anchor_on or order.started_on)


def next_period(order, cycle, *, in_advance):
    """Give the period that the next bill after today is for, and the day of that bill."""
    rhythm = rhythm_of(order, cycle)
    running = rhythm.period_at(TODAY)
    return (rhythm.after(running), running.end) if in_advance else (running, running.end)


def due_next(order, plan):
    """Say what the order's own terms bill next: day, amounts by item."""
    flat, day = next_period(order, order.cycle, in_advance=order.in_advance)
    items = {}
    days = days_billed(flat, order.started_on, order.ends_on, order.trial_ends_on)
    digits = minor_digits(order.currency)
    usage_day = day
    if plan.charges:
        cycle = order.usage_cycle or "monthly"
        _, usage_day = next_period(order, cycle, in_advance=False)
    if day == min(day, usage_day):
        items["flat"] = prorated(order.price, days, flat.days, digits)
        for line in order.lines:
            if line.kind == "minimum" or (line.ends_on and line.ends_on <= flat.start):
                continue
            items[line.item] = prorated(line.quantity * line.price, 1, 1, digits)
    return min(day, usage_day), items


@pytest.mark.parametrize("name", CARRIED)
def test_construct_is_carried_and_its_next_bill_is_lagos(source, rules, mapped, name):
    label = LABELS[name]
    assert rules[label["customer"]] == set()
    customers, plans = mapped
    [order] = customers[label["customer"]].orders
    plan = plans[order.plan_id]
    day, items = due_next(order, plan)
    coming = label["next"]
    assert day.isoformat() == coming["due_on"]
    assert order.currency == coming["currency"]
    assert order.period_end >= TODAY + timedelta(days=1)
    expected = defaultdict(Decimal)
    for line in coming["lines"]:
        if not line["item"].startswith(("usage:", "minimum")):
            expected[line["item"]] += Decimal(line["amount"])
    for code, amount in coming["coupons"].items():
        expected[f"discount:{code}"] -= Decimal(amount)
    assert nonzero(items) == nonzero(expected)


def grouped(part):
    """The values as a charge tells them: several of a property are one."""
    return {
        name: ",".join(sorted(value)) if isinstance(value, list) else value
        for name, value in part.items()
    }


@pytest.mark.parametrize("name", CARRIED)
def test_usage_and_tax_of_a_construct_are_lagos(mapped, name):
    label = LABELS[name]
    customers, plans = mapped
    customer = customers[label["customer"]]
    [order] = customer.orders
    charges = plans[order.plan_id].charges
    progressive = name in ("progressive_billing", "usage_thresholds")
    for line in label["next"]["lines"]:
        codes = order.tax_codes or customer.tax_codes
        if line["item"].startswith("usage:") and not progressive:
            metric = line["item"].removeprefix("usage:")
            priced = [
                charge
                for charge in charges
                if charge.metric.partition("[")[0] == metric
                and charge.group == grouped(line.get("part", {}))
            ]
            amounts = {costs(charge, line["units"]): charge for charge in priced}
            assert Decimal(line["amount"]) in amounts
            codes = amounts[Decimal(line["amount"])].tax_codes or codes
        if not progressive:
            assert list(codes) == line["tax_codes"]


def costs(charge, units):
    """Price units in cents, before a minimum, which is a line of its own."""
    terms = replace(charge.terms, minimum_amount=Decimal(0))
    return prorated(rated(replace(charge, terms=terms), units), 1, 1)


def nonzero(amounts):
    return {item: amount for item, amount in amounts.items() if amount}

"""Tenants that nobody wrote by hand: whoever is not kept out is billed as by Lago, for months."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest

from deployments.local.lago.server import LagoSandbox
from deployments.sample.lago.tenant.biller import bills
from deployments.sample.lago.tenant.book import TenantBook
from deployments.sample.lago.tenant.terms import Charge, Contract, Coupon, FixedCharge, Plan
from tasks.backfill.mapping.lago import lago_findings, map_lago
from tasks.backfill.mapping.lago_customers import Organization
from tasks.backfill.mapping.lago_source import LagoSource
from tasks.clients.lago.billing import read_billing
from tasks.clients.lago.connection import Lago, LagoAccess
from tasks.model.lago_periods import Rhythm, days_billed, prorated
from tasks.model.money import minor_digits
from tests.model.addon_rating import load_addon_rating

ADDON_RATING = load_addon_rating()
SERVICE = "anything"
TORONTO = ZoneInfo("America/Toronto")
TODAY = date(2026, 11, 12)
READ_AT = datetime.combine(TODAY, time(12), UTC)
CONTRACTS = 120
#: Rules by which a random contract may be kept out; any other would be a false alarm.
ALLOWED = {
    "coupon_above_price", "coupon_end", "coupon_percent_usage", "coupon_several",
    "fixed_charge_timing", "lines_in_part", "commitment_cycle", "commitment_trial",
    "plan_quarantined",
}  # fmt: skip
HORIZON = {"weekly": 60, "monthly": 130, "quarterly": 300, "semiannual": 500, "yearly": 800}


def some(random, share, value, otherwise=None):
    return value() if random.random() < share else otherwise


def random_plan(random, number):
    interval = random.choices(list(HORIZON), (2, 6, 2, 2, 2))[0]
    currency = random.choices(("CAD", "JPY", "USD"), (8, 1, 1))[0]
    whole = currency == "JPY"
    price = Decimal(random.randrange(0, 50_000)) / (1 if whole else 100)
    in_advance = random.random() < 0.5
    unit_price = {"amount": str(random.randrange(1, 900) if whole else random.random())[:8]}
    fixed = FixedCharge(
        f"addon{number}", random.randrange(1, 9), unit_price,
        in_advance=in_advance if random.random() < 0.8 else not in_advance,
    )  # fmt: skip
    charge = Charge(f"metric{number}", "standard", {"amount": "0.0125"})
    return Plan(
        f"plan{number}",
        price,
        interval=interval,
        in_advance=in_advance,
        currency=currency,
        charges=some(random, 0.4, lambda: (charge,), ()),
        fixed=some(random, 0.35, lambda: (fixed,), ()),
        charges_monthly=interval in ("yearly", "semiannual") and random.random() < 0.5,
        trial_days=some(random, 0.2, lambda: random.randrange(1, 120), 0),
        commitment=some(random, 0.35, lambda: price + random.randrange(1, 60), Decimal(0)),
    )


def random_coupon(random, plan, number):
    amount = Decimal(random.randrange(1, 3000)) / 100 if plan.currency != "JPY" else Decimal(90)
    percent = random.random() < 0.3
    frequency = random.choice(("once", "recurring", "forever"))
    return Coupon(
        f"coupon{number}",
        Decimal(0) if percent else amount,
        Decimal(random.randrange(1, 100)) if percent else Decimal(0),
        frequency,
        random.randrange(1, 9) if frequency == "recurring" else 0,
        since=TODAY - timedelta(days=random.randrange(0, 90)),
        currency=plan.currency,
    )


def random_contract(random, number):
    plan = random_plan(random, number)
    started_at = READ_AT - timedelta(seconds=random.randrange(86_400, 900 * 86_400))
    return Contract(
        f"customer-{number}",
        plan,
        started_at,
        billing_time=random.choice(("calendar", "anniversary")),
        zone=random.choice(("UTC", "America/New_York", "Asia/Tokyo", "Pacific/Auckland")),
        ending_at=some(
            random, 0.15, lambda: READ_AT + timedelta(hours=random.randrange(48, 24 * 200))
        ),
        coupons=some(random, 0.4, lambda: (random_coupon(random, plan, number),), ()),
    )


def read(document):
    with LagoSandbox(document, "key") as sandbox:
        lago = Lago(LagoAccess(sandbox.url, "key", page_rows=1000))
        plans = {plan.code: plan for plan in lago.plans()}
        return LagoSource(
            customers=tuple(lago.customers()),
            plans=tuple(plans.values()),
            subscriptions=tuple(lago.subscriptions()),
            own_plans={},
            metrics=tuple(lago.metrics()),
            billing=read_billing(lago),
            organization=Organization(
                {entity.code: entity for entity in lago.entities()},
                {tax.code: tax for tax in lago.taxes()},
            ),
            read_at=READ_AT,
        )


def due_by_the_orders_terms(order, least, used, until):
    """Give what an order bills after today: amounts by day and item, of what it says itself.

    ``least`` is its plan's minimum, ``used`` what usage costs that is due on a day.
    """
    rhythm = Rhythm(order.cycle, order.billing_time, order.anchor_on or order.started_on)
    digits = minor_digits(order.currency)
    found = defaultdict(dict)
    last = order.ends_on or date.max
    running = rhythm.period_at(TODAY)
    for period in rhythm.periods(running.start, min(until + timedelta(days=1), last)):
        days = days_billed(period, order.started_on, order.ends_on, order.trial_ends_on)
        begins = max(period.start, order.started_on, order.trial_ends_on or period.start)
        closes = min(period.end, last)
        day = begins if order.in_advance else closes
        if days and TODAY < day <= until:
            found[day]["flat"] = prorated(order.price, days, period.days, digits)
        day = max(period.start, order.started_on) if order.in_advance else closes
        for line in order.lines:
            stopped = line.ends_on is not None and line.ends_on <= period.start
            if not stopped and TODAY < day <= until:
                found[day][line.item] = prorated(line.quantity * line.price, 1, 1, digits)
        if least and TODAY < closes <= until:
            found[closes]["minimum"] = missing_to(order, least, period, used[closes])
    return nonzero(found)


def missing_to(order, least, period, used):
    """Give what Odoo's own arithmetic says is missing to a minimum."""
    digits = minor_digits(order.currency)
    over = None if order.in_advance else order.ends_on
    paid = days_billed(period, order.started_on, over, order.trial_ends_on)
    fixed = [line for line in order.lines if line.kind == "fixed_charge"]
    fees = {
        "price": prorated(order.price, paid, period.days, digits),
        "fixed": sum(prorated(e.quantity * e.price, 1, 1, digits) for e in fixed),
        "usage": used,
    }
    days = days_billed(period, order.started_on, order.ends_on), period.days
    return ADDON_RATING.true_up(least.amount, days, fees, Decimal(1).scaleb(-digits)).amount


def due_by_lago(contract, until):
    found = defaultdict(lambda: defaultdict(Decimal))
    for bill in bills(contract, until):
        if bill.day > TODAY:
            for due in bill.dues:
                if due.kind in ("subscription", "fixed_charge", "commitment"):
                    found[bill.day][due.item] += due.amount
            for code, amount in bill.coupons.items():
                found[bill.day][f"discount:{code}"] -= amount
    return nonzero(found)


def used_in(contract, until):
    """Give what usage costs by the day on which it is due."""
    found = defaultdict(Decimal)
    for bill in bills(contract, until):
        found[bill.day] += sum(due.amount for due in bill.dues if due.kind == "charge")
    return found


def nonzero(days):
    kept = {day: {k: v for k, v in items.items() if v} for day, items in days.items()}
    return {day: items for day, items in sorted(kept.items()) if items}


@pytest.mark.parametrize("seed", range(3))
def test_whoever_is_not_kept_out_is_billed_as_lago_bills(seed):
    random = Random(seed)
    contracts = [random_contract(random, number) for number in range(CONTRACTS)]
    book = TenantBook(SERVICE, TODAY)
    book.add(contracts)
    source = read(book.document())
    findings = lago_findings(source, (), timezone=TORONTO)
    assert {each.rule for each in findings if each.key} <= ALLOWED
    bad = {each.key for each in findings if each.key}
    accepted = {
        "users": frozenset(each.external_id for each in source.customers),
        "plans": frozenset(each.lago_id for each in source.plans) - bad,
        "subscriptions": frozenset(each.lago_id for each in source.subscriptions) - bad,
    }
    mapped = map_lago(source, accepted, entities=frozenset({"order"}), timezone=TORONTO)
    orders = {customer.external_id: customer.orders for customer in mapped.customers}
    compared = raised = 0
    for contract in contracts:
        for order in orders[contract.key]:
            until = TODAY + timedelta(days=HORIZON[order.cycle])
            due = due_by_lago(contract, until)
            least = mapped.plans[order.plan_id].minimum
            if least and order.in_advance and order.ends_on:
                # The world's last price ahead is a part; Lago counts what it billed, the whole.
                continue
            used = used_in(contract, until)
            assert due_by_the_orders_terms(order, least, used, until) == due, contract
            raised += any("minimum" in items for items in due.values())
            if due and order.price and not contract.plan.charges:
                # The first invoice is Lago's next one, also after a trial.
                assert min(due) == min(order.period_end, order.ends_on or date.max), contract
            compared += 1
    assert compared > CONTRACTS / 2
    assert raised > CONTRACTS / 20

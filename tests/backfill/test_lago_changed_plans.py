"""Who changed their plan: Odoo goes on with the new price, from the day on which Lago stops."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest

from deployments.sample.lago.objects.invoices import fee_object, invoice_object
from deployments.sample.lago.objects.parts import LAGO_VERSION, lago_id, moment
from deployments.sample.lago.objects.people import billing_entity_object, customer_object
from deployments.sample.lago.objects.selling import plan_object, subscription_object
from tasks.backfill.mapping.lago import lago_findings, map_lago
from tasks.cutover.billed import PlannedSubscription
from tasks.cutover.lago_boundary import lago_switches
from tests.lago_service import read_tenant

SERVICE, TORONTO = "anything", ZoneInfo("America/Toronto")
TODAY = date(2026, 11, 12)
READ_AT = datetime.combine(TODAY, time(12), UTC)
CUSTOMERS = 80
MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
BIG, SMALL = Decimal(91), Decimal("30.50")


def begin_of(interval, billing_time, anchor, number):
    """Give the first day of a period, counted from the one in which the anchor lies."""
    if billing_time == "calendar":
        anchor = anchor.replace(day=1, month=(anchor.month - 1) // MONTHS[interval]
                                * MONTHS[interval] + 1)  # fmt: skip
    months = anchor.year * 12 + anchor.month - 1 + number * MONTHS[interval]
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


def period_of(day, *rhythm):
    number = next(n for n in range(2000) if begin_of(*rhythm, n + 1) > day)
    return begin_of(*rhythm, number), begin_of(*rhythm, number + 1)


class Changed:
    """A customer who left one plan for another at a moment, by Lago's rules for it."""

    def __init__(self, random, number):
        self.key = f"changed-{number}"
        self.zone = ZoneInfo(random.choice(("UTC", "America/New_York", "Asia/Tokyo")))
        self.in_advance = random.random() < 0.5
        interval = random.choice(list(MONTHS))
        self.billing_time = random.choice(("calendar", "anniversary"))
        self.started_at = READ_AT - timedelta(seconds=random.randrange(400, 900) * 86_400)
        anchor = self.started_at.astimezone(self.zone).date()
        rhythm = (interval, self.billing_time, anchor)
        self.is_upgrade = random.random() < 0.7
        at = READ_AT - timedelta(seconds=random.randrange(86_400, 60 * 86_400))
        if not self.is_upgrade:
            begin, _ = period_of(at.astimezone(self.zone).date(), *rhythm)
            at = datetime.combine(begin, time(0, 0, 7), self.zone).astimezone(UTC)
        self.at, self.day = at, at.astimezone(self.zone).date()
        self.old, self.new = (
            plan_object(
                lago_id("plan", f"{self.key}:{name}"), f"{self.key}:{name}", name, interval, price,
                "CAD", pay_in_advance=self.in_advance,
            )
            for name, price in (("old", SMALL if self.is_upgrade else BIG),
                                ("new", BIG if self.is_upgrade else SMALL))
        )  # fmt: skip
        self.price = BIG if self.is_upgrade else SMALL
        self.running = period_of(TODAY, *rhythm)
        self.before = period_of(self.running[0] - timedelta(days=1), *rhythm)

    def next_invoice(self):
        """Give day and amount of what Lago bills next, and the first day that it is for."""
        begin, end = self.running
        if self.in_advance:
            return end, self.price, end
        return end, self.part(begin, end), max(begin, self.day)

    def part(self, begin, end):
        share = self.price * (end - max(begin, self.day)).days / (end - begin).days
        return share.quantize(Decimal("0.01"), ROUND_HALF_UP)

    def rows(self):
        names = {"applicable_timezone": str(self.zone), "timezone": str(self.zone)}
        customer = customer_object(lago_id("customer", self.key), self.key, SERVICE, name=self.key,
                                   currency="CAD", **names)  # fmt: skip
        common = {"billing_time": self.billing_time}
        subscriptions = [
            subscription_object(
                lago_id("old", self.key), self.key, customer, self.old, self.started_at, self.at,
                next_plan_code=self.new["code"], **common,
            ),
            subscription_object(
                lago_id("new", self.key), self.key, customer, self.new, self.at,
                previous_plan_code=self.old["code"], **common,
                subscription_at=moment(self.started_at),
            ),
        ]  # fmt: skip
        begin, end = self.running if self.in_advance else self.before
        if max(begin, self.day) >= end:
            return customer, subscriptions, [], []
        midnights = [
            datetime.combine(day, time(), self.zone).astimezone(UTC)
            for day in (max(begin, self.day), end)
        ]
        fee = fee_object(
            lago_id("fee", self.key), kind="subscription", code=self.new["code"], name="New",
            amount=self.part(begin, end), currency="CAD", start=midnights[0], end=midnights[1],
            customer=customer, subscription=subscriptions[1], taxes=[],
        )  # fmt: skip
        issued = midnights[0] if self.in_advance else midnights[1]
        invoice = invoice_object(lago_id("invoice", self.key), f"N-{self.key}-1", customer=customer,
                                 currency="CAD", issued_at=issued, fees=[fee])  # fmt: skip
        fee["lago_invoice_id"] = invoice["lago_id"]
        return customer, subscriptions, [invoice], [fee]


def read(changed):
    rows = [each.rows() for each in changed]
    document = {
        "version": LAGO_VERSION,
        "billing_entities": [billing_entity_object(lago_id("entity", "x"), SERVICE, "Anything")],
        "plans": [plan for each in changed for plan in (each.old, each.new)],
        "customers": [customer for customer, *_ in rows],
        **{
            name: [row for each in rows for row in each[place]]
            for place, name in enumerate(("subscriptions", "invoices", "fees"), start=1)
        },
    }
    return read_tenant(document, SERVICE)


@pytest.mark.parametrize("seed", range(2))
def test_after_a_change_of_plan_odoo_bills_what_lago_would_have_next(seed):
    """A day too early is billed twice, one too late by nobody, and the old price is a wrong one."""
    random = Random(seed)
    changed = [Changed(random, number) for number in range(CUSTOMERS)]
    source = replace(read(changed), read_at=READ_AT)
    assert [each for each in lago_findings(source, (), timezone=TORONTO) if each.key] == []
    accepted = {
        "users": frozenset(source.customers_by_id),
        "plans": frozenset(each.lago_id for each in source.plans),
        "subscriptions": frozenset(
            each.lago_id for each in source.subscriptions if each.status == "active"
        ),
    }
    mapped = map_lago(source, accepted, entities=frozenset({"order"}), timezone=TORONTO)
    orders = {order.external_id: order for order in mapped.orders}
    planned = [PlannedSubscription(each.key, each.key, "monthly") for each in changed]
    days = {each.customer: each for each in lago_switches(planned, source, READ_AT)}
    assert {each.is_upgrade for each in changed} == {True, False}
    for each in changed:
        order, (day, amount, first) = orders[each.key], each.next_invoice()
        priced = order.price if order.in_advance else each.part(*each.running)
        assert (order.period_end, priced, order.price) == (day, amount, each.price), each.key
        assert order.started_on == each.day
        assert days[each.key].flat_from == str(first), each.key

"""A Lago tenant of another make than our samples: each customer exactly, or kept out by name.

Its objects are the API document's, its amounts were worked out by hand from Lago's rules; what is
read, mapped and expected is the product's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.backfill.check_lago import check_lago_pages
from tasks.backfill.mapping.lago import map_lago
from tasks.backfill.mapping.lago_usage import billed_usage, charge_names
from tasks.model.lago_periods import prorated
from tasks.model.lago_support import constructs
from tasks.reconcile.expected.lago import LagoTerms, expected_ledger
from tasks.reconcile.ledger_lago import billing_lines
from tests.backfill.lago_foreign.objects import READ_AT, SERVICE
from tests.backfill.lago_foreign.tenant import CASES, document
from tests.backfill.test_lago_charges import rated
from tests.expectations.worlds import one_page
from tests.lago_service import read_tenant

TORONTO = ZoneInfo("America/Toronto")
NAMES = [case.key for case in CASES]


@pytest.fixture(scope="module")
def source():
    return replace(read_tenant(document(), SERVICE), read_at=READ_AT)


@pytest.fixture(scope="module")
def checked(source):
    return one_page(check_lago_pages(source, timezone=TORONTO, docs_dir=None, run_name="foreign"))


@pytest.fixture(scope="module")
def broken(source, checked):
    """The rules by which each customer, a subscription or a plan of theirs is kept out."""
    rules = defaultdict(set)
    by_key = defaultdict(set)
    for finding in checked.findings:
        if finding.severity.value == "critical_row":
            by_key[finding.table, finding.key].add(finding.rule)
    for customer in source.customers:
        rules[customer.external_id] |= by_key["users", customer.external_id]
    for each in source.subscriptions:
        sold = source.plan_of(each)
        rules[each.customer] |= by_key["subscriptions", each.lago_id]
        rules[each.customer] |= by_key["plans", sold.lago_id] if sold else set()
    return {key: found - {"owner_quarantined", "plan_quarantined"} for key, found in rules.items()}


@pytest.fixture(scope="module")
def mapped(source, checked):
    found = map_lago(source, checked.accepted, entities=frozenset({"order"}), timezone=TORONTO)
    return {each.external_id: each for each in found.customers}, found.plans


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_customer_is_kept_out_under_its_name_or_not_at_all(case, broken):
    assert broken[case.key] == ({case.kept} if case.kept else set())
    assert not case.kept or case.kept in constructs()


def test_what_of_the_ledger_cannot_be_read_is_named_with_whose_it_is(checked, source):
    rules = {each.key: each.rule for each in checked.findings if each.table in ("invoices", "fees")}
    found = {each.customer: rules[each.lago_id] for each in source.unreadable}
    assert found == {case.key: case.unreadable for case in CASES if case.unreadable}
    assert len(rules) == len(found)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_customer_has_lagos_orders_and_credits(case, checked, mapped, source):
    customers, _ = mapped
    made = customers.get(case.key)
    orders = {order.external_id: order for order in made.orders} if made else {}
    assert orders.keys() == case.orders.keys()
    for external_id, told in case.orders.items():
        assert {name: shown(getattr(orders[external_id], name)) for name in told} == told
    credits = made.opening_credits if made else ()
    owed = [(each.kind, str(each.amount.normalize())) for each in credits]
    assert sorted(owed) == sorted(case.owed)
    assert {name: shown(getattr(made, name)) for name in case.customer} == case.customer
    outside = checked.out_of_scope["subscriptions"]
    mine = [each for each in source.subscriptions if each.customer == case.key]
    statuses = {each.status for each in mine if each.lago_id in outside}
    assert statuses - {"terminated"} == set(case.outside)


def _price(line):
    return str(prorated(line.quantity * line.price, 1, 1))


def shown(value):
    """Write a value of an order, lines as item, price and end."""
    if isinstance(value, tuple) and value and hasattr(value[0], "item"):
        return [(each.item, _price(each), each.ends_on and str(each.ends_on)) for each in value]
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, bool | int) else str(value)


@pytest.mark.parametrize("case", [case for case in CASES if case.usage], ids=lambda case: case.key)
def test_units_cost_what_lago_charges(case, mapped):
    customers, plans = mapped
    of = [charge for order in customers[case.key].orders for charge in plans[order.plan_id].charges]
    for name, units, amount in case.usage:
        [charge] = [each for each in of if each.metric.endswith(name)]
        assert str(prorated(rated(charge, Decimal(units)), 1, 1)) == amount, name


def test_all_units_that_lago_billed_of_who_is_carried_have_a_price(source, mapped):
    customers, plans = mapped
    orders = {each.external_id: each for who in customers.values() for each in who.orders}
    charges = charge_names(source.all_plans)
    billing = source.billing
    counted = billed_usage(
        billing.invoices, billing.fees, orders=orders, charges=charges, timezone=TORONTO
    )
    for each in counted:
        priced = plans[orders[each.subscription].plan_id].charges
        assert each.metric in {charge.metric for charge in priced}
    # An invoice at a threshold and what lifts to a minimum have units that are none.
    told = {each.subscription: each.units for each in counted}
    assert [told[name] for name in ("thresholds-s", "least-whole-s", "won-s")] == [90, 3, 101]


@pytest.fixture(scope="module")
def ledgers(source):
    plans = {plan.code: plan for plan in source.plans}
    zones = {each.external_id: source.organization.zone_of(each) for each in source.customers}
    terms = LagoTerms(source.subscriptions, plans, source.own_plans, zones)
    since = datetime(2023, 1, 1, tzinfo=UTC)
    due = expected_ledger(SERVICE, terms, source.billing, since=since, until=READ_AT)
    return summed(due.lines), summed(billing_lines(SERVICE, source.billing))


def summed(lines):
    amounts = defaultdict(Counter)
    for line in lines:
        amounts[line[1]][(*line[2:5], str(line[5]), line[8])] += Decimal(line[7])
    return {key: {k: v for k, v in found.items() if v} for key, found in amounts.items()}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.terms_say], ids=lambda case: case.key
)
def test_what_lago_billed_is_what_its_terms_say(case, ledgers):
    expected, billed = ledgers
    assert expected.get(case.key, {}) == billed.get(case.key, {})


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.billed is not None], ids=lambda case: case.key
)
def test_what_was_billed_is_each_amount_once(case, ledgers):
    _, billed = ledgers
    found = Counter()
    for (_, item, *_), amount in billed.get(case.key, {}).items():
        found[item] += amount
    assert {item: f"{amount:.2f}" for item, amount in found.items() if amount} == case.billed


def test_all_that_was_billed_is_somebodys(ledgers):
    _, billed = ledgers
    assert billed.keys() <= set(NAMES)


def test_the_tenant_is_as_large_as_it_says():
    assert len(set(NAMES)) == len(NAMES) >= 40

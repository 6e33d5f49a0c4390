"""What Lago's terms say is due, against what Lago billed by them, for whole tenants."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from deployments.local.lago.server import LagoSandbox
from deployments.sample.lago.constructs.world import SERVICE, TODAY, construct_document
from deployments.sample.lago.tenant.defaults import default_document
from tasks.clients.lago.billing import read_billing
from tasks.clients.lago.connection import Lago, LagoAccess
from tasks.reconcile.expected.lago import LagoTerms, expected_ledger
from tasks.reconcile.ledger_lago import billing_lines

KEY = "key-for-tests"
SINCE = datetime(2024, 1, 1, tzinfo=UTC)
UNTIL = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
#: The sandbox bills these as if they were plain; the terms say that nobody here can price them.
NOT_PRICED = {
    "charge-filter-values", "charge-group-filter", "charge-in-advance", "charge-model-unknown",
    "charge-not-invoiceable", "charge-per-event", "charge-prorated", "charge-terms",
    "fixed-charge-cycle", "period-unreadable", "plan-unknown", "plan-unreadable",
    "plan-without-price", "start-missing", "coupon-several-subscriptions",
    "subscription-unreadable",
}  # fmt: skip


def both_sides(document):
    """Amounts by line names, of the expected and of the billed ledger."""
    with LagoSandbox(document, KEY) as sandbox:
        lago = Lago(LagoAccess(sandbox.url, KEY))
        billing = read_billing(lago)
        subscriptions = tuple(lago.subscriptions())
        plans = {plan.code: plan for plan in lago.plans()}
        listed = {plan.lago_id for plan in plans.values()}
        own = {
            each.lago_id: plan
            for each in subscriptions
            if each.status == "active" and (plan := lago.own_plan_of(each.external_id, listed))
        }
        zones = {each.external_id: each.zone or "UTC" for each in lago.customers()}
    terms = LagoTerms(subscriptions, plans, own, zones)
    expected = expected_ledger(SERVICE, terms, billing, since=SINCE, until=UNTIL)
    return summed(expected.lines), summed(billing_lines(SERVICE, billing)), expected


def summed(lines):
    amounts = Counter()
    for line in lines:
        if line[1] not in NOT_PRICED:
            amounts[(*line[1:5], str(line[5]), line[8])] += Decimal(line[7])
    return {names: amount for names, amount in amounts.items() if amount}


@pytest.fixture(scope="module")
def constructs():
    return both_sides(construct_document())


@pytest.fixture(scope="module")
def defaults():
    return both_sides(default_document(60, TODAY))


def test_what_lago_billed_of_every_construct_is_what_its_terms_say(constructs):
    expected, billed, _ = constructs
    assert expected.items() <= billed.items()
    # What a person gave back is nothing that terms say.
    assert {(key[0], key[2]) for key in billed.keys() - expected.keys()} == {
        ("credit-note-balance", "credit:other")
    }


def test_what_lago_billed_by_its_defaults_is_what_the_terms_say(defaults):
    expected, billed, made = defaults
    assert expected == billed
    assert len(billed) > 100
    assert made.unpriced == 0


def test_a_subscription_that_ended_is_expected_too(constructs):
    of = {key[3]: amount for key, amount in constructs[0].items() if key[0] == "terminated"}
    assert of[datetime(2026, 9, 1, tzinfo=UTC)] == Decimal("17.00")
    assert max(of) == datetime(2026, 9, 1, tzinfo=UTC)


def test_a_price_that_lago_rounded_is_seen():
    document = construct_document()
    fee = next(
        fee
        for fee in document["fees"]
        if fee["external_customer_id"] == "charge-standard" and fee["item"]["type"] == "charge"
    )
    fee["amount_cents"] += 300
    for invoice in document["invoices"]:
        if invoice["lago_id"] == fee["lago_invoice_id"]:
            invoice["fees_amount_cents"] += 300
    expected, billed, _ = both_sides(document)
    differ = {key for key in expected if billed.get(key) != expected[key]}
    assert [(key[0], key[2]) for key in differ] == [("charge-standard", "usage:charge_standard")]


def test_an_invoice_at_a_threshold_adds_no_units(constructs):
    _, billed, _ = constructs
    usage = [
        key for key in billed if key[0] == "progressive-billing" and key[2].startswith("usage")
    ]
    assert len(usage) > 3
    assert len(usage) == len({key[3] for key in usage})
    assert not [key for key in billed if key[2].startswith("credit:progressive")]


def test_usage_that_no_term_prices_is_counted(constructs):
    assert constructs[2].unpriced > 0

"""Who is owed something that cannot come along is told whose it is, and from which cent on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.backfill.mapping.lago import customer_findings, lago_findings
from tasks.backfill.mapping.lago_customers import opening_credits, refuse_owed
from tasks.backfill.mapping.lago_source import Whole
from tasks.check.suites import load_suite
from tasks.model.lago_billed import LagoBilling, LagoCreditNote, LagoUnreadable, LagoWallet
from tasks.model.lago_prices import LARGEST_PRICE
from tasks.model.lago_support import constructs
from tasks.model.records import OpeningCredit, Severity
from tests.backfill.lago_world import customer, plan, source, subscription
from tests.backfill.test_kept_out_words import said

TORONTO = ZoneInfo("America/Toronto")
CENT = Decimal("0.01")
FAR = datetime(2030, 1, 1, tzinfo=UTC)


def wallet(paid="0", granted="0", **known):
    defaults = {
        "lago_id": "w1", "customer": "c1", "code": "prepaid", "status": "active",
        "currency": "CAD", "paid": Decimal(paid), "granted": Decimal(granted), "expires_at": None,
        "tops_up": False,
    }  # fmt: skip
    return LagoWallet(**(defaults | known))


def note(balance, **known):
    defaults = {
        "number": "N-1", "customer": "c1", "service": "nexadesk", "reason": "other",
        "amount": Decimal(10), "currency": "CAD", "issued_on": date(2026, 11, 1),
        "balance": Decimal(balance),
    }  # fmt: skip
    return LagoCreditNote(**(defaults | known))


WALLET, NOTE = "Customer c1, wallet prepaid.", "Customer c1, credit note N-1."
OTHER = {"currency": "EUR"}


@pytest.mark.parametrize(
    ("owed", "rule", "words"),
    [
        (wallet(fault="is odd"), "wallet_unreadable", f"{WALLET} It is odd."),
        (wallet(unknown=("a", "b")), "unknown_field", f"{WALLET} a, b."),
        (wallet(paid=LARGEST_PRICE), "amount_too_large", WALLET),
        (wallet(granted=LARGEST_PRICE), "amount_too_large", WALLET),
        (wallet(tops_up=True), "wallet_top_up_rule", WALLET),
        (wallet(paid=CENT, expires_at=FAR), "wallet_expiry", WALLET),
        (wallet(granted=CENT, limits=("charge",)), "wallet_limits", WALLET),
        (wallet(granted=CENT, **OTHER), "wallet_currency", WALLET),
        (note("0", fault="is odd"), "credit_note_unreadable", f"{NOTE} It is odd."),
        (note(LARGEST_PRICE), "amount_too_large", NOTE),
        (note(CENT, **OTHER), "wallet_currency", NOTE),
    ],
)
@pytest.mark.parametrize("before", ["nothing", "ended wallet", "empty note"])
def test_what_a_credit_would_not_do_alike_is_named_with_its_wallet_or_note(
    owed, rule, words, before
):
    wallets = [wallet(status="terminated", fault="is odd")] if before == "ended wallet" else []
    notes = [note("0", **OTHER)] if before == "empty note" else []
    (wallets if isinstance(owed, LagoWallet) else notes).append(owed)
    assert said(lambda: refuse_owed(customer(), wallets, notes, {"CAD"})) == (rule, words)


@pytest.mark.parametrize(
    "owed",
    [
        wallet(paid=LARGEST_PRICE - CENT, granted=LARGEST_PRICE - CENT),
        wallet(expires_at=FAR),
        wallet(limits=("charge",)),
        wallet(**OTHER),
        wallet(status="terminated", tops_up=True, fault="is odd"),
        note(LARGEST_PRICE - CENT),
        note("0", **OTHER),
    ],
)
def test_what_is_empty_or_just_small_enough_keeps_nobody_out(owed):
    is_wallet = isinstance(owed, LagoWallet)
    refuse_owed(customer(), [owed] if is_wallet else [], [] if is_wallet else [owed], {"CAD"})


def test_a_currency_is_another_only_where_one_is_known():
    refuse_owed(customer(), [wallet(paid=CENT, **OTHER)], [note(CENT, **OTHER)], ())


def test_all_that_is_owed_comes_along_in_an_order_that_stays():
    wallets = [
        wallet(status="terminated", paid=CENT, lago_id="w0"),
        wallet(paid=CENT, granted="-1", lago_id="w2"),
        wallet(paid="3", granted="4"),
    ]
    notes = [note("0", number="N-2"), note("-1", number="N-3"), note(CENT)]
    assert opening_credits(customer(), wallets, notes) == (
        OpeningCredit("credit_note:N-1", "c1", "credit_note", CENT, "CAD"),
        OpeningCredit("wallet_granted:w1", "c1", "wallet_granted", Decimal(4), "CAD"),
        OpeningCredit("wallet_paid:w1", "c1", "wallet_paid", Decimal(3), "CAD"),
        OpeningCredit("wallet_paid:w2", "c1", "wallet_paid", CENT, "CAD"),
    )


@pytest.mark.parametrize(
    ("known", "rule", "words"),
    [
        ({"fault": "is odd"}, "customer_unreadable", "Customer c1. It is odd."),
        ({"is_partner": True}, "partner_self_billed", "Customer c1."),
        ({"email": "no address"}, "email_malformed", "Customer c1."),
        ({"email": "a@x.ca, no address"}, "email_malformed", "Customer c1."),
        ({"unknown": ("a", "b")}, "unknown_field", "Customer c1. a, b."),
    ],
)
def test_a_customer_who_is_kept_out_is_named_with_what_is_odd(known, rule, words):
    world = source(customers=(customer(**known), customer(external_id="c2", email="b@x.ca")))
    [found] = customer_findings(world, load_suite("users"))
    told = (found.table, found.key, found.rule, found.severity)
    assert told == ("users", "c1", rule, Severity.CRITICAL_ROW)
    assert found.sentence == f"{words} {constructs()[rule].why}"


def test_a_wallet_in_a_currency_that_the_customer_is_not_billed_in_keeps_them_out():
    """Theirs, else that of the plans of their live subscriptions."""
    euros = (wallet(paid=CENT, **OTHER),)

    def rules(**known):
        world = source(wallets=euros, **known)
        return [found.rule for found in customer_findings(world, load_suite("users"))]

    assert rules() == ["wallet_currency"]
    assert rules(plans=(plan(**OTHER),)) == []
    assert rules(customers=(customer(**OTHER),)) == []
    assert rules(customers=(customer(currency="CAD"),), plans=(plan(**OTHER),)) == [
        "wallet_currency"
    ]
    assert rules(subscriptions=(subscription(status="terminated"),)) == []


def test_credits_that_no_switch_would_bring_are_told_with_each_amount():
    wallets = (
        wallet(paid="1234.5"),
        wallet(lago_id="w2", code="eu", granted="7", currency="EUR"),
    )
    ended = (subscription(status="terminated"),)
    [found] = lago_findings(source(subscriptions=ended, wallets=wallets), (), timezone=TORONTO)
    assert found.sentence == (
        "Customer c1 is owed 7.00 EUR, 1,234.50 CAD and has no live subscription."
    )
    assert found.observed == "7.00 EUR, 1,234.50 CAD"
    construct = constructs()["owed_without_subscription"]
    assert (found.table, found.remedy) == ("users", construct.remedy)


def test_what_stays_in_the_app_is_told_with_how_often():
    in_app = Counter({"metadata": 1234, "entitlements": 1, "charge_prorated": 5})
    world = source(whole=Whole(source().charge_context, in_app))
    first, second = lago_findings(world, (), timezone=TORONTO)
    told = constructs()["metadata"]
    assert (first.rule, first.observed) == ("entitlements", "1 times")
    assert (second.table, second.key, second.severity) == ("users", None, Severity.WARNING)
    assert (second.rule, second.observed, second.remedy) == ("metadata", "1,234 times", told.remedy)
    assert second.sentence == f"{told.what}: this stays where it is, and is not in Odoo."


def test_what_of_the_billed_ledger_cannot_be_read_is_told_by_its_name():
    billing = LagoBilling(
        (), (), (), {}, (), "1.51.0",
        unreadable=(
            LagoUnreadable("fees", "f1", "F 1", "c1", "s1", "nexadesk", "lacks units"),
            LagoUnreadable("invoices", "i1", "INV-1", "c1", "", "nexadesk", "is odd"),
        ),
    )  # fmt: skip
    found = lago_findings(replace(source(), billing=billing), (), timezone=TORONTO)
    told = [(each.table, each.key, each.rule, each.sentence) for each in found]
    assert told == [
        (
            table,
            key,
            rule,
            f"{words} {constructs()[rule].why}",
        )
        for table, key, rule, words in (
            ("fees", "f1", "fee_unreadable", "Fee F 1. It lacks units."),
            ("invoices", "i1", "invoice_unreadable", "Invoice INV-1. It is odd."),
        )
    ]

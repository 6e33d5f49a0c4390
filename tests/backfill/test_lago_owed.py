"""What Lago owes to a customer comes along, to the cent, paid and granted apart, or by name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.local.lago.server import LagoSandbox
from deployments.sample.lago.constructs.world import construct_document
from tasks.backfill.mapping.lago_customers import opening_credits, refuse_owed
from tasks.clients.lago.connection import Lago, LagoAccess
from tasks.clients.lago.parsing_billing import wallet
from tasks.model.errors import RecordError
from tasks.model.lago import LagoCustomer
from tasks.model.lago_billed import LagoCreditNote, LagoWallet

CENTS = st.integers(0, 10_000_000)


@pytest.fixture(scope="module")
def customer():
    nothing = (None,) * 9
    return LagoCustomer(
        "c1", "memberships", "Ann", *nothing, "CAD", datetime(2026, 1, 1, tzinfo=UTC)
    )


def of(paid="0", granted="0", **known):
    defaults = {
        "customer": "c1", "code": "prepaid", "status": "active", "currency": "CAD",
        "paid": Decimal(paid), "granted": Decimal(granted), "expires_at": None, "tops_up": False,
    }  # fmt: skip
    return LagoWallet("w1", **(defaults | known))


def note(balance, number="N-1"):
    return LagoCreditNote(
        number, "c1", "memberships", "other", Decimal(10), "CAD", date(2026, 11, 1),
        balance=Decimal(balance),
    )  # fmt: skip


def test_paid_and_granted_credit_and_notes_come_apart(customer):
    found = opening_credits(customer, [of("42.50", "7")], [note("11.30"), note("0", "N-2")])
    assert {(each.kind, each.amount) for each in found} == {
        ("wallet_paid", Decimal("42.50")),
        ("wallet_granted", Decimal(7)),
        ("credit_note", Decimal("11.30")),
    }
    assert len({each.external_id for each in found}) == 3


def test_a_note_of_which_nothing_is_left_keeps_nobody_out_whatever_its_currency(customer):
    refuse_owed(customer, [], [note("0")], {"USD"})
    with pytest.raises(RecordError, match="N-1"):
        refuse_owed(customer, [], [note("0.01")], {"USD"})


def test_a_closed_or_empty_wallet_owes_nothing(customer):
    assert opening_credits(customer, [of(), of("5", status="terminated")], []) == ()


@pytest.mark.parametrize(
    ("known", "rule"),
    [
        ({"tops_up": True}, "wallet_top_up_rule"),
        ({"paid": Decimal(1), "expires_at": datetime(2027, 1, 1, tzinfo=UTC)}, "wallet_expiry"),
        ({"paid": Decimal(1), "limits": ("charge",)}, "wallet_limits"),
        ({"paid": Decimal(1), "currency": "EUR"}, "wallet_currency"),
        ({"unknown": ("wallet.bonus_rate",)}, "unknown_field"),
    ],
)
def test_what_a_credit_in_odoo_does_not_do_keeps_the_customer_out(customer, known, rule):
    with pytest.raises(RecordError) as refused:
        refuse_owed(customer, [of(**known)], (), {customer.currency})
    assert refused.value.rule == rule


def test_an_empty_wallet_with_limits_keeps_nobody_out(customer):
    empty = of(limits=("charge",), expires_at=datetime(2027, 1, 1, tzinfo=UTC))
    refuse_owed(customer, [empty], (), {customer.currency})


@settings(max_examples=30, deadline=None)
@given(paid=CENTS, granted=CENTS, used=CENTS)
def test_paid_and_granted_are_the_whole_balance_whatever_lago_tells(paid, granted, used):
    used = min(used, paid + granted)
    balance = paid + granted - used

    def came(kind, cents):
        return {
            "transaction_type": "inbound", "transaction_status": kind, "status": "settled",
            "amount": str(Decimal(cents) / 100), "remaining_amount_cents": None,
        }  # fmt: skip

    row = {
        "lago_id": "w", "external_customer_id": "c1", "status": "active", "currency": "CAD",
        "balance_cents": balance, "consumed_credits": str(Decimal(used) / 100),
        "rate_amount": "1.0",
    }  # fmt: skip
    found = wallet(row, [came("purchased", paid), came("granted", granted)])
    assert found.paid + found.granted == Decimal(balance) / 100
    assert found.paid >= 0
    assert found.granted >= 0
    # Granted credits are used first: nobody loses what they paid for.
    assert found.paid == Decimal(min(paid, balance)) / 100


@pytest.mark.parametrize(("status", "awaits"), [("pending", True), ("failed", False)])
def test_a_purchase_that_is_not_paid_is_told_and_in_no_balance(status, awaits):
    row = {
        "lago_id": "w", "external_customer_id": "c1", "status": "active", "currency": "CAD",
        "balance_cents": 500, "consumed_credits": "0.0", "rate_amount": "1.0",
    }  # fmt: skip
    move = {
        "transaction_type": "inbound", "transaction_status": "purchased", "status": "settled",
        "amount": "5.0", "remaining_amount_cents": 500,
    }  # fmt: skip
    asked = move | {"status": status, "amount": "50.0", "remaining_amount_cents": None}
    found = wallet(row, [move, asked])
    assert (found.paid, found.granted, found.awaits_payment) == (Decimal(5), 0, awaits)


def test_wallets_and_balances_of_a_tenant_are_read_whole():
    with LagoSandbox(construct_document(), "key") as sandbox:
        lago = Lago(LagoAccess(sandbox.url, "key"))
        names = [each.external_id for each in lago.customers()]
        wallets = {each.customer: each for each in lago.wallets(names)}
        notes = [each for each in lago.credit_notes() if each.balance]
    assert (wallets["wallet-paid"].paid, wallets["wallet-granted"].granted) == (
        Decimal("42.50"),
        Decimal(15),
    )
    assert wallets["wallet-top-up-rule"].tops_up
    # What is owed includes the tax that was given back.
    assert [each.balance for each in notes] == [Decimal("13.56")]

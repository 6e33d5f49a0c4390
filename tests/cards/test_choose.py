"""Which card is charged: the default one, else the only one, if it is valid; else a reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.cards.choose import aside, choose
from tasks.model.cards import Account, Card, Holder
from tasks.model.records import Outcome

TODAY = date(2026, 11, 29)
FIRST = date(2026, 12, 14)


def account(**changes):
    values = {
        "account": "a",
        "stripe_customer": "cus_1",
        "live": False,
        "pays_by_invoice": False,
        "payment_provider": None,
        "first_invoice_on": FIRST,
        "subscriptions": 1,
    }
    return Account(**(values | changes))


def card(name="pm_1", month=12, year=2030, **changes):
    values = {"kind": "card", "brand": "visa", "last4": "4242"} | changes
    return Card(name, month=month, year=year, **values)


def holder(*cards, default=None, **changes):
    return Holder("cus_1", default=default, cards=cards, **changes)


def test_default_card_is_chosen_and_else_the_only_one():
    assert choose(
        account(), holder(card("pm_1"), card("pm_2"), default="pm_2"), TODAY
    ).card == card("pm_2")
    choice = choose(account(), holder(card("pm_1")), TODAY)
    assert (choice.card, choice.outcome, choice.is_known) == (card("pm_1"), None, True)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (holder(), "no_card"),
        (holder(card("pm_1"), card("pm_2")), "no_default"),
        (holder(card("pm_1"), default="pm_9"), "default_missing"),
        (holder(card(kind="us_bank_account"), default="pm_1"), "not_a_card"),
        (holder(card(month=10, year=2026)), "expired"),
        (holder(card(month=11, year=2026)), "expires_before"),
        (holder(card(month=0)), "not_told"),
        (holder(card(last4="")), "not_told"),
        (Holder("cus_1", "unknown"), "unknown_customer"),
        (Holder("cus_1", "deleted"), "deleted_customer"),
    ],
)
def test_who_cannot_be_charged_has_a_reason_and_loses_a_card_that_odoo_had(found, code):
    choice = choose(account(), found, TODAY)
    assert (choice.code, choice.outcome, choice.card) == (code, Outcome.QUARANTINED, None)
    assert choice.is_known
    assert choice.sentence
    assert choice.remedy


def test_line_that_cannot_be_read_takes_no_card_away():
    choice = choose(account(), holder(card(), fault="Line 2 of the list is odd."), TODAY)
    assert (choice.code, choice.is_known) == ("bad_row", False)


@pytest.mark.parametrize(
    ("changes", "code", "outcome"),
    [
        ({"live": True}, "live", Outcome.OUT_OF_SCOPE),
        ({"pays_by_invoice": True}, "pays_by_invoice", Outcome.OUT_OF_SCOPE),
        (
            {"pays_by_invoice": True, "stripe_customer": None},
            "pays_by_invoice",
            Outcome.OUT_OF_SCOPE,
        ),
        ({"subscriptions": 0}, "nothing_to_pay", Outcome.OUT_OF_SCOPE),
        ({"stripe_customer": None}, "no_stripe_customer", Outcome.QUARANTINED),
        (
            {"stripe_customer": None, "payment_provider": "gocardless"},
            "other_provider",
            Outcome.QUARANTINED,
        ),
    ],
)
def test_who_is_not_asked_for_is_told(changes, code, outcome):
    choice = aside(account(**changes))
    assert choice is not None
    assert (choice.code, choice.outcome, choice.is_known) == (code, outcome, False)
    assert aside(account()) is None


cards = st.builds(
    card,
    st.sampled_from(["pm_1", "pm_2", "pm_3"]),
    st.integers(1, 12),
    st.integers(2025, 2028),
    kind=st.sampled_from(["card", "card", "link"]),
)


@given(
    st.lists(cards, max_size=3, unique_by=lambda each: each.payment_method),
    st.sampled_from([None, "pm_1", "pm_2"]),
    st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2028, 1, 1))),
)
def test_a_chosen_card_is_the_customers_and_can_be_charged_then(held, default, first):
    choice = choose(account(first_invoice_on=first), holder(*held, default=default), TODAY)
    assert (choice.card is None) == (choice.outcome is Outcome.QUARANTINED)
    if choice.card is not None:
        assert choice.card in held
        assert choice.card.kind == "card"
        assert default in (None, choice.card.payment_method)
        for day in (TODAY, first or TODAY):
            assert (day.year, day.month) <= (choice.card.year, choice.card.month)


@given(st.dates(date(2000, 1, 1), date(2099, 1, 1)))
def test_card_is_valid_through_the_last_day_of_its_month(day):
    held = card(month=day.month, year=day.year)
    assert held.is_valid_on(day)
    after = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    assert held.is_valid_on(after - timedelta(days=1))
    assert not held.is_valid_on(after)

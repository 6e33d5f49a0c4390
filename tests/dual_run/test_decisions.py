"""What a decision settles: nothing beyond its limit, nothing that our own copy gets wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dual_run.addon_thinking import decisions

Difference, Decided, settle = decisions.Difference, decisions.Decided, decisions.settle
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
CAD, USD = 1, 2


def difference(key=1, **changes):
    values = {
        "customer": "ada",
        "month": OCTOBER,
        "item": "one-off:setup",
        "cause": "one_off",
        "cause_name": "One-off charge",
        "wrong_side": "billed",
        "currency_id": CAD,
        "stake": Decimal(40),
        "figures": f"figures of {key}",
    }
    return Difference(id=key, **{**values, **changes})


def decided(scope="line", value=1, most="40", key=9, **changes):
    figures = f"figures of {value}" if scope == "line" else None
    return Decided(key, scope, value, CAD, Decimal(most), **{"figures": figures, **changes})


def settled(differences, *made):
    settle(differences, made)
    return {one.id: one.decision_id for one in differences}


@pytest.mark.parametrize(
    "made",
    [
        decided(),
        decided("customer", "ada"),
        decided("cause", "one_off"),
        decided("item", "one-off"),
    ],
    ids=lambda made: made.scope,
)
def test_a_decision_settles_what_it_is_about_up_to_its_limit(made):
    assert settled([difference()], made) == {1: 9}
    assert settled([difference(stake=Decimal("40.01"))], made) == {1: None}
    others = difference(
        2, customer="bob", item="flat", cause="proration", figures="figures of another"
    )
    assert settled([others], made) == {2: None}


def test_nothing_settles_what_our_copy_gets_wrong():
    everything = [
        decided("line", most="1000"),
        decided("customer", "ada", "1000"),
        decided("cause", "one_off", "1000"),
        decided("item", "one-off", "1000"),
    ]
    assert settled([difference(wrong_side="copy")], *everything) == {1: None}


def test_other_figures_open_a_decided_line_again():
    assert settled([difference(figures="other figures")], decided(most="1000")) == {1: None}


def test_a_limit_is_for_a_customer_and_a_cycle_and_beyond_it_all_is_open():
    lines = [difference(1), difference(2), difference(3, month=NOVEMBER)]
    lines.append(difference(4, customer="bob"))
    made = decided("cause", "one_off", "79.99")
    assert settled(lines, made) == {1: None, 2: None, 3: 9, 4: 9}
    assert settled(lines, replace(made, most=Decimal(80))) == dict.fromkeys((1, 2, 3, 4), 9)


def test_a_limit_in_another_currency_settles_nothing():
    assert settled([difference(currency_id=USD)], decided("customer", "ada", "1000")) == {1: None}


@st.composite
def worlds(draw):
    """Differences of some customers, and decisions of every scope about some of them."""
    words = st.sampled_from
    lines = [
        difference(
            number,
            customer=draw(words(["ada", "bob", ""])),
            month=draw(words([OCTOBER, NOVEMBER])),
            item=draw(words(["one-off:setup", "flat", "addon:ssl", "addon:dns"])),
            cause=draw(words(["one_off", "credit", "unexplained"])),
            wrong_side=draw(words(["copy", "billed", "terms", "open"])),
            currency_id=draw(words([CAD, USD])),
            stake=Decimal(draw(st.integers(0, 100))),
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    values = {
        "line": [one.id for one in lines] or [0],
        "customer": ["ada", "bob"],
        "cause": ["one_off", "credit", "unexplained"],
        "item": ["one-off", "flat", "addon"],
    }
    made = []
    for key in range(draw(st.integers(0, 5))):
        scope = draw(words(sorted(values)))
        most = str(draw(st.integers(0, 200)))
        made.append(decided(scope, draw(words(values[scope])), most, key))
    return lines, made


@given(worlds(), st.data())
def test_deciding_about_one_line_changes_no_other_line(world, data):
    lines, made = world
    before = settled(lines, *made)
    if not lines:
        return
    chosen = data.draw(st.sampled_from(lines))
    after = settled(lines, *made, decided("line", chosen.id, "1000", 99))
    assert {key: one for key, one in after.items() if key != chosen.id} == {
        key: one for key, one in before.items() if key != chosen.id
    }
    assert (after[chosen.id] is None) == (
        chosen.wrong_side == "copy" or chosen.currency_id != CAD
    ) or before[chosen.id] is not None


@given(worlds(), st.randoms())
def test_neither_the_order_of_lines_nor_of_decisions_matters(world, random):
    lines, made = world
    before = settled(lines, *made)
    random.shuffle(lines)
    random.shuffle(made)
    assert settled(lines, *made) == before


@given(worlds())
def test_what_is_settled_never_exceeds_the_limit_of_what_settled_it(world):
    lines, made = world
    settle(lines, made)
    for decision in made:
        sums = {}
        for one in lines:
            if one.decision_id == decision.id:
                assert one.wrong_side != "copy"
                key = (one.customer, one.month)
                sums[key] = sums.get(key, 0) + one.stake
        assert all(amount <= decision.most for amount in sums.values())

"""Who is ready, and which cycle is green: every reason against it is told, in its words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.dual_run.addon_thinking import judging, verdict

Customer, Differing, Cycles = judging.Customer, judging.Differing, judging.Cycles
Found, Limits = verdict.Found, verdict.Limits
THREE = Cycles(3, ("2026-10", "2026-09", "2026-08"), date(2026, 8, 1))


def customer(**changes):
    values = {"link_id": 1, "started_on": date(2026, 1, 1), "due": 3}
    return Customer("ada", **{**values, **changes})


def differing(cause="One-off charge", *, copy=False, decision=None):
    return Differing("2026-10", cause, copy, 2, Decimal("12.5"), "CAD", decision)


def codes(one, cycles=THREE):
    return [reason.code for reason in judging.reasons_against(one, cycles)]


def test_a_customer_of_whom_all_agrees_is_ready():
    assert codes(customer()) == []
    assert judging.remarks(customer(), THREE) == []


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"differing": [differing()]}, "difference", "Open: One-off charge, 2 lines of 2026-10"),
        (
            {"differing": [differing("Flat price", copy=True)]},
            "copy",
            "Our copy is wrong: Flat price, 2 lines of 2026-10, 12.50 CAD.",
        ),
        ({"kept_out": [("an add-on", "The add-on has no price.")]}, "kept_out", "no price"),
        ({"contact": "Two contacts have this address."}, "contact", "Two contacts"),
        ({"orders": ["Order S1 was cancelled."]}, "order", "cancelled"),
        ({"wants_card": True}, "card", "pays by card"),
        (
            {"not_compared": [("S7", date(2026, 2, 10))]},
            "not_compared",
            "The price of order S7 for the period from 2026-02-10 on is not compared yet",
        ),
        ({"incomplete": ["2026-10"]}, "difference", "Not all of their"),
        ({"link_id": None}, "not_loaded", "does not know"),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" not in value else None,
)
def test_each_thing_that_is_open_keeps_a_customer_back(changes, code, said):
    (reason,) = judging.reasons_against(customer(**changes), THREE)
    assert reason.code == code
    assert said in reason.sentence
    assert reason.group


def test_a_decided_difference_keeps_nobody_back_and_is_told():
    one = customer(differing=[differing(decision=7)])
    assert codes(one) == []
    assert judging.remarks(one, THREE) == ["Decision 7 settles 2 lines of 2026-10, 12.50 CAD."]


def test_who_is_due_once_a_year_or_has_no_subscription_waits_for_nothing():
    yearly = customer(due=0)
    assert codes(yearly) == []
    assert "Nothing of theirs was due" in judging.remarks(yearly, THREE)[0]
    assert codes(customer(due=0, started_on=None)) == []


def test_what_was_compared_beyond_the_months_is_told():
    assert judging.remarks(customer(due=0, long_periods=2), THREE) == [
        "Nothing of theirs was due in these cycles.",
        "Prices due last that were compared, too: 2.",
    ]


def test_who_is_newer_than_the_cycles_waits_for_nothing_and_it_is_said():
    newest = customer(due=0, started_on=date(2026, 10, 5))
    assert codes(newest) == []
    assert "New since 2026-10-05" in judging.remarks(newest, THREE)[0]


def test_a_new_customer_is_ready_after_one_bill_that_agrees_and_it_is_said():
    new = customer(due=1, started_on=date(2026, 9, 20))
    assert codes(new) == []
    assert "Compared in 1 of 3 cycles" in judging.remarks(new, THREE)[0]


def test_without_enough_cycles_nobody_is_ready():
    two = Cycles(3, ("2026-10", "2026-09"), date(2026, 9, 1))
    assert codes(customer(due=2), two) == ["cycles"]
    broken = Cycles(3, THREE.names, THREE.since, ("The dual run of 2026-10 did not go through.",))
    assert codes(customer(), broken) == ["cycles"]


def found(**changes):
    values = {
        "said": 200,
        "lines": 200,
        "settled": 197,
        "decided": 0,
        "open": 3,
        "untold": 0,
        "unexplained": Decimal(0),
    }
    return Found(**{**values, **changes})


def reasons(one, limits=None, blockers=()):
    return verdict.reasons_against(one, limits or Limits(), blockers)


def test_a_cycle_is_green_within_its_limits_or_when_everything_is_decided():
    assert reasons(found(settled=198, open=2)) == []
    assert reasons(found(settled=100, decided=100, open=0)) == []
    assert reasons(found(), Limits("0.98", "0")) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "98.50% of the lines are settled or decided; 99.00% are required."),
        ({"open": 1, "unexplained": Decimal("0.01")}, "0.01 of differences are unexplained"),
        ({"said": 201, "open": 0}, "201 lines were compared, those of 200 arrived."),
        ({"untold": 2, "open": 0}, "Not all differences of 2 customers are in Odoo."),
        ({"said": 0, "lines": 0, "settled": 0, "open": 0}, "There was nothing to reconcile"),
    ],
    ids=["too few", "a cent", "some are missing", "untold", "nothing"],
)
def test_what_keeps_a_cycle_from_being_green_is_told(changes, said):
    (reason,) = reasons(found(**changes))
    assert said in reason


def test_what_did_not_go_through_makes_a_cycle_red_whatever_its_lines_say():
    assert reasons(found(open=0), blockers=["usage ended as Failed"]) == ["usage ended as Failed"]

"""What a change of plan makes due, by a new subscription or in place: each day once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tasks.model.rating import rate
from tasks.reconcile.causes.terms import FlatTerms, flat_terms, usage_terms
from tasks.reconcile.expected.nexacloud_changes import _days
from tests.reconcile.nexacloud_terms import (
    BASIC,
    PLANS,
    SEP,
    amounts,
    canceled,
    due,
    proration,
    subscription,
    used,
)


def test_a_change_by_a_new_subscription_is_due_from_both():
    old = canceled("2026-08-14")
    new = subscription("2026-08-14", subscription_id="sub-2", plan_id="p-pro")
    found = due(old, new, usage=[used("2026-08-06", 150), used("2026-08-15", 500)])
    of = {(each.subscription, each.item, each.amount) for each in found.lines}
    assert ("sub-2", "usage:cpu_seconds", "1.5") in of
    flats = [(each.subscription, each.amount) for each in found.lines if each.item == "flat"]
    assert flats == [("sub-1", "30")] * 4 + [("sub-2", "90")] * 3


def test_a_new_subscription_that_was_charged_the_rest_keeps_the_old_ones_rhythm():
    new = subscription("2026-08-14", subscription_id="sub-2", plan_id="p-pro")
    texts = ("Unused time on Basic 2 × vCPU", "Remaining time on Pro")
    told = [
        proration(f"{text} after 2026-08-14", amount, "2026-08-14", subscription="sub-2")
        for text, amount in zip(texts, ("-1", "1"), strict=True)
    ]
    found = due(canceled("2026-08-14"), new, told=told, usage=[used("2026-08-15", 300)])
    own = [each for each in found.lines if each.subscription == "sub-2"]
    of = [(each.item.partition(":")[0], str(each.period_start.date()), each.amount) for each in own]
    assert of == [
        ("flat", "2026-09-05", "90"),
        ("flat", "2026-10-05", "90"),
        # 22 of the 31 days from 5 August on.
        ("proration", "2026-08-14", "63.870968"),
        ("proration", "2026-08-14", "-21.290323"),
        ("usage", "2026-08-14", "0.5"),
    ]


def test_a_rest_that_takes_over_from_nobody_begins_a_rhythm_of_its_own():
    new = subscription("2026-08-14", subscription_id="sub-2", plan_id="p-pro")
    rest = proration(
        "Remaining time on Pro after 2026-08-14", "1", "2026-08-14", subscription="sub-2"
    )
    found = due(new, told=[rest])
    starts = [str(each.period_start.date()) for each in found.lines if each.item == "flat"]
    assert starts == ["2026-08-14", "2026-09-14", "2026-10-14"]


def in_place(*texts_and_amounts, **rows):
    told = [proration(text, amount) for text, amount in texts_and_amounts]
    return due(subscription(plan_id="p-pro"), told=told, **rows)


def test_before_a_change_in_place_the_old_plan_is_due():
    found = in_place(
        ("Unused time on Basic 2 × vCPU after 2026-09-14", "-21.00"),
        ("Remaining time on Pro after 2026-09-14", "63.00"),
    )
    assert amounts(found) == {
        "2026-05-05": "30", "2026-06-05": "30", "2026-07-05": "30", "2026-08-05": "30",
        "2026-09-05": "30", "2026-10-05": "90",
    }  # fmt: skip
    settled = [each.amount for each in found.lines if each.item.startswith("proration:")]
    assert sorted(settled) == ["-21.00", "63.00"]


def test_usage_by_a_plan_without_a_quota_costs_no_month_of_the_plan_after_it(monkeypatch):
    monkeypatch.setitem(PLANS, "p-basic", replace(BASIC, quota=None))
    found = in_place(
        ("Unused time on Basic 2 × vCPU after 2026-09-14", "-21.00"),
        ("Remaining time on Pro after 2026-09-14", "63.00"),
        usage=[used("2026-06-06", 150), used("2026-09-20", 300)],
    )
    assert amounts(found, "usage:cpu_seconds") == {"2026-09-05": "0.5"}
    assert found.unpriced == {"quota_missing": 1}


def test_a_plan_that_was_taken_and_given_back_on_one_day_is_priced_and_changes_nothing():
    texts = ("Remaining time on Pro Max", "Unused time on Pro Max")
    found = in_place(*((f"{text} after 2026-09-14", "99") for text in texts))
    settled = sorted(each.amount for each in found.lines if each.item.startswith("proration:"))
    # 21 of the 30 days from 5 September on.
    assert settled == ["-105", "105"]
    assert set(amounts(found).values()) == {"90"}
    # Who kept it has another plan than the row says.
    kept = in_place((f"{texts[0]} after 2026-09-14", "99"))
    assert kept.unpriced["plan_before_unknown"] == 1


@pytest.mark.parametrize("day", ["14 septembre 2026", "14 sept. 2026", "14 SEPTEMBRE 2026"])
def test_a_change_that_is_settled_in_french_has_its_day(day):
    found = in_place(
        (f"Temps inutilisé sur Basic 2 × vCPU après le {day}", "-21.00"),
        (f"Temps restant sur Pro après le {day}", "63.00"),
    )
    assert amounts(found)["2026-09-05"] == "30"
    assert amounts(found)["2026-10-05"] == "90"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("après le 1er août 2026", date(2026, 8, 1)),
        ("après le 3 déc. 2026", date(2026, 12, 3)),
        ("après le 9 févr. 2027", date(2027, 2, 9)),
        ("après le 2 juillet 2026", date(2026, 7, 2)),
        ("après le 31 juin 2026", None),
        ("après le 12 marteau 2026", None),
    ],
)
def test_days_in_french_are_read_and_no_others(text, day):
    line = proration(f"Temps restant sur Pro {text}", "1")
    assert _days(line) == ([day] if day else [])


def test_a_line_tells_the_terms_that_it_was_priced_by_and_until_when_they_held():
    found = in_place(
        ("Unused time on Basic 2 × vCPU after 2026-09-14", "-21"),
        ("Remaining time on Pro after 2026-09-14", "63"),
        usage=[used("2026-09-06", 300)],
    )
    old, new = (each for each in found.lines if each.item == "flat" and each.period_start >= SEP)
    assert flat_terms(old.terms) == FlatTerms(Decimal(30), "monthly", "basic")
    assert flat_terms(new.terms) == FlatTerms(Decimal(90), "monthly", "pro")
    assert json.loads(old.terms)["until"] == "2026-09-14"
    assert "until" not in json.loads(new.terms)
    (metered,) = (each for each in found.lines if each.item == "usage:cpu_seconds")
    terms = usage_terms(metered.terms)
    assert (terms.plan_code, str(rate(terms.charge, Decimal(metered.units)).amount)) == (
        "pro", "0.500000"
    )  # fmt: skip


def test_usage_before_a_change_in_place_tells_until_when_its_plan_held():
    """Who pays by the year has no price in those months: nothing else says why Odoo differs."""
    found = due(
        subscription("2025-12-05", cycle="yearly", plan_id="p-pro"),
        told=[
            proration("Unused time on Archive after 2026-09-14", "-1"),
            proration("Remaining time on Pro after 2026-09-14", "1"),
        ],
        usage=[used("2026-08-06", 150), used("2026-09-06", 150), used("2026-09-20", 150)],
    )
    assert amounts(found) == {}
    metered = [each for each in found.lines if each.item == "usage:cpu_seconds"]
    told = [(json.loads(each.terms)["plan_code"], json.loads(each.terms).get("until"))
            for each in metered]  # fmt: skip
    assert told == [("archive", "2026-09-14"), ("pro", None)]


def test_two_changes_in_one_period_are_both_priced():
    found = due(
        subscription(plan_id="p-max"),
        told=[
            proration("Unused time on Basic 2 × vCPU after 2026-09-14", "-1"),
            proration("Remaining time on Pro after 2026-09-14", "1"),
            proration("Unused time on Pro after 2026-09-20", "-1"),
            proration("Remaining time on Pro Max after 2026-09-20", "1"),
        ],
    )
    settled = {
        each.item.partition(":")[2]: each.amount for each in found.lines if "time" in each.item
    }
    assert settled == {
        "Unused time on Basic 2 × vCPU after 2026-09-14": "-21",
        "Remaining time on Pro after 2026-09-14": "63",
        "Unused time on Pro after 2026-09-20": "-45",
        "Remaining time on Pro Max after 2026-09-20": "75",
    }
    assert amounts(found)["2026-09-05"] == "30"
    assert amounts(found)["2026-10-05"] == "150"


@pytest.mark.parametrize(
    "text",
    [
        "Unused time on Basic 2 × vCPU after 14 Sep 2026",
        "Unused time on 1 × Basic 2 x vCPU (at $30.00 / month) after September 14, 2026",
        "UNUSED DAYS ON basic from 2026-09-14",
        "Temps inutilisé sur Basic 2 × vCPU après le 2026-09-14",
        "Prorated credit for Basic 2 × vCPU, 2026-09-14 to 2026-10-05",
    ],
)
def test_a_proration_is_read_however_it_is_worded(text):
    found = in_place((text, "-19.00"))
    assert [each.amount for each in found.lines if each.item.startswith("proration:")] == ["-21"]


def test_a_proration_by_the_hour_within_the_day_is_what_the_terms_say():
    found = in_place(("Unused time on Basic 2 × vCPU after 2026-09-14", "-20.37"))
    assert "-20.37" in {each.amount for each in found.lines}


def test_a_proration_of_nothing_that_is_known_is_left_out_by_name():
    found = in_place(("Remaining time on next plan after 2026-09-14", "12"))
    assert not [each for each in found.lines if each.item.startswith("proration:")]
    assert found.unpriced == {"proration_unreadable": 1}


def test_the_price_before_a_change_from_nobody_knows_what_is_left_out_by_name():
    found = in_place(("Remaining time on Pro after 2026-09-14", "63"))
    assert amounts(found) == {"2026-10-05": "90"}
    assert found.unpriced == {"plan_before_unknown": 1}


def test_a_change_on_the_day_of_a_bill_settles_what_that_bill_charged():
    found = in_place(
        ("Unused time on Basic 2 × vCPU after 2026-09-05", "-30"),
        ("Remaining time on Pro after 2026-09-05", "90"),
    )
    assert amounts(found)["2026-09-05"] == "30"

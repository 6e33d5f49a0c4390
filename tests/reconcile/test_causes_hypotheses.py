"""Every wrong that is tried on a line, with its words and what it would have billed.

One that is not tried leaves a difference without a cause; one too many names a wrong cause.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tasks.model.ledger import Cause
from tasks.model.rating import RatedCharge, Tier
from tasks.reconcile.causes.amounts import Bill
from tasks.reconcile.causes.usage import (
    Hypothesis,
    UsageRow,
    applied,
    pairs,
    plan_hypotheses,
    tax_hypotheses,
    term_hypotheses,
    usage_hypotheses,
)
from tests.reconcile.ledgers import moment

CHARGE = RatedCharge("standard", Decimal("0.0075"), Decimal(100), unit_batch=1)
BILL = Bill(CHARGE, Decimal("517.5"))
PERIOD = (moment("2026-09-05"), moment("2026-10-05"))
ZONE_OFFSET = timedelta(hours=-4)


def tried(hypotheses, bill=BILL):
    return [
        (each.cause.value, each.way, each.words, applied(bill, (each,)).micro())
        for each in hypotheses
    ]


def test_what_may_be_wrong_with_the_terms_is_all_tried():
    assert tried(term_hypotheses(CHARGE)) == [
        ("rate_rounded_to_cents", "cents", "with the rate at 0.01", 4_175_000),
        ("quota_not_applied", "none", "without the quota", 3_881_250),
        ("quota_differs", "x0.500", "with a quota of 50 instead of 100", 3_506_250),
        ("quota_differs", "x2.000", "with a quota of 200 instead of 100", 2_381_250),
        ("quota_differs", "x12.000", "with a quota of 1200 instead of 100", 0),
        ("quota_differs", "x0.083", "with a quota of 8.3333 instead of 100", 3_818_750),
        ("block_rating", "True", "by whole batches", 3_135_000),
    ]


def test_a_rate_in_cents_is_not_rounded_to_cents():
    cents = replace(CHARGE, price_per_unit=Decimal("0.02"))
    assert tried(term_hypotheses(cents), replace(BILL, charge=cents)) == [
        ("quota_not_applied", "none", "without the quota", 10_350_000),
        ("quota_differs", "x0.500", "with a quota of 50 instead of 100", 9_350_000),
        ("quota_differs", "x2.000", "with a quota of 200 instead of 100", 6_350_000),
        ("quota_differs", "x12.000", "with a quota of 1200 instead of 100", 0),
        ("quota_differs", "x0.083", "with a quota of 8.3333 instead of 100", 10_183_333),
        ("block_rating", "True", "by whole batches", 8_360_000),
    ]


TIERS = (Tier(Decimal(500), Decimal("0.0149")), Tier(None, Decimal("0.01")))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # 518 whole units at 0.0075, and 517.5.
        (
            {"charge_model": "package"},
            [("block_rating", "False", "by the fraction of a batch", 3_881_250)],
        ),
        (
            {"block_rating": "whole"},
            [("block_rating", "False", "by the fraction of a batch", 3_881_250)],
        ),
        # 500 at 0.01 and 17.5 at 0.01; 500 at 0.0149 and 18 at 0.01.
        (
            {"charge_model": "graduated", "tiers": TIERS},
            [
                ("rate_rounded_to_cents", "cents", "with the rate at whole cents", 5_175_000),
                ("block_rating", "True", "by whole batches", 7_630_000),
            ],
        ),
        (
            {"charge_model": "volume", "tiers": TIERS},
            [
                ("rate_rounded_to_cents", "cents", "with the rate at whole cents", 5_175_000),
                ("block_rating", "True", "by whole batches", 5_180_000),
            ],
        ),
        ({"charge_model": "percentage", "percent": Decimal(2)}, []),
    ],
)
def test_each_charge_model_has_its_own_wrongs(changes, expected):
    price = Decimal(0) if {"tiers", "percent"} & changes.keys() else Decimal("0.0075")
    charge = RatedCharge(**({"charge_model": "standard", "price_per_unit": price} | changes))
    found = tried(term_hypotheses(charge), Bill(charge, Decimal("517.5")))
    assert [each for each in found if price == 0 or each[0] != "rate_rounded_to_cents"] == expected


def test_taxes_that_an_amount_may_include_are_the_usual_ones_or_the_lines_own():
    assert tried(tax_hypotheses(Decimal("13"))) == [
        ("tax_included", "13", "with 13 % tax included", 3_538_313),
    ]
    assert tried(tax_hypotheses(Decimal(0))) == []
    assert [way for _, way, _, _ in tried(tax_hypotheses(Decimal("0.5")))] == ["0.5"]
    assert [way for _, way, _, _ in tried(tax_hypotheses(None))] == [
        "5", "11", "12", "13", "14", "14.975", "15",
    ]  # fmt: skip


def test_another_plan_is_tried_and_never_the_same_terms_again():
    other = replace(CHARGE, price_per_unit=Decimal("0.0083"))
    assert tried(plan_hypotheses(CHARGE, {"basic": CHARGE, "team": other})) == [
        ("plan_differs", "team", "by plan team", 3_465_250)
    ]


def rows_of(*spans):
    return [UsageRow(moment(start), moment(end), Decimal(units)) for start, end, units in spans]


def test_quantities_that_may_have_been_billed_are_all_tried():
    rows = rows_of(
        ("2026-08-07", "2026-09-05", "300"),
        ("2026-09-04", "2026-09-06", "7"),
        ("2026-09-05", "2026-10-01", "400"),
        ("2026-10-01", "2026-10-05", "117.5"),
        ("2026-10-05", "2026-11-01", "350"),
    )
    external = (moment("2026-10-01"), moment("2026-11-01"))
    assert tried(usage_hypotheses(BILL.units, PERIOD, external, rows, ZONE_OFFSET)) == [
        ("usage_missing", "all", "without any usage", 0),
        ("usage_counted_twice", "all", "with the usage counted twice", 7_012_500),
        # 7 + 400 + 117.5; what ends as the period begins is of the one before.
        ("period_boundary", "by end", "with the usage that ends in the period", 3_183_750),
        # 117.5 + 350.
        ("period_boundary", "external", "with the usage of the other side's period", 2_756_250),
        ("usage_missing", "2026-09-05", "without the usage of 2026-09-05", 131_250),
        (
            "usage_counted_twice",
            "2026-09-05",
            "with the usage of 2026-09-05 counted twice",
            6_131_250,
        ),
        ("usage_missing", "2026-10-01", "without the usage of 2026-10-01", 2_250_000),
        (
            "usage_counted_twice",
            "2026-10-01",
            "with the usage of 2026-10-01 counted twice",
            4_012_500,
        ),
    ]


def test_each_quantity_is_the_one_that_the_words_tell():
    """An invoice tells its units: one that is wrong by a second has no cause."""
    rows = rows_of(("2026-09-05", "2026-10-01", "400"), ("2026-10-01", "2026-10-05", "117.5"))
    found = usage_hypotheses(BILL.units, PERIOD, PERIOD, rows, timedelta())
    units = [applied(BILL, (each,)).units for each in found]
    assert units == [0, 1035, 117.5, 917.5, 400, 635]


def test_days_that_were_cut_in_utc_are_tried():
    """Four hours of the evening before are in, and the last four are out."""
    evening = moment("2026-09-05") - timedelta(hours=4)
    rows = [
        UsageRow(evening, evening + timedelta(hours=1), Decimal(5)),
        UsageRow(evening - timedelta(seconds=1), evening, Decimal(1000)),
        UsageRow(PERIOD[0], PERIOD[1], Decimal(400)),
        UsageRow(PERIOD[1] - timedelta(hours=4), PERIOD[1], Decimal(11)),
    ]
    found = usage_hypotheses(Decimal(411), PERIOD, PERIOD, rows, ZONE_OFFSET)
    assert [each for each in tried(found) if each[1] == "utc"] == [
        ("period_boundary", "utc", "with the period's days in UTC", 2_287_500)
    ]
    at_utc = usage_hypotheses(Decimal(411), PERIOD, PERIOD, rows, timedelta())
    assert not [each for each in tried(at_utc) if each[0] == "period_boundary"]


@pytest.mark.parametrize(
    ("units", "spans"),
    [
        # Of one piece, all is missing or all is there twice.
        ("400", [("2026-09-05", "2026-10-05", "400")]),
        # The pieces are not what Odoo has: which one is missing cannot be said.
        ("500", [("2026-09-05", "2026-10-01", "400"), ("2026-10-01", "2026-10-05", "101")]),
        ("500", [("2026-09-05", "2026-10-01", "400"), ("2026-10-01", "2026-10-05", "99")]),
    ],
)
def test_a_piece_of_usage_is_missing_only_where_the_pieces_are_the_whole(units, spans):
    found = usage_hypotheses(Decimal(units), PERIOD, PERIOD, rows_of(*spans), timedelta())
    assert {way for _, way, _, _ in tried(found)} <= {"all", "by end"}


def test_of_no_usage_none_is_missing_and_none_is_there_twice():
    assert tried(usage_hypotheses(Decimal(0), PERIOD, PERIOD, [], ZONE_OFFSET)) == []


def test_two_wrongs_at_once_are_of_two_causes_and_none_is_another_plan():
    one, other, plan, same = (
        Hypothesis(cause, "", "", lambda bill: bill)
        for cause in (
            Cause.TAX_INCLUDED, Cause.USAGE_MISSING, Cause.PLAN_DIFFERS, Cause.TAX_INCLUDED,
        )
    )  # fmt: skip
    assert list(pairs([one, other, plan, same])) == [(one, other), (other, same)]


def test_a_second_wrong_keeps_what_the_first_changed():
    """The rate in cents without the quota, however they are ordered: 517.5 x 0.01."""
    by_cause = {each.cause: each for each in term_hypotheses(CHARGE)}
    rate, free = by_cause[Cause.RATE_ROUNDED_TO_CENTS], by_cause[Cause.QUOTA_NOT_APPLIED]
    blocks = by_cause[Cause.BLOCK_RATING]
    assert applied(BILL, (rate, free)).micro() == applied(BILL, (free, rate)).micro() == 5_175_000
    # 418 whole ones at 0.01; 518 at 0.0075.
    assert applied(BILL, (rate, blocks)).micro() == 4_180_000
    assert applied(BILL, (blocks, free)).micro() == 3_885_000

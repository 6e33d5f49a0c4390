"""What is told of a line that both sides have: the sentence, and how much speaks for it."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.reconcile.ledgers import (
    HOUR,
    billed,
    charge_terms,
    due,
    flat,
    known,
    line,
    matched,
    moment,
    only,
    usage,
)

HOURS = "517.3"
AUGUST = {"period_start": moment("2026-08-05"), "period_end": moment("2026-09-05")}


def told(ours, theirs, source=None):
    row = only([ours], [theirs], source=source)
    return row["cause"], row["evidence"]


NO_CAUSE = "no known cause gives this amount."


@pytest.mark.parametrize(
    ("ours", "theirs", "cause", "words"),
    [
        (flat("39"), line("38.99"), "rounding", "39.00 before rounding was billed as 38.99."),
        (usage("3.12975", HOURS), billed("3.12", HOURS), "rounding",
         "3.12975 before rounding was billed as 3.12."),
        (flat("39"), line("44.07", tax_rate="13"), "tax_included",
         "The price with 13 % tax included: 44.07 CAD, as billed."),
        (flat("39"), line("14.30"), "proration",
         "The price for 11 of 30 days: 14.30 CAD, as billed."),
        (flat("39"), line("42"), "flat_price_differs",
         "The price is 42.00 there and 39.00 in Odoo."),
        (usage("3.12975", HOURS), billed("2.25", "400"), "usage_missing",
         "Re-rated without 422280 units that were not billed: 2.25 CAD, as billed."),
        (usage("3.12975", HOURS), billed("3.7478", "599.7"), "usage_missing",
         "Re-rated with 296640 units that Odoo does not have: 3.7478 CAD, as billed."),
        (usage("3.12975", HOURS), billed("4.17", HOURS), "rate_rounded_to_cents",
         "Re-rated with the rate at 0.01: 4.17 CAD, as billed."),
        (usage("3.12975", HOURS), billed("5.173", HOURS), "rate_rounded_to_cents+quota_not_applied",
         "Re-rated with the rate at 0.01 and without the quota: 5.173 CAD, as billed."),
        (usage("3.12975", HOURS), billed("9.99", "555"), "unexplained",
         f"Billed as 9.99 CAD, Odoo has 3.13 CAD (1998000 units there, 1862280 here): {NO_CAUSE}"),
        (usage("3.12975", HOURS), billed("9.99"), "unexplained",
         f"Billed as 9.99 CAD, Odoo has 3.13 CAD: {NO_CAUSE}"),
        (line("10", "fixed:seats", units="3", origin="odoo"), line("12", "fixed:seats", units="4"),
         "unexplained", f"Billed as 12.00 CAD, Odoo has 10.00 CAD: {NO_CAUSE}"),
        (flat("-5", item="proration:x"), line("-6", "proration:x"), "proration",
         "Billed as -6.00 CAD; Odoo has -5.00 CAD."),
        (flat("39", tax_rate="13"), line("39", tax_rate="5"), "tax_differs",
         "Taxed at 5 % there and at 13 % in Odoo."),
    ],
)  # fmt: skip
def test_a_difference_is_told_in_words_with_both_amounts(ours, theirs, cause, words):
    assert told(ours, theirs) == (cause, words)


def test_another_currency_is_told_with_both_amounts_in_both_rows():
    rows = matched([flat("39")], [line("28.47", currency="USD")])
    assert {(row["cause"], row["evidence"]) for row in rows} == {
        ("currency", "Billed as 28.47 USD; Odoo has 39.00 CAD.")
    }


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (flat("39"), line("28.47", currency="USD"),
         "Billed as 28.47 USD; by its terms it is 39.00 CAD."),
        (flat("39"), line("42"), "The price is 42.00 there and 39.00 by the terms."),
        (usage("3.12975", HOURS), billed("9.99"),
         f"Billed as 9.99 CAD, by its terms it is 3.13 CAD: {NO_CAUSE}"),
        (flat("-5", item="proration:x"), line("-6", "proration:x"),
         "Billed as -6.00 CAD; its days give -5.00 CAD."),
    ],
)  # fmt: skip
def test_of_what_ended_the_terms_are_named_and_not_odoo(ours, theirs, words):
    """Odoo has no line of it: nobody would find what it is said to have."""
    source = known([due(ours)], ended={"sub-1": "2026-10-01"})
    rows = matched([], [theirs], source=source)
    assert {row["evidence"] for row in rows} == {words}


@pytest.mark.parametrize(
    ("ours", "cause", "words"),
    [
        ("39", "flat_price_differs",
         "Billed and Odoo agree on 39.00 CAD; by the source's terms 42.00 CAD is due."),
        ("3.13", "unexplained",
         "Billed and Odoo agree on 3.13 CAD; by the source's terms 42.00 CAD is due."),
    ],
)  # fmt: skip
def test_what_billed_and_odoo_agree_on_against_the_terms_names_all_amounts(ours, cause, words):
    own = flat("39") if ours == "39" else usage("3.13", HOURS)
    theirs = line("39") if ours == "39" else billed("3.13", HOURS)
    assert told(own, theirs, known([due(own, "42")])) == (cause, words)


def test_only_a_plans_price_is_a_price_that_differs_from_the_terms():
    own = line("9", "addon:B", origin="odoo")
    assert told(own, line("9", "addon:B"), known([due(own, "12")]))[0] == "unexplained"


def test_what_nobody_bills_and_the_terms_ask_for_is_told_with_its_amount():
    source = known([due(flat("39")), due(flat("9", item="addon:B"))])
    row = next(row for row in matched([flat("39")], [line("39")], source=source) if row["cause"])
    words = "Neither side bills it; by the source's terms 9.00 CAD is due."
    assert (row["cause"], row["evidence"]) == ("unexplained", words)


def test_what_was_billed_as_the_terms_of_that_time_said_is_over():
    """The plan was changed in place on the 14th: what Odoo has now is no fault of anybody's."""
    until = {"cycle": "monthly", "plan_code": "basic", "price": "30", "until": "2026-09-14"}
    old = due(flat("30"), terms=json.dumps(until, separators=(",", ":")))
    row = only([flat("39")], [line("30")], source=known([old]))
    words = "The plan was changed since; it was billed as the terms of that time say."
    assert (row["wrong_side"], row["cause"], row["evidence"]) == ("", "plan_differs", words)


def test_a_part_of_a_period_that_was_billed_as_its_days_say_is_over():
    part = flat("-5", item="proration:Unused time")
    theirs = [line("39"), line("-5", "proration:Unused time")]
    rows = matched([flat("39")], theirs, source=known([due(part), due(flat("39"))]))
    words = "“Unused time” settled a part of a period, as its terms say; Odoo bills whole periods."
    assert [(row["wrong_side"], row["cause"], row["evidence"]) for row in rows] == [
        ("", "", ""),
        ("", "proration", words),
    ]


@pytest.mark.parametrize(
    ("amount", "cause"),
    [
        ("39.01", "rounding"),
        # A cent, and the last place of four.
        ("39.0101", "rounding"),
        ("39.0102", "flat_price_differs"),
        ("38.9899", "rounding"),
        ("38.9898", "flat_price_differs"),
    ],
)
def test_a_rounding_is_a_cent_and_the_last_of_four_places_at_most(amount, cause):
    assert told(flat("39"), line(amount))[0] == cause


@pytest.mark.parametrize(("units", "cause"), [("3.9", "rounding"), ("4", "unexplained")])
def test_a_rounding_is_of_the_same_units(units, cause):
    ours = line("10", "fixed:seats", units="3", origin="odoo")
    assert told(ours, line("10.01", "fixed:seats", units=units))[0] == cause
    assert told(ours, line("10.01", "fixed:seats", units=None))[0] == "rounding"


@pytest.mark.parametrize(
    ("hours", "amount", "cause"),
    [
        # At 0.15 with 13 % tax: 118 hours beyond the quota are 20.00, and 117.9 are 19.98.
        ("158", "20.00", "rate_rounded_to_cents+tax_included"),
        ("157.9", "19.98", "unexplained"),
    ],
)
def test_two_causes_in_whole_cents_are_believed_from_twenty_dollars_on(hours, amount, cause):
    terms = charge_terms(price_per_unit="0.145", included_quota=str(40 * HOUR))
    ours = str((Decimal(hours) - 40) * Decimal("0.145"))
    found = told(usage(ours, hours, terms=terms), billed(amount, hours, tax_rate="13"))
    assert found[0] == cause


def test_the_cause_of_two_lines_of_a_subscription_comes_before_that_of_one():
    """4.17 is the rate in cents; 2.00 is too, or another quota: two lines say which."""
    odoo = [usage("3.12975", HOURS), usage("1.5", "300", **AUGUST)]
    both = matched(odoo, [billed("4.17", HOURS), billed("2.00", "300", **AUGUST)])
    assert {row["cause"] for row in both} == {"rate_rounded_to_cents"}


@pytest.mark.parametrize(
    ("days", "billed_as", "cause"),
    [
        (301, "9", "proration"),
        (300, "9", "flat_price_differs"),
        (301, "9.01", "flat_price_differs"),
        (301, "8.99", "flat_price_differs"),
    ],
)
def test_a_month_of_a_years_addon_is_a_twelfth_of_more_than_three_hundred_days(
    days, billed_as, cause
):
    start = moment("2026-09-05")
    year = {"period_start": start, "period_end": start + timedelta(days=days)}
    found = told(line("108", "addon:B", origin="odoo", **year), line(billed_as, "addon:B"))
    assert found[0] == cause


@pytest.mark.parametrize(
    ("told_terms", "cause"),
    [
        ({"price_per_unit": "0.01", "included_quota": str(100 * HOUR)}, "rate_rounded_to_cents"),
        # The invoice tells hours to four decimals: 0.18 seconds apart are the same quota.
        ({"price_per_unit": "0.01", "included_quota": "360000.18"}, "rate_rounded_to_cents"),
        ({"price_per_unit": "0.01", "included_quota": "360000.19"}, "unexplained"),
        ({"price_per_unit": "0.0075", "included_quota": "360000"}, "unexplained"),
        ({"price_per_unit": "0.01"}, "rate_rounded_to_cents"),
        ({"included_quota": "0"}, "rate_rounded_to_cents"),
    ],
)  # fmt: skip
def test_the_rate_and_the_quota_that_an_invoice_tells_rule_out_what_has_others(told_terms, cause):
    theirs = billed("4.173", HOURS, terms=json.dumps(told_terms))
    assert told(usage("3.12975", HOURS), theirs)[0] == cause


@pytest.mark.parametrize(
    ("who", "rates", "words"),
    [
        ((None, None, True), ("13", "0"),
         "Taxed at 13 % there and at 0 % in Odoo: the customer is exempt, which the other side"
         " does not know."),
        ((None, None, True), ("0", "13"),
         "Taxed at 0 % there and at 13 % in Odoo: the customer is exempt, which Odoo does"
         " not know."),
        ((None, None, False), ("13", "5"),
         "Taxed at 13 % there and at 5 % in Odoo: no province or country of the customer is"
         " known."),
        (("CA", "QC", False), ("14.975", "0"),
         "Taxed at 14.975 % there and at 0 % in Odoo: no fiscal position in Odoo taxes this"
         " customer of QC, CA."),
        (("CA", None, False), ("13.0004", "5"),
         "Taxed at 13 % there and at 5 % in Odoo: the customer is of CA; see the fiscal position"
         " that Odoo gives them."),
    ],
)  # fmt: skip
def test_a_tax_that_differs_is_told_with_what_is_known_of_the_customer(who, rates, words):
    source = known(customers=[("nexacloud", "anna", *who)])
    theirs, ours = rates
    found = told(flat("390", tax_rate=ours), line("390", tax_rate=theirs), source)
    assert found == ("tax_differs", words)

"""A difference and the cause that it must get; and differences that must get none."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest

from tasks.model.ledger import ledger_frame
from tasks.reconcile.causes.differing import EVIDENCE_SCHEMA, evidence_needed
from tasks.reconcile.match.match import match
from tests.reconcile.ledgers import (
    HOUR,
    TORONTO,
    billed,
    charge_terms,
    flat,
    flat_terms,
    known,
    line,
    matched,
    moment,
    only,
    seconds,
    usage,
)

#: 517.3 core-hours, 100 of them free, at 0.0075: 3.12975, so Odoo has 3.13.
HOURS = "517.3"
TOLD = {"units": seconds(HOURS)}


def records(*spans: tuple[str, str, str]) -> pl.DataFrame:
    rows = [
        ("nexacloud", "sub-1", "usage:cpu_seconds", moment(start), moment(end), seconds(hours))
        for start, end, hours in spans
    ]
    return pl.DataFrame(rows, schema=EVIDENCE_SCHEMA, orient="row")


#: Two records, as a calendar month cuts a period that begins on the 5th; and their neighbors.
EVIDENCE = records(
    ("2026-08-07", "2026-09-05", "300"),
    ("2026-09-05", "2026-10-01", "400"),
    ("2026-10-01", "2026-10-05", "117.3"),
    ("2026-10-05", "2026-11-01", "350"),
)


@pytest.mark.parametrize(
    ("amount", "hours", "cause"),
    [
        # 417.3 x 0.01
        ("4.17", HOURS, "rate_rounded_to_cents"),
        # 517.3 x 0.0075
        ("3.88", HOURS, "quota_not_applied"),
        # 467.3 x 0.0075
        ("3.50", HOURS, "quota_differs"),
        ("3.5367", HOURS, "tax_included"),
        # 417.3 + 517.3 = 934.6 x 0.0075
        ("7.01", "1034.6", "usage_counted_twice"),
        ("0", "0", "usage_missing"),
        # Without the 117.3 hours of October, and with them twice.
        ("2.25", "400", "usage_missing"),
        ("4.01", "634.6", "usage_counted_twice"),
        # What ends in the period: 400 and 117.3 are 517.3; see the next test.
        ("3.12", HOURS, "rounding"),
        # 517.3 x 0.01
        ("5.173", HOURS, "rate_rounded_to_cents+quota_not_applied"),
        # 417.3 x 0.01 x 1.13
        ("4.7155", HOURS, "rate_rounded_to_cents+tax_included"),
        # 934.6 x 0.01
        ("9.35", "1034.6", "rate_rounded_to_cents+usage_counted_twice"),
        # 1034.6 x 0.0075
        ("7.76", "1034.6", "quota_not_applied+usage_counted_twice"),
        ("3.3918", HOURS, "unexplained"),
        ("9.99", "555", "unexplained"),
    ],
)
def test_usage_gets_the_cause_that_gives_the_amount(amount, hours, cause):
    row = only([usage("3.12975", HOURS)], [billed(amount, hours, tax_rate="13")], evidence=EVIDENCE)

    assert (row["outcome"], row["cause"]) == ("delta", cause)
    assert row["evidence"].endswith(".")


def test_the_evidence_shows_the_amount_that_comes_out():
    row = only([usage("3.12975", HOURS)], [billed("4.17", HOURS)])

    assert row["evidence"] == "Re-rated with the rate at 0.01: 4.17 CAD, as billed."


def test_a_cent_that_no_rounding_gives_has_the_cause_of_the_subscriptions_other_lines():
    august = {"period_start": moment("2026-08-05"), "period_end": moment("2026-09-05")}
    # 5 x 0.0075 = 0.0375, and at 0.01 it is 0.05.
    odoo = [usage("0.0375", "105"), usage("3.12975", HOURS, **august)]
    alone = only(odoo[:1], [billed("0.05", "105")])
    both = matched(odoo, [billed("0.05", "105"), billed("4.17", HOURS, **august)])

    assert alone["cause"] == "rounding"
    assert {row["cause"] for row in both} == {"rate_rounded_to_cents"}


def test_the_evidence_of_a_price_names_odoo():
    row = only([flat("39")], [line("42")])

    assert row["evidence"] == "The price is 42.00 there and 39.00 in Odoo."


# An invoice tells hours to four decimals.
@pytest.mark.parametrize("early", ["80", "80.00003"])
def test_records_billed_where_they_end_are_a_boundary(early):
    evidence = records(
        ("2026-09-01", "2026-09-10", early),
        ("2026-09-10", "2026-10-01", "400"),
        ("2026-10-01", "2026-10-15", "117.3"),
    )
    row = only([usage("3.12975", HOURS)], [billed("2.85", "480")], evidence=evidence)

    assert row["cause"] == "period_boundary"


def test_whole_blocks_show_where_a_block_is_dear():
    terms = charge_terms(price_per_unit="0.2185")
    # 417.3 batches are 91.18005, 418 are 91.333.
    row = only([usage("91.18005", HOURS, terms=terms)], [billed("91.333", HOURS)])

    assert row["cause"] == "block_rating"


def test_another_plans_terms_need_a_second_line_or_an_exact_amount():
    plans = [
        flat("79", subscription="other", terms=flat_terms("79", "team")),
        usage(
            "0",
            "10",
            subscription="other",
            terms=charge_terms("team", included_quota=str(317 * HOUR), price_per_unit="0.0083"),
        ),
    ]
    # 200.3 x 0.0083 = 1.66249
    alone = matched(
        [usage("3.12975", HOURS), *plans], [billed("1.66", HOURS), line("79", subscription="other")]
    )
    exact = matched(
        [usage("3.12975", HOURS), *plans],
        [billed("1.6625", HOURS), line("79", subscription="other")],
    )
    both = matched(
        [flat("39"), usage("3.12975", HOURS), *plans],
        [line("79"), billed("1.66", HOURS), line("79", subscription="other")],
    )

    assert [row["cause"] for row in alone if row["outcome"] == "delta"] == ["unexplained"]
    assert [row["cause"] for row in exact if row["outcome"] == "delta"] == ["plan_differs"]
    deltas = [row["cause"] for row in both if row["outcome"] == "delta"]
    assert deltas[0] == "plan_differs"


@pytest.mark.parametrize(
    ("amount", "changes", "cause"),
    [
        ("44.07", {"tax_rate": "13"}, "tax_included"),
        ("44.07", {"tax_rate": "0"}, "flat_price_differs"),
        ("79", {}, "plan_differs"),
        ("42", {}, "flat_price_differs"),
        # 11 of 30 days; 11 of 30 with 13 % on top.
        ("14.30", {}, "proration"),
        ("16.159", {"tax_rate": "13"}, "proration+tax_included"),
        ("14.30", {"period_end": moment("2026-09-16")}, "proration"),
        ("38.99", {}, "rounding"),
        ("28.47", {"currency": "USD"}, "currency"),
    ],
)
def test_a_price_gets_the_cause_that_gives_the_amount(amount, changes, cause):
    other = flat("79", subscription="other", terms=flat_terms("79", "team"))
    rows = matched([flat("39"), other], [line(amount, **changes), line("79", subscription="other")])

    assert {row["cause"] for row in rows} - {""} == {cause}


def test_a_price_of_another_currency_is_no_plan_that_was_billed():
    """39 CAD are not the price of the plan that costs 39 USD, however often they were billed."""
    months = [("2026-09-05", "2026-10-05"), ("2026-10-05", "2026-11-05")]
    periods = [{"period_start": moment(a), "period_end": moment(b)} for a, b in months]
    abroad = {"subscription": "other", "currency": "USD"}
    rows = matched(
        [
            *(flat("49", **period) for period in periods),
            flat("39", terms=flat_terms("39", "pro-us"), **abroad),
        ],
        [*(line("39", **period) for period in periods), line("39", **abroad)],
    )

    assert {row["cause"] for row in rows} - {""} == {"flat_price_differs"}


YEAR = {"period_start": moment("2026-08-12"), "period_end": moment("2027-08-12")}
MONTH = {"period_start": moment("2026-08-12"), "period_end": moment("2026-09-12")}


@pytest.mark.parametrize(
    ("billed_as", "odoo", "of", "cause", "says"),
    [
        ("12", "9", MONTH, "flat_price_differs", "The price is 12.00 there and 9.00 in Odoo"),
        ("9", "108", YEAR, "proration", "A month of it, and Odoo bills the year at once"),
        ("8", "108", YEAR, "flat_price_differs", "The price is 8.00 there"),
    ],
)
def test_an_addon_of_another_amount_has_another_price_or_is_a_month_of_its_year(
    billed_as, odoo, of, cause, says
):
    row = only(
        [line(odoo, "addon:Backup", **of)], [line(billed_as, "addon:Backup", **(of | MONTH))]
    )

    assert row["cause"] == cause
    assert row["evidence"].startswith(says)


def test_an_invoice_that_a_rule_keeps_out_is_told_by_that_and_so_is_what_stood_on_it():
    kept_out = line("39", "other:invoice kept out", ref="INV-9")
    rows = matched([flat("39")], [kept_out])

    assert {row["cause"] for row in rows} == {"kept_out"}
    assert all("INV-9" in row["evidence"] for row in rows)


def test_an_invoice_whose_amounts_have_the_tax_in_them_says_so():
    within = line("-4.49", "other:tax within the subtotal")
    rows = matched([flat("39")], [line("39"), within])

    assert [row["cause"] for row in rows if row["cause"]] == ["tax_included"]


@pytest.mark.parametrize(
    ("rate", "cause"), [("14.99154", ""), ("15", "tax_differs"), ("13", "tax_differs")]
)
def test_a_tax_differs_by_more_than_its_rounding(rate, cause):
    """Québec's two taxes, each rounded by itself: a cent of it keeps nobody waiting."""
    row = only([flat("59.10", tax_rate="14.975")], [line("59.10", tax_rate=rate)])

    assert row["cause"] == cause


def test_an_order_that_has_run_for_long_does_not_begin_later():
    """What it has no line of in the months compared is not for want of a beginning."""
    later = flat("39", period_start=moment("2026-10-28"), period_end=moment("2026-11-28"))
    rows = matched([later], [line("39")], source=known(runs=("sub-1",)))

    assert [row["cause"] for row in rows if row["external_ref"]] == ["unexplained"]


def test_one_price_in_several_periods_is_a_price_and_no_part_of_one():
    months = [("2026-09-05", "2026-10-05"), ("2026-10-05", "2026-11-05")]
    periods = [{"period_start": moment(a), "period_end": moment(b)} for a, b in months]
    rows = matched(
        [flat("30", **period) for period in periods], [line("29", **period) for period in periods]
    )

    assert {row["cause"] for row in rows} == {"flat_price_differs"}


@pytest.mark.parametrize(
    ("item", "cause"),
    [
        ("addon:Backup", "addon_missing"),
        ("one-off:Onboarding", "one_off"),
        ("credit:coupon", "credit"),
        ("other:no items", "not_itemized"),
        ("proration:Unused time on Basic", "proration"),
        ("flat", "unexplained"),
        ("usage:storage", "plan_differs"),
    ],
)
def test_a_line_that_odoo_lacks_gets_a_cause(item, cause):
    held = flat("0", period_start=moment("2026-01-05"), period_end=moment("2026-02-05"))
    rows = matched([held], [line("12", item)])

    assert [row["cause"] for row in rows if row["outcome"] == "missing_in_odoo"] == [cause]


def test_a_subscription_that_odoo_does_not_hold_had_ended():
    billed_line = [line("39", subscription="gone")]
    row = only([], billed_line, source=known(ended={"gone": "2026-10-20"}))
    unknown = only([], billed_line)

    assert (row["outcome"], row["cause"]) == ("missing_in_odoo", "ended_before_copy")
    assert "Subscription gone ended on 2026-10-20" in row["evidence"]
    assert unknown["cause"] == "unexplained"


def test_a_subscription_that_goes_on_had_not_ended_before_it_was_copied():
    early = {"period_start": moment("2025-12-05"), "period_end": moment("2026-01-05")}
    billed_line = [line("39", subscription="sub-2", **early)]
    row = only([], billed_line, source=known(runs=("sub-2",)))

    assert row["cause"] == "kept_out"
    assert "which runs" in row["evidence"]


def test_a_period_before_odoos_order_began_is_begun_later():
    later = flat("39", period_start=moment("2026-10-05"), period_end=moment("2026-11-05"))
    rows = matched([later], [line("39")])

    assert [row["cause"] for row in rows if row["outcome"] == "missing_in_odoo"] == ["begins_later"]


def test_a_subscription_in_a_currency_that_odoo_does_not_sell_in_is_told_so():
    rows = matched([flat("39")], [line("39"), line("29", subscription="abroad", currency="USD")])

    assert [row["cause"] for row in rows if row["subscription"] == "abroad"] == ["currency"]


def test_usage_that_was_not_billed_is_missing_there():
    rows = matched([flat("39"), usage("3.13", HOURS)], [line("39")])

    assert [(row["outcome"], row["cause"]) for row in rows] == [
        ("match", ""),
        ("missing_in_external", "usage_missing"),
    ]


def test_a_fee_of_no_units_that_was_not_billed_is_no_usage_that_is_missing():
    rows = matched([flat("39"), usage("5", "0")], [line("39")])

    assert [row["cause"] for row in rows if row["outcome"] != "match"] == ["unexplained"]


def test_a_cent_of_a_charge_for_other_units_is_no_rounding():
    seats = [line("10.00", "fixed:seats", units="3", origin="odoo")]
    row = only(seats, [line("10.01", "fixed:seats", units="4")])

    assert row["cause"] != "rounding"


@pytest.mark.parametrize(
    ("status", "cause", "words"),
    [("voided", "credit", "taken back"), ("draft", "unexplained", "no bill yet (draft)")],
)
def test_a_price_on_an_invoice_that_is_no_bill_is_told_by_it(status, cause, words):
    """Nobody would find out by themselves that Lago has the invoice, and does not count it."""
    place = "nexacloud", "sub-1", moment("2026-09-05")
    source = replace(known(), not_final={place: ("LAG-7", status)})
    row = only([flat("39")], [], source=source)
    assert (row["outcome"], row["cause"]) == ("missing_in_external", cause)
    assert "LAG-7" in row["evidence"]
    assert words in row["evidence"]


def test_lines_on_an_invoice_without_items_are_not_itemized():
    invoice = line(
        "42.13",
        "other:no items",
        period_start=moment("2026-10-05"),
        period_end=moment("2026-11-05"),
    )
    due = flat("39", period_start=moment("2026-10-05"), period_end=moment("2026-11-05"))
    rows = matched([due, usage("3.13", HOURS)], [invoice])

    assert {(row["item"], row["cause"]) for row in rows} == {
        ("flat", "not_itemized"),
        ("usage:cpu_seconds", "not_itemized"),
        ("other:no items", "not_itemized"),
    }


def test_what_the_invoice_tells_of_its_terms_rules_causes_out():
    told = {"price_per_unit": "0.0075", "included_quota": str(100 * HOUR)}
    # The amount is that of the rate at 0.01, but the invoice says 0.0075.
    row = only([usage("3.12975", HOURS)], [billed("4.173", HOURS, terms=json.dumps(told))])

    assert row["cause"] == "unexplained"
    assert row["evidence"].startswith("Billed as 4.173 CAD, Odoo has 3.13 CAD")


def test_terms_that_do_not_give_odoos_own_amount_explain_nothing():
    row = only([usage("8.00", HOURS)], [billed("4.17", HOURS)])

    assert row["cause"] == "unexplained"


def test_two_causes_in_a_few_cents_are_not_believed():
    # 0.5 hours beyond the quota at 0.75: 0.375, without quota and rounded it would be 75.375.
    terms = charge_terms(price_per_unit="0.0145", included_quota=str(40 * HOUR))
    # 60 x 0.0145 = 0.87; 60 x 0.01 x 1.13 = 0.678.
    row = only([usage("0.87", "100", terms=terms)], [billed("0.68", "100", tax_rate="13")])

    assert row["cause"] == "unexplained"


@pytest.mark.parametrize(
    ("odoo", "other", "cause"),
    [
        # Both sides bill 10.00, by other usage.
        ("6.87", "5.83", "rate_rounded_to_cents"),
        # The other side's usage is above the minimum of 3.50.
        ("0.37", None, "rate_rounded_to_cents"),
        ("6.87", "99", "unexplained"),
        ("6.87", None, "unexplained"),
    ],
)
def test_a_minimum_has_the_cause_of_its_usage_only_where_it_makes_up_for_it(odoo, other, cause):
    # Somebody else has a minimum on both sides, so that it is a line of its own on both.
    both = line("1", "minimum:cpu_seconds", subscription="b")
    terms = charge_terms(minimum_amount="10")
    ours = [line(odoo, "minimum:cpu_seconds", origin="odoo")]
    theirs = [line(other, "minimum:cpu_seconds")] if other else []
    rows = matched(
        [usage("3.12975", HOURS, terms=terms), *ours, both], [billed("4.17", HOURS), *theirs, both]
    )

    found = {row["item"]: row["cause"] for row in rows if row["outcome"] != "match"}
    assert found["usage:cpu_seconds"] == "rate_rounded_to_cents"
    assert found["minimum:cpu_seconds"] == cause


def test_a_minimum_that_odoos_own_usage_reaches_has_the_cause_of_the_usage():
    both = line("1", "minimum:cpu_seconds", subscription="b")
    ours = [usage("3.12975", HOURS, terms=charge_terms(minimum_amount="3")), both]
    # 300 x 0.0075 = 2.25, raised to 3.00.
    theirs = [billed("2.25", "400"), line("0.75", "minimum:cpu_seconds"), both]

    rows = [row for row in matched(ours, theirs) if row["outcome"] != "match"]
    assert {row["item"]: row["cause"] for row in rows} == {
        "usage:cpu_seconds": "usage_missing",
        "minimum:cpu_seconds": "usage_missing",
    }


def test_usage_rows_are_asked_for_only_where_the_units_differ():
    odoo = [usage("3.12975", HOURS), usage("1", "233.333333", subscription="b")]
    external = [billed("4.17", HOURS), billed("2.50", "433", subscription="b")]
    needed = evidence_needed(match(ledger_frame(odoo), ledger_frame(external), TORONTO))

    assert needed["subscription"].to_list() == ["b"]


def test_usage_rows_are_asked_for_only_of_lines_that_both_sides_have():
    odoo = [usage("1", "233.333333", subscription="ours"), flat("49"), usage("1", "233.333333")]
    external = [billed("2.50", "433", subscription="theirs"), flat("50"), billed("2.50", None)]
    needed = evidence_needed(match(ledger_frame(odoo), ledger_frame(external), TORONTO))

    assert needed["subscription"].to_list() == ["sub-1"]
    assert needed["item"].to_list() == ["usage:cpu_seconds"]
    assert needed.row(0)[3:] == (odoo[-1].period_start, odoo[-1].period_end)

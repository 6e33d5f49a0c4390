"""Usage that differs and the cause that it must get; and differences that must get none."""

from __future__ import annotations

import json

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

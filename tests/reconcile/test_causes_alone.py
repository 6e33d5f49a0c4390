"""A line that one side alone has, and the cause that it must get."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.reconcile.ledgers import (
    flat,
    known,
    line,
    matched,
    moment,
    only,
    usage,
)

HOURS = "517.3"


def test_an_order_that_has_run_for_long_does_not_begin_later():
    """What it has no line of in the months compared is not for want of a beginning."""
    later = flat("39", period_start=moment("2026-10-28"), period_end=moment("2026-11-28"))
    rows = matched([later], [line("39")], source=known(runs=("sub-1",)))

    assert [row["cause"] for row in rows if row["external_ref"]] == ["unexplained"]


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

"""A price, an add-on or a tax that differs, and the cause that it must get."""

from __future__ import annotations

import pytest

from tests.reconcile.ledgers import (
    flat,
    flat_terms,
    line,
    matched,
    moment,
    only,
)


def test_the_evidence_of_a_price_names_odoo():
    row = only([flat("39")], [line("42")])

    assert row["evidence"] == "The price is 42.00 there and 39.00 in Odoo."


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


def test_one_price_in_several_periods_is_a_price_and_no_part_of_one():
    months = [("2026-09-05", "2026-10-05"), ("2026-10-05", "2026-11-05")]
    periods = [{"period_start": moment(a), "period_end": moment(b)} for a, b in months]
    rows = matched(
        [flat("30", **period) for period in periods], [line("29", **period) for period in periods]
    )

    assert {row["cause"] for row in rows} == {"flat_price_differs"}


def test_a_cent_of_a_charge_for_other_units_is_no_rounding():
    seats = [line("10.00", "fixed:seats", units="3", origin="odoo")]
    row = only(seats, [line("10.01", "fixed:seats", units="4")])

    assert row["cause"] != "rounding"

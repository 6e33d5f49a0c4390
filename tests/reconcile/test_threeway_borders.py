"""Days and cents at the borders of three ledgers: who is wrong, and of what nobody need be told."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from tasks.reconcile.source import LEFT_OUT_SCHEMA, SUBSCRIPTIONS_SCHEMA
from tests.reconcile.ledgers import billed, due, flat, known, line, matched, moment, only, usage

AUGUST = {"period_start": moment("2026-08-05"), "period_end": moment("2026-09-05")}


def told(row):
    return row["outcome"], row["wrong_side"]


def lives(*rows):
    """What the source knows: (subscription, ended, live since) as days or None."""
    table = [
        ("nexacloud", name, *(day and moment(day) for day in days), "") for name, *days in rows
    ]
    return pl.DataFrame(table, schema=SUBSCRIPTIONS_SCHEMA, orient="row")


@pytest.mark.parametrize(
    ("day", "wrong"),
    [
        # Billed as due, and Odoo has the plan of today: before the change that is nobody's fault.
        ("2026-09-06", ""),
        ("2026-09-05", "copy"),
        ("2026-09-04", "copy"),
    ],
)
def test_a_price_before_the_day_of_a_change_is_of_the_plan_before(day, wrong):
    ours = flat("79")
    terms = f'{{"price":"39","until":"{day}"}}'
    row = only([ours], [line("39")], source=known([due(ours, "39", terms=terms)]))
    assert told(row) == ("delta", wrong)


def test_of_several_changes_the_latest_day_counts():
    ours = flat("79")
    terms = due(ours, "39", terms='{"until":"2026-09-04"}')
    later = due(flat("5", **AUGUST), terms='{"until":"2026-09-20"}')
    rows = matched([ours], [line("39")], source=known([later, terms]))
    assert [told(row) for row in rows if row["external_lines"]] == [("delta", "")]


@pytest.mark.parametrize(
    ("ours", "theirs", "terms", "outcome"),
    [
        ("39", "39", "39", ("match", "")),
        ("39", "40", "39", ("delta", "billed")),
        ("40", "39", "39", ("delta", "copy")),
        ("40", "38", "39", ("delta", "open")),
        ("39", None, "39", ("missing_in_external", "billed")),
        (None, "39", "39", ("missing_in_odoo", "copy")),
        ("39", None, None, ("missing_in_external", "open")),
        ("0", None, "0", ("match", "")),
    ],
)
def test_two_that_agree_tell_who_is_wrong(ours, theirs, terms, outcome):
    """The subscription has another line on every side, so that Odoo and the terms speak of it."""
    other = flat("9", item="addon:x")
    own = [other, *([flat(ours)] if ours else [])]
    external = [line("9", "addon:x"), *([line(theirs)] if theirs else [])]
    expected = [due(other), *([due(flat(terms))] if terms else [])]
    if terms is None:
        other_terms = pl.DataFrame(
            [("nexacloud", "sub-1", "flat")], schema=LEFT_OUT_SCHEMA, orient="row"
        )
        source = replace(known(expected), left_out=other_terms)
    else:
        source = known(expected)
    rows = matched(own, external, source=source)
    assert [told(row) for row in rows if row["item"] == "flat"] == [outcome]


@pytest.mark.parametrize(
    ("left_out", "wrong"),
    [
        ([], "billed"),
        ([("nexacloud", "sub-1", "addon:Backup")], "open"),
        ([("nexacloud", "sub-1", "addon:Other")], "billed"),
        ([("nexacloud", "sub-2", "addon:Backup")], "billed"),
        ([("other", "sub-1", "addon:Backup")], "billed"),
        # All of the subscription.
        ([("nexacloud", "sub-1", "")], "open"),
        ([("nexacloud", "sub-2", "")], "billed"),
    ],
)
def test_what_the_terms_do_not_name_was_not_due_unless_they_could_not_price_it(left_out, wrong):
    table = pl.DataFrame(left_out, schema=LEFT_OUT_SCHEMA, orient="row")
    source = replace(known([due(flat("39"))]), left_out=table)
    rows = matched([flat("39")], [line("39"), line("5", "addon:Backup")], source=source)
    assert [row["wrong_side"] for row in rows if row["item"] == "addon:Backup"] == [wrong]


@pytest.mark.parametrize(
    ("item", "wrong"),
    [
        ("flat", "billed"), ("usage:x", "billed"), ("minimum:x", "billed"), ("addon:x", "billed"),
        ("fixed:x", "billed"), ("one-off:x", "open"), ("credit:x", "open"), ("discount:x", "open"),
        ("other:x", "open"), ("proration:x", "open"),
    ],
)  # fmt: skip
def test_terms_name_all_that_recurs_and_nothing_else(item, wrong):
    other = flat("9", item="addon:Backup")
    rows = matched(
        [other], [line("9", "addon:Backup"), line("5", item)], source=known([due(other)])
    )
    assert [row["wrong_side"] for row in rows if row["external_micro"] == 5_000_000] == [wrong]


def test_usage_of_a_service_that_cannot_be_priced_is_nobodys_fault_and_a_price_is():
    source = known([due(flat("39"))], unpriced=True)
    ours, theirs = [flat("40"), usage("3", "500")], [line("39"), billed("4", "500")]
    assert [told(row) for row in matched(ours, theirs, source=source)] == [
        ("delta", "copy"),
        ("delta", "open"),
    ]


@pytest.mark.parametrize(
    ("life", "theirs", "outcome"),
    [
        # Ended: what was billed as due is settled, and anything else was billed wrongly.
        (("gone", "2026-10-20", None), "39", ("missing_in_odoo", "")),
        (("gone", "2026-10-20", None), "40", ("missing_in_odoo", "billed")),
        (("gone", "2026-10-20", None), None, ("missing_in_external", "billed")),
        # It runs: Odoo has no order of it, and that is the copy's fault.
        (("gone", None, "2026-01-05"), "39", ("missing_in_odoo", "copy")),
        (("gone", None, "2026-01-05"), "40", ("missing_in_odoo", "open")),
        # It ended and runs again under its id: since which day the line is of the second one.
        (("gone", "2026-08-20", "2026-09-05"), "39", ("missing_in_odoo", "copy")),
        (("gone", "2026-08-20", "2026-09-06"), "39", ("missing_in_odoo", "")),
    ],
)
def test_of_what_odoo_does_not_hold_the_terms_stand_in(life, theirs, outcome):
    ours = flat("39", subscription="gone")
    source = replace(known([due(ours)]), subscriptions=lives(life))
    external = [line(theirs, subscription="gone")] if theirs else []
    row = only([], external, source=source)
    assert told(row) == outcome
    assert (row["odoo_micro"], row["expected_micro"]) == (None, 39_000_000)


def test_what_is_due_at_nothing_of_what_odoo_does_not_hold_is_settled():
    ours = flat("0", subscription="gone")
    row = only([], [line("0", subscription="gone")], source=known([due(ours)]))
    assert told(row) == ("match", "")
    assert told(only([], [], source=known([due(ours)]))) == ("match", "")


@pytest.mark.parametrize(
    ("live_from", "stands_in"),
    [
        ("2026-08-04", False),
        ("2026-08-05", False),
        ("2026-08-06", True),
        ("2026-09-05", True),
        ("2026-09-06", True),
    ],
)
def test_a_line_before_the_second_life_is_none_of_odoos_order(live_from, stands_in):
    """Odoo's order begins in September; the line is of August."""
    now, then = flat("39"), flat("30", **AUGUST)
    source = replace(
        known([due(now), due(then)]), subscriptions=lives(("sub-1", "2026-08-20", live_from))
    )
    rows = matched([now], [line("39"), line("30", **AUGUST)], source=source)
    assert [told(row) for row in rows] == [
        ("missing_in_odoo", "" if stands_in else "copy"),
        ("match", ""),
    ]
    assert rows[0]["cause"] == ("ended_before_copy" if stands_in else "unexplained")


def test_a_line_with_odoos_first_is_of_odoos_order():
    source = replace(
        known([due(flat("39"))]), subscriptions=lives(("sub-1", "2026-08-20", "2026-10-05"))
    )
    row = only([flat("39")], [line("39")], source=source)
    assert (told(row), row["odoo_micro"]) == (("match", ""), 39_000_000)


@pytest.mark.parametrize(
    ("rates", "outcome"),
    [
        # Odoo's, the bill's and the terms': twice half a cent of 39.00 are 0.0256 %.
        (("13", "13.0256", None), ("match", "")),
        (("13", "13.0257", None), ("delta", "open")),
        (("13", "5", "5"), ("delta", "copy")),
        (("13", "5", "13"), ("delta", "billed")),
        (("13", "5", "7"), ("delta", "open")),
        (("13", None, "5"), ("match", "")),
        ((None, "13", "5"), ("match", "")),
    ],
)
def test_a_tax_differs_from_a_cent_of_it_on(rates, outcome):
    ours, theirs, terms = rates
    own = flat("39", tax_rate=ours)
    row = only([own], [line("39", tax_rate=theirs)], source=known([due(own, tax_rate=terms)]))
    assert told(row) == outcome


def test_a_tax_of_an_amount_that_differs_is_not_told_twice():
    own = flat("42", tax_rate="13")
    row = only([own], [line("39", tax_rate="5")], source=known([due(own, "39", tax_rate="5")]))
    assert told(row) == ("delta", "copy")
    assert row["cause"] == "flat_price_differs"


@pytest.mark.parametrize(
    ("amounts", "refs"),
    [
        # The first that matches stays, by its number; the others are one too often.
        (("39", "39"), ("A", "B")),
        (("39", "38.996"), ("A", "B")),
        (("39", "10"), ("A", "B")),
        (("39", "39", "39"), ("A", "B + C")),
    ],
)
def test_of_lines_billed_twice_one_stays_and_the_others_are_a_row(amounts, refs):
    theirs = [line(amount, ref="ABC"[at]) for at, amount in enumerate(amounts)]
    for order in (theirs, theirs[::-1]):
        rows = matched([flat("39")], order)
        by = {row["external_ref"]: row for row in rows}
        assert set(by) == set(refs)
        kept, surplus = (by[ref] for ref in refs)
        assert (kept["outcome"], kept["external_lines"]) == ("match", 1)
        assert surplus["outcome"] == "missing_in_odoo"
        assert surplus["external_lines"] == len(amounts) - 1
        total = sum(round(float(amount) * 1_000_000) for amount in amounts)
        assert kept["external_micro"] + surplus["external_micro"] == total


@pytest.mark.parametrize("amounts", [("20", "19"), ("38.99", "0.01"), ("39.01", "39.01")])
def test_lines_of_which_none_is_what_is_due_stay_together(amounts):
    row = only([flat("39")], [line(amount, ref=amount) for amount in amounts])
    assert row["external_lines"] == len(amounts)


def test_lines_of_two_currencies_are_no_surplus_of_each_other():
    rows = matched([flat("39")], [line("39"), line("39", currency="USD", ref="B")])
    assert {(row["currency"], row["outcome"]) for row in rows} == {
        ("CAD", "match"),
        ("USD", "missing_in_odoo"),
    }


@pytest.mark.parametrize(("lines", "ref"), [(3, "A + B + C"), (4, "A + B + C and 1 more")])
def test_of_many_invoices_three_are_named_and_the_others_counted(lines, ref):
    theirs = [line("10", ref="ABCD"[at], units="3") for at in range(lines)]
    row = only([flat(str(10 * lines))], theirs)
    assert (row["external_ref"], row["external_units"]) == (ref, str(3 * lines))

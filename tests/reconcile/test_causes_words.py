"""The sentence beside each difference that one side alone has: people decide by its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.reconcile.ledgers import flat, known, line, matched, moment, only, usage

JANUARY = {"period_start": moment("2026-01-05"), "period_end": moment("2026-02-05")}
AUGUST = {"period_start": moment("2026-08-05"), "period_end": moment("2026-09-05")}
OCTOBER = {"period_start": moment("2026-10-05"), "period_end": moment("2026-11-05")}
#: An order that has begun long ago, and that bills nothing.
HELD = flat("0", **JANUARY)
CREDIT = "is a credit, and Odoo gives none."
KEPT_OUT = (
    "A rule keeps invoice INV-1 out of the comparison; what it needs stands in what was kept out."
)
TAX_WITHIN = (
    "The invoice asks for no tax beyond its subtotal: the amounts of its items have the tax in"
    " them, and Odoo adds it."
)


def told(odoo, external, source=None):
    """Cause and words of what differs."""
    rows = matched(odoo, external, source=source)
    return [(row["cause"], row["evidence"]) for row in rows if row["cause"]]


@pytest.mark.parametrize(
    ("item", "amount", "cause", "words"),
    [
        (
            "addon:Backup",
            "12",
            "addon_missing",
            "“Backup” is an add-on that Odoo's order does not bill for this period.",
        ),
        (
            "fixed:seats",
            "12",
            "addon_missing",
            "“seats” is a fixed charge that Odoo's order does not have.",
        ),
        ("addon:Backup", "-12", "credit", f"“Backup” {CREDIT}"),
        ("credit:coupon", "12", "credit", f"“coupon” {CREDIT}"),
        ("credit:coupon", "-12", "credit", f"“coupon” {CREDIT}"),
        ("flat", "-12", "credit", f"“flat” {CREDIT}"),
        ("usage:storage", "-12", "credit", f"“storage” {CREDIT}"),
        ("other:no items", "-12", "credit", f"“no items” {CREDIT}"),
        ("one-off:Setup", "-12", "credit", f"“Setup” {CREDIT}"),
        ("discount:May", "12", "discount", "“May” is a discount that Odoo's order does not have."),
        ("discount:May", "-12", "discount", "“May” is a discount that Odoo's order does not have."),
        (
            "one-off:Setup",
            "12",
            "one_off",
            "“Setup” is a one-off charge: it is not carried over.",
        ),
        ("other:no items", "12", "not_itemized", "Nothing tells what it is for (no items)."),
        (
            "proration:Unused",
            "-12",
            "proration",
            "“Unused” is for a part of a period; Odoo bills whole periods.",
        ),
        ("flat", "12", "unexplained", "Odoo bills nothing of it for this period."),
        (
            "usage:storage",
            "12",
            "plan_differs",
            "The subscription's plan in Odoo has no price for usage:storage.",
        ),
        ("other:tax within the subtotal", "-12", "tax_included", TAX_WITHIN),
        ("other:invoice kept out", "-12", "kept_out", KEPT_OUT),
        ("other:invoice kept out", "12", "kept_out", KEPT_OUT),
    ],
)
def test_what_odoo_does_not_bill_is_told_in_words(item, amount, cause, words):
    assert told([HELD], [line(amount, item)]) == [(cause, words)]


NOT_HELD = "Odoo does not hold subscription sub-1"
NOT_BILLED = "The other side bills nothing of it for this period."


@pytest.mark.parametrize(
    ("source", "cause", "words"),
    [
        (known(), "unexplained", f"{NOT_HELD}, and the source does not say why."),
        (known(kept_out={"sub-1": "Its plan."}), "kept_out", f"{NOT_HELD}: Its plan."),
        (
            known(runs=("sub-1",)),
            "kept_out",
            f"{NOT_HELD}, which runs: a quality rule kept it out, or it was not loaded.",
        ),
        (
            known(ended={"sub-1": "2026-10-20"}),
            "ended_before_copy",
            "Subscription sub-1 ended on 2026-10-20, before the copy: Odoo has no order of it.",
        ),
    ],
)
@pytest.mark.parametrize("item", ["flat", "usage:cpu_seconds", "minimum", "addon:B", "fixed:B"])
def test_a_subscription_that_odoo_does_not_hold_has_the_words_of_what_became_of_it(
    item, source, cause, words
):
    assert told([], [line("39", item)], source) == [(cause, words)]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("credit:coupon", f"“coupon” {CREDIT}"),
        ("one-off:Setup", "“Setup” is a one-off charge: it is not carried over."),
        ("proration:x", "“x” is for a part of a period; Odoo bills whole periods."),
    ],
)
def test_what_no_order_would_have_is_none_for_want_of_an_order(item, words):
    assert told([], [line("39", item)], known(runs=("sub-1",)))[0][1] == words


def test_a_part_of_a_period_is_of_the_rule_that_keeps_its_subscription_out_and_of_no_other():
    part, source = [line("39", "proration:x")], known(kept_out={"sub-1": "Its plan."})
    assert told([], part, source) == [("kept_out", f"{NOT_HELD}: Its plan.")]
    assert told([HELD], part, source)[0][0] == "proration"


def test_the_currencies_of_the_service_are_named_where_the_lines_is_none_of_them():
    euros = {"subscription": "x", "currency": "EUR"}
    dollars = line("29", subscription="us", currency="USD")
    both = [flat("39"), flat("9", **euros)], [line("39"), line("9", **euros), dollars]
    assert told(*both) == [
        (
            "currency",
            "Billed in USD; Odoo has this service in CAD, EUR alone, and does not hold the"
            " subscription.",
        )
    ]
    assert told([flat("39")], [line("39"), line("29", subscription="x")])[0][0] == "unexplained"


@pytest.mark.parametrize(
    ("start", "cause"), [("2026-09-05", "kept_out"), ("2026-09-04", "ended_before_copy")]
)
def test_what_begins_with_the_second_life_of_a_subscription_is_of_that_one(start, cause):
    """One that ended and went on under its id: what ran since is not over."""
    again = known(ended={"sub-1": "2026-08-20"}, runs=("sub-1",))
    first = again.subscriptions.row(0)
    row = (*first[:3], moment("2026-09-05"), "")
    subscriptions = again.subscriptions.clear().vstack(
        type(again.subscriptions)([row], schema=again.subscriptions.schema, orient="row")
    )
    source = replace(again, subscriptions=subscriptions)
    found = told([], [line("39", period_start=moment(start))], source)
    assert [each for each, _ in found] == [cause]


BEGINS = "Odoo's order of this subscription begins on"


@pytest.mark.parametrize(
    ("start", "source", "cause"),
    [
        ("2026-09-04", known(), "begins_later"),
        ("2026-09-05", known(), "addon_missing"),
        # It ran already: the order is not what begins later.
        ("2026-09-04", known(runs=("sub-1",)), "addon_missing"),
        # It began on that very day.
        ("2026-01-05", known(runs=("sub-1",)), "addon_missing"),
        ("2026-01-04", known(runs=("sub-1",)), "begins_later"),
    ],
)
def test_an_order_begins_later_than_a_line_by_a_day_at_least(start, source, cause):
    ends = moment(start) + timedelta(days=20)
    addon = line("9", "addon:B", period_start=moment(start), period_end=ends)
    (found,) = told([flat("39")], [line("39"), addon], source)
    assert found[0] == cause
    assert found[1].startswith(f"{BEGINS} 2026-09-05: what was billed") == (cause == "begins_later")


def test_what_ended_before_odoos_order_began_had_ended():
    ended = known(ended={"sub-1": "2026-09-05"})
    rows = told([flat("39", **OCTOBER)], [line("39", **OCTOBER), line("39", **AUGUST)], ended)
    words = "Subscription sub-1 ended on 2026-09-05, before the copy: Odoo has no order of it."
    assert rows == [("ended_before_copy", words)]


TWICE = "Billed twice: another line of the same item and period is what is due."


@pytest.mark.parametrize(
    ("start", "end", "amount", "cause"),
    [
        ("2026-09-20", "2026-10-20", "39", "billed_twice"),
        ("2026-08-20", "2026-09-06", "39", "billed_twice"),
        # Beside it, not over it.
        ("2026-08-20", "2026-09-05", "39", "begins_later"),
        ("2026-10-05", "2026-10-20", "39", "unexplained"),
        ("2026-09-20", "2026-10-20", "38", "unexplained"),
    ],
)
def test_as_much_again_for_an_overlapping_time_is_billed_twice(start, end, amount, cause):
    again = line(amount, period_start=moment(start), period_end=moment(end), ref="INV-2")
    found = told([flat("39")], [line("39"), again])
    assert [each for each, _ in found] == [cause]
    assert (found[0][1] == TWICE) == (cause == "billed_twice")


def test_what_odoo_has_twice_is_told_so():
    words = "Twice in Odoo: another line of the same item and period is what was billed."
    assert told([flat("39", ref="S1"), flat("39", ref="S2")], [line("39")]) == [
        ("billed_twice", words)
    ]


def test_what_the_other_side_lacks_is_told_in_words():
    unreadable = replace(known(), unreadable=frozenset({("nexacloud", "anna")}))
    words = (
        "An invoice or a fee of this customer cannot be read, and the backfill names it: what was"
        " billed is not known."
    )
    assert told([flat("39")], []) == [("unexplained", NOT_BILLED)]
    assert told([flat("39")], [], unreadable) == [("unexplained", words)]
    assert told([flat("39", customer="bert")], [], unreadable) == [("unexplained", NOT_BILLED)]
    missing = "Not billed: re-rated without its 1862280 units it is 0.00."
    assert told([usage("3.13", "517.3")], [], unreadable) == [("usage_missing", missing)]
    assert told([usage("3.13", "0")], []) == [("unexplained", NOT_BILLED)]
    assert told([usage("3.13", "0", units=None)], []) == [("unexplained", NOT_BILLED)]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("voided", "It was taken back: invoice LAG-7 is voided, and no other has it."),
        (
            "draft",
            "It stands on invoice LAG-7, which is no bill yet (draft): it counts once that is"
            " final.",
        ),
    ],
)
def test_a_price_on_an_invoice_that_is_no_bill_has_its_number_and_what_is_to_happen(status, words):
    place = "nexacloud", "sub-1", moment("2026-09-05")
    source = replace(known(), not_final={place: ("LAG-7", status)})
    assert told([flat("39")], [], source)[0][1] == words
    assert told([flat("39", **OCTOBER)], [], source) == [("unexplained", NOT_BILLED)]
    addon = line("9", "addon:B", origin="odoo")
    assert told([addon], [], source) == [("unexplained", NOT_BILLED)]


@pytest.mark.parametrize(
    ("ours", "invoice", "is_on_it"),
    [
        # A price and an add-on stand on the invoice of their period.
        (flat("39"), {}, True),
        (line("9", "addon:B", origin="odoo"), {}, True),
        (flat("39"), OCTOBER, False),
        # Usage stands on the invoice that comes after it, or on one of its own for that time.
        (usage("3.13", "517.3"), {}, True),
        (usage("3.13", "517.3"), {"period_end": moment("2026-10-04")}, False),
        (usage("3.13", "517.3"), {"period_start": moment("2026-09-06")}, False),
        (usage("3.13", "517.3"), OCTOBER, False),
    ],
)
def test_an_invoice_without_items_is_named_for_what_would_stand_on_it(ours, invoice, is_on_it):
    found = told([ours], [line("42", "other:no items", ref="INV-7", **invoice)])
    words = "Invoice INV-7 has a subtotal and no items: nothing tells what it is for."
    assert (("not_itemized", words) in found) is is_on_it


def test_usage_stands_on_the_next_price_of_its_subscription_where_one_is_due_then():
    invoice = [line("42", "other:no items", ref="INV-7", **OCTOBER)]
    lines = [flat("39", **OCTOBER), usage("3.13", "517.3")]
    assert {cause for cause, _ in told(lines, invoice)} == {"not_itemized"}
    others = [flat("39", **OCTOBER), usage("3.13", "517.3", **AUGUST)]
    assert {cause for cause, _ in told(others, invoice)} == {"not_itemized", "usage_missing"}


def test_what_stands_on_an_invoice_that_is_kept_out_has_that_cause():
    kept_out = line("42", "other:invoice kept out", ref="INV-1")
    assert told([flat("39")], [kept_out]) == [("kept_out", KEPT_OUT)] * 2


def test_the_only_row_of_an_item_is_told_with_its_outcome():
    row = only([], [line("39")])
    assert (row["outcome"], row["wrong_side"]) == ("missing_in_odoo", "open")

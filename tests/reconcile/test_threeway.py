"""Three ledgers: two that agree tell which one is wrong, and nothing is lost between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.model.ledger import MATCHED_SCHEMA, ledger_frame
from tasks.reconcile.compare import compare
from tasks.reconcile.source import LEFT_OUT_SCHEMA, Source
from tests.reconcile.ledgers import (
    TORONTO,
    billed,
    due,
    flat,
    known,
    line,
    matched,
    moment,
    only,
    usage,
)

OCTOBER = {"period_start": moment("2026-10-05"), "period_end": moment("2026-11-05")}


@pytest.mark.parametrize(
    ("billed_as", "odoo", "expected", "outcome", "wrong"),
    [
        ("39", "39", "39", "match", ""),
        ("39", "42", "39", "delta", "copy"),
        ("42", "39", "39", "delta", "billed"),
        ("39", "39", "42", "match", "terms"),
        ("39", "42", "45", "delta", "open"),
        ("39", "39", "39.004", "match", ""),
        ("39.01", "39", "39.006", "delta", "copy"),
    ],
)
def test_two_amounts_that_agree_tell_which_is_wrong(billed_as, odoo, expected, outcome, wrong):
    ours = flat(odoo)
    row = only([ours], [line(billed_as)], source=known([due(ours, expected)]))

    assert (row["outcome"], row["wrong_side"]) == (outcome, wrong)
    assert bool(row["cause"]) == bool(wrong)
    assert row["expected_lines"] == 1
    assert row["expected_micro"] == round(Decimal(expected), 2) * 1_000_000


def test_without_terms_a_difference_is_open_and_nothing_is_not_zero():
    row = only([flat("39")], [line("42")])

    assert (row["wrong_side"], row["expected_micro"]) == ("open", None)


def test_an_ended_subscription_that_was_billed_as_its_terms_say_is_settled():
    gone = {"subscription": "gone"}
    source = known([due(flat("39", **gone))], ended={"gone": "2026-10-01"})
    row = only([], [line("39", **gone)], source=source)

    assert (row["outcome"], row["cause"]) == ("missing_in_odoo", "ended_before_copy")
    assert (row["wrong_side"], row["odoo_micro"], row["odoo_lines"]) == ("", None, 0)
    assert (row["expected_micro"], row["delta_micro"]) == (39_000_000, -39_000_000)
    assert "billed as its terms say" in row["evidence"]


@pytest.mark.parametrize(("billed_as", "wrong"), [("-20.32", ""), ("-19", "open")])
def test_what_was_given_back_once_as_the_terms_say_keeps_nobody_back(billed_as, wrong):
    back = {"subscription": "", "item": "credit:order_change"}
    source = known([due(flat("-20.32", **back))], runs=("sub-1",))
    row = only([], [line(billed_as, **back)], source=source)

    assert (row["outcome"], row["wrong_side"]) == ("missing_in_odoo", wrong)
    assert row["cause"] == ("unexplained" if wrong else "credit")


def test_what_was_billed_and_cannot_be_read_is_no_match_and_says_why():
    source = replace(known([due(flat("39"))]), unreadable=frozenset({("nexacloud", "anna")}))
    row = only([flat("39")], [], source=source)

    assert (row["outcome"], row["wrong_side"]) == ("missing_in_external", "billed")
    assert "cannot be read" in row["evidence"]


def test_an_ended_subscription_that_was_billed_otherwise_has_the_true_cause():
    gone = {"subscription": "gone"}
    source = known([due(usage("3.12975", "517.3", **gone))], ended={"gone": "2026-10-01"})
    row = only([], [billed("4.17", "517.3", **gone)], source=source)

    assert (row["outcome"], row["cause"]) == ("missing_in_odoo", "rate_rounded_to_cents")
    assert row["wrong_side"] == "billed"


def test_what_an_ended_subscription_was_billed_twice_is_told_so():
    gone = {"subscription": "gone"}
    source = known([due(flat("39", **gone))], ended={"gone": "2026-10-01"})
    rows = matched([], [line("39", ref="A", **gone), line("39", ref="B", **gone)], source=source)

    assert {(row["cause"], row["wrong_side"]) for row in rows} == {
        ("ended_before_copy", ""),
        ("billed_twice", "billed"),
    }


def test_a_subscription_that_a_rule_kept_out_is_our_copys_fault_and_names_the_rule():
    lines = {"subscription": "odd"}
    source = known([due(flat("39", **lines))], kept_out={"odd": "Its plan has no price."})
    rows = matched([flat("9")], [line("9"), line("39", **lines)], source=source)
    row = next(row for row in rows if row["subscription"] == "odd")

    assert (row["cause"], row["wrong_side"]) == ("kept_out", "copy")
    assert "Its plan has no price." in row["evidence"]


def test_a_second_subscription_of_the_same_id_is_told_from_the_one_that_ended():
    now = flat("79", **OCTOBER)
    source = known([due(flat("39")), due(now)])
    facts = pl.DataFrame(
        [("nexacloud", "sub-1", moment("2026-10-05"), moment("2026-10-05"), "")],
        schema=source.subscriptions.schema,
        orient="row",
    )
    source = Source(source.expected, subscriptions=facts)
    rows = matched([now], [line("39"), line("79", **OCTOBER)], source=source)

    assert [(row["cause"], row["wrong_side"]) for row in rows] == [
        ("ended_before_copy", ""),
        ("", ""),
    ]


def test_what_ran_when_odoos_order_did_not_yet_is_missing_in_odoo():
    now = flat("39", **OCTOBER)
    source = known([due(flat("39")), due(now)], runs=("sub-1",))
    rows = matched([now], [line("39"), line("39", **OCTOBER)], source=source)

    late = next(row for row in rows if row["outcome"] == "missing_in_odoo")
    assert (late["cause"], late["wrong_side"]) == ("unexplained", "copy")


def test_a_surplus_line_is_billed_twice_and_the_other_side_is_wrong():
    source = known([due(flat("39"))])
    rows = matched([flat("39")], [line("39", ref="A"), line("39", ref="B")], source=source)

    assert Counter((row["cause"], row["wrong_side"]) for row in rows) == {
        ("", ""): 1,
        ("billed_twice", "billed"): 1,
    }
    again = {"period_start": moment("2026-09-12"), "period_end": moment("2026-10-12")}
    rows = matched([flat("39")], [line("39"), line("39", ref="B", **again)], source=source)
    assert {row["cause"] for row in rows} == {"", "billed_twice"}


def test_what_is_due_and_nobody_bills_is_told():
    source = known([due(flat("39")), due(flat("39", **OCTOBER))])
    rows = matched([flat("39")], [line("39")], source=source)

    assert [(row["outcome"], row["wrong_side"]) for row in rows] == [
        ("match", ""),
        ("match", "terms"),
    ]
    assert rows[1]["external_micro"] is rows[1]["odoo_micro"] is None
    assert rows[1]["expected_micro"] == 39_000_000


def test_what_the_terms_do_not_name_is_not_due_but_for_what_they_cannot_know():
    source = known([due(flat("39"))])
    odoo = [flat("39")]
    rows = matched(odoo, [line("39"), line("5", "addon:Backup")], source=source)
    once = matched(odoo, [line("39"), line("90", "one-off:Setup")], source=source)
    unpriced = matched(
        [*odoo, usage("3", "500")],
        [line("39"), billed("4", "500")],
        source=known([due(flat("39"))], unpriced=True),
    )

    left_out = pl.DataFrame(
        [("nexacloud", "sub-1", "addon:Backup")], schema=LEFT_OUT_SCHEMA, orient="row"
    )
    source = replace(source, left_out=left_out)
    unknown = matched(odoo, [line("39"), line("5", "addon:Backup")], source=source)

    assert {row["cause"]: row["wrong_side"] for row in unknown} == {"": "", "addon_missing": "open"}
    assert {row["cause"]: row["wrong_side"] for row in rows} == {"": "", "addon_missing": "billed"}
    assert {row["cause"]: row["wrong_side"] for row in once} == {"": "", "one_off": "open"}
    assert [row["wrong_side"] for row in unpriced] == ["", "open"]


@pytest.mark.parametrize(
    ("odoo_rate", "billed_rate", "expected_rate", "outcome", "wrong"),
    [
        ("13", "13", None, "match", ""),
        ("0", "14.975", None, "delta", "open"),
        ("0", "14.975", "14.975", "delta", "copy"),
        ("14.975", "0", "14.975", "delta", "billed"),
        (None, "14.975", None, "match", ""),
        ("14.98", "14.975", None, "match", ""),
    ],
)
def test_another_tax_is_a_difference(odoo_rate, billed_rate, expected_rate, outcome, wrong):
    ours = flat("39", tax_rate=odoo_rate)
    source = known(
        [due(ours, tax_rate=expected_rate)],
        customers=[("nexacloud", "anna", "CA", "Québec", False)],
    )
    row = only([ours], [line("39", tax_rate=billed_rate)], source=source)

    assert (row["outcome"], row["wrong_side"]) == (outcome, wrong)
    assert row["cause"] == ("tax_differs" if wrong else "")
    assert (row["tax_rate"], row["odoo_tax_rate"]) == (billed_rate, odoo_rate)
    if wrong:
        assert "Québec, CA" in row["evidence"]


def test_a_negative_line_is_a_credit_whatever_it_is_called():
    for item in ("flat", "usage:cpu_seconds", "addon:Backup", "other:no items"):
        rows = matched([flat("39", **OCTOBER)], [line("-12", item)])
        assert [row["cause"] for row in rows if row["external_lines"]] == ["credit"], item


AMOUNTS = st.sampled_from(["0", "0.004", "5", "39", "39.01", "39.0049", "-12.5"])
LINES = st.lists(
    st.builds(
        line,
        AMOUNTS,
        st.sampled_from(["flat", "usage:cpu_seconds", "addon:Backup", "credit:x"]),
        subscription=st.sampled_from(["sub-1", "sub-2", "gone"]),
        period_start=st.sampled_from([moment("2026-09-05"), moment("2026-09-12")]),
        currency=st.sampled_from(["CAD", "CAD", "USD"]),
        ref=st.sampled_from(["A", "B"]),
        tax_rate=st.sampled_from([None, "0", "13"]),
    ),
    max_size=7,
)


def source_of(lines):
    expected = [each._replace(origin="terms", tax_rate=None) for each in lines]
    return known(expected, ended={"gone": "2026-09-30"}, runs=("sub-1",))


def in_odoo(lines):
    return [each._replace(origin="odoo") for each in lines if each.subscription != "gone"]


def compared(odoo, external, source):
    return compare(ledger_frame(odoo), ledger_frame(external), TORONTO, source=source)


@settings(max_examples=50, deadline=None)
@given(LINES, LINES, LINES)
def test_every_line_of_all_three_is_in_exactly_one_row_and_all_sums_foot(odoo, external, expected):
    odoo = in_odoo(odoo)
    found = compared(odoo, external, source_of(expected))

    assert found.schema == MATCHED_SCHEMA
    lines = found.select(pl.col("odoo_lines", "external_lines", "expected_lines").sum()).row(0)
    assert lines == (len(odoo), len(external), len(expected))
    for side, ledger in (("external", external), ("odoo", odoo), ("expected", expected)):
        for currency in ("CAD", "USD"):
            total = found.filter(pl.col("currency") == currency)[f"{side}_micro"].sum()
            cents = [
                Decimal(each.amount) if side == "external" else rounded(each.amount)
                for each in ledger
                if each.currency == currency
            ]
            assert total == sum(cents) * 1_000_000
    settled = found["wrong_side"] == ""
    assert ((found["cause"] == "") == (settled & (found["outcome"] == "match"))).all()
    ours, theirs = (found[f"{side}_micro"].fill_null(0) for side in ("odoo", "external"))
    assert (found["delta_micro"] == ours - theirs).all()


@settings(max_examples=25, deadline=None)
@given(LINES, LINES, LINES, st.randoms())
def test_the_order_of_the_lines_changes_nothing(odoo, external, expected, dice):
    odoo = in_odoo(odoo)
    before = compared(odoo, external, source_of(expected))
    mixed = [dice.sample(lines, len(lines)) for lines in (odoo, external, expected)]

    assert before.equals(compared(mixed[0], mixed[1], source_of(mixed[2])))


@settings(max_examples=25, deadline=None)
@given(LINES)
def test_a_ledger_against_itself_is_settled(lines):
    lines = [each for each in lines if rounded(each.amount) == Decimal(each.amount)]
    found = compared(in_odoo(lines), lines, source_of(lines))

    assert found.filter(pl.col("wrong_side") != "").height == 0


@settings(max_examples=25, deadline=None)
@given(LINES, LINES)
def test_swapping_what_was_billed_with_odoo_negates_every_difference(one, other):
    one, other = (
        [each for each in in_odoo(lines) if rounded(each.amount) == Decimal(each.amount)]
        for lines in (one, other)
    )
    there, back = compared(one, other, None), compared(other, one, None)

    assert Counter(there["delta_micro"]) == Counter((-back["delta_micro"]).to_list())


def rounded(amount: str) -> Decimal:
    from decimal import ROUND_HALF_UP

    return Decimal(amount).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_a_plan_that_was_changed_since_needs_no_line_in_odoo_if_it_was_billed_as_it_then_was():
    now = flat("79", **OCTOBER)
    then = due(flat("39"), terms='{"price":"39","until":"2026-10-05"}')
    rows = matched(
        [flat("79"), now], [line("39"), line("79", **OCTOBER)], source=known([then, due(now)])
    )
    other = matched([flat("79")], [line("40")], source=known([then]))

    assert [(row["cause"], row["wrong_side"]) for row in rows] == [("plan_differs", ""), ("", "")]
    assert "changed since" in rows[0]["evidence"]
    assert other[0]["wrong_side"] == "open"


def test_a_part_of_a_period_that_was_settled_as_its_terms_say_needs_no_line_in_odoo():
    part = line("-12", "proration:Unused time on Basic")
    odoo = [flat("39", **OCTOBER)]
    billed_lines = [line("39", **OCTOBER), part]
    as_due = known([due(odoo[0]), due(part)])
    less = known([due(odoo[0]), due(part, "-11")])

    assert {
        row["cause"]: row["wrong_side"] for row in matched(odoo, billed_lines, source=as_due)
    } == {
        "": "",
        "proration": "",
    }
    assert {
        row["cause"]: row["wrong_side"] for row in matched(odoo, billed_lines, source=less)
    } == {
        "": "",
        "proration": "open",
    }


def test_what_a_rule_kept_out_has_that_cause_whatever_was_billed_of_it():
    odd = {"subscription": "odd"}
    source = known([due(flat("39", **odd))], kept_out={"odd": "Its plan has no price."})
    rows = matched([flat("9")], [line("9"), line("45", **odd)], source=source)
    row = next(row for row in rows if row["subscription"] == "odd")

    assert (row["cause"], row["wrong_side"]) == ("kept_out", "open")

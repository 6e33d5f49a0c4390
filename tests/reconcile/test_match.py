from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.model.errors import FatalError
from tasks.model.ledger import LEDGER_SCHEMA, MATCHED_SCHEMA, ledger_frame
from tasks.reconcile.compare import compare
from tasks.reconcile.match.match import match
from tests.reconcile.ledgers import TORONTO, billed, flat, line, matched, moment, only, usage


def test_equal_lines_match_whatever_their_order():
    rows = matched(
        [usage("3.125", "516.666667"), flat()], [line("39.00"), billed("3.13", "516.6667")]
    )

    assert [(row["item"], row["outcome"], row["cause"]) for row in rows] == [
        ("flat", "match", ""),
        ("usage:cpu_seconds", "match", ""),
    ]
    assert [row["delta_micro"] for row in rows] == [0, 0]


@pytest.mark.parametrize(
    ("odoo", "external", "currency", "outcome"),
    [
        ("3.125", "3.13", "CAD", "match"),
        ("3.125", "3.1250", "CAD", "match"),
        ("3.124999", "3.1251", "CAD", "match"),
        ("3.125", "3.12", "CAD", "delta"),
        # Rounded to four decimals first, and then to cents: 3.124950 gives 3.1250.
        ("3.124950", "3.13", "CAD", "match"),
        ("3.124949", "3.13", "CAD", "delta"),
        ("-3.125", "-3.13", "CAD", "match"),
        ("1200.5", "1201", "JPY", "match"),
        ("1200.4", "1201", "JPY", "delta"),
        ("3.1255", "3.126", "KWD", "match"),
        ("3.1254", "3.126", "KWD", "delta"),
    ],
)
def test_odoos_amount_is_rounded_as_an_invoice_would(odoo, external, currency, outcome):
    row = only([flat(odoo, currency=currency)], [line(external, currency=currency)])

    assert row["outcome"] == outcome


def test_lines_of_two_taxes_are_explained_alike_whatever_their_order():
    half = [line("22.035", tax_rate=percent) for percent in ("13", "15")]
    first, second = (only([flat("39")], lines) for lines in (half, half[::-1]))

    assert first == second
    assert first["tax_rate"] is None


def test_a_tolerance_can_be_given_by_currency():
    ledgers = ledger_frame([flat("39")]), ledger_frame([line("39.04")])

    assert match(*ledgers, TORONTO, {"CAD": 40_000}).rows["outcome"].to_list() == ["match"]
    assert match(*ledgers, TORONTO, {"CAD": 39_000}).rows["outcome"].to_list() == ["delta"]


def test_a_period_that_begins_within_the_day_is_the_same():
    odoo = flat(period_start=moment("2026-09-05"))
    external = line(period_start=moment("2026-09-05") + timedelta(hours=20))

    assert only([odoo], [external])["outcome"] == "match"


def test_a_shifted_period_is_one_row_not_two():
    odoo = usage("3.75", "600")
    external = billed(
        "4.50", "700", period_start=moment("2026-09-01"), period_end=moment("2026-10-01")
    )
    row = only([odoo], [external])

    assert (row["outcome"], row["cause"]) == ("delta", "period_boundary")
    assert row["external_period_start"] == moment("2026-09-01")


def test_overlapping_periods_are_paired_one_to_one_longest_overlap_first():
    months = ["2026-07-05", "2026-08-05", "2026-09-05", "2026-10-05"]
    odoo = [
        usage("0.75", "200", period_start=moment(a), period_end=moment(b))
        for a, b in pairwise(months)
    ]
    starts = ["2026-07-01", "2026-08-01", "2026-09-01", "2026-10-01"]
    external = [
        billed("0.75", "200", period_start=moment(a), period_end=moment(b))
        for a, b in pairwise(starts)
    ]
    rows = matched(odoo, external)

    assert [row["outcome"] for row in rows] == ["match"] * 3
    assert all(row["external_period_start"].month == row["period_start"].month for row in rows)


def test_one_partner_with_many_subscriptions_is_not_mixed_up():
    odoo = [flat("39", subscription="a"), flat("79", subscription="b")]
    external = [line("79", subscription="a"), line("39", subscription="b")]

    assert [row["delta_micro"] for row in matched(odoo, external)] == [-40_000_000, 40_000_000]


def test_lines_that_add_up_to_the_other_sides_are_one_row():
    row = only(
        [usage("9.00", "1300")],
        [billed("4.00", "600", ref="F1"), billed("5.00", "700", ref="F2")],
    )

    assert (row["outcome"], row["external_lines"], row["external_ref"]) == ("match", 2, "F1 + F2")
    assert row["external_units"] == str(1300 * 3600)


@pytest.mark.parametrize("item", ["flat", "usage:cpu_seconds"])
def test_a_line_billed_twice_is_seen_as_such(item):
    ours = flat("39") if item == "flat" else usage("39", "5300")
    found = matched([ours], [line("39", item, ref="A"), line("39", item, ref="B")])
    rows = sorted(found, key=lambda row: row["external_ref"])

    assert [row["outcome"] for row in rows] == ["match", "missing_in_odoo"]
    assert [row["external_ref"] for row in rows] == ["A", "B"]
    assert rows[1]["evidence"].startswith("Billed twice")
    assert rows[1]["cause"] == "billed_twice"


def test_another_currency_is_two_rows_so_that_each_side_foots():
    rows = matched([flat("39")], [line("28.47", currency="USD")])

    assert {(row["currency"], row["outcome"], row["cause"]) for row in rows} == {
        ("CAD", "delta", "currency"),
        ("USD", "delta", "currency"),
    }
    assert {row["currency"]: row["delta_micro"] for row in rows} == {
        "CAD": 39_000_000,
        "USD": -28_470_000,
    }


def test_a_minimum_counts_as_usage_where_the_other_side_does_so():
    row = only([usage("10", "600")], [billed("3.75", "600"), line("6.25", "minimum:cpu_seconds")])

    assert (row["outcome"], row["external_lines"]) == ("match", 2)


def test_nothing_to_bill_and_no_line_are_the_same():
    assert only([usage("0", "90")], [])["outcome"] == "match"
    assert only([], [line("0")])["outcome"] == "match"


def test_an_amount_that_is_no_number_is_refused():
    with pytest.raises(FatalError, match="'INV-1': 'many'"):
        match(ledger_frame([line("many")]), ledger_frame([]), TORONTO)


def test_empty_ledgers_give_an_empty_frame():
    assert compare(ledger_frame([]), ledger_frame([]), TORONTO).schema == MATCHED_SCHEMA


AMOUNTS = st.decimals("-50", "500", places=4, allow_nan=False).map(lambda d: format(d, "f"))
LINES = st.builds(
    line,
    AMOUNTS,
    st.sampled_from(["flat", "usage:cpu_seconds", "addon:Backup", "other:no items"]),
    subscription=st.sampled_from(["", "a", "b", "c"]),
    customer=st.sampled_from(["anna", "bert"]),
    period_start=st.integers(1, 28).map(lambda day: moment(f"2026-09-{day:02}")),
    period_end=st.integers(1, 28).map(lambda day: moment(f"2026-10-{day:02}")),
    units=st.sampled_from([None, "0", "3600", "360000"]),
    currency=st.sampled_from(["CAD", "USD", "JPY"]),
    ref=st.sampled_from(["A", "B", "C"]),
)
LEDGERS = st.lists(LINES, max_size=12)


@settings(max_examples=25)
@given(LEDGERS)
def test_a_ledger_compared_with_itself_gives_nothing(lines):
    ledger = ledger_frame(lines)
    rows = match(ledger, ledger, TORONTO, uninvoiced=None).rows

    assert set(rows["outcome"]) <= {"match"}
    assert rows["delta_micro"].abs().sum() == 0


@settings(max_examples=25)
@given(LEDGERS, LEDGERS)
def test_swapping_the_sides_negates_every_delta(left, right):
    ours, theirs = ledger_frame(left), ledger_frame(right)
    there = match(ours, theirs, TORONTO, uninvoiced=None).rows
    back = match(theirs, ours, TORONTO, uninvoiced=None).rows

    mirrored = {"missing_in_odoo": "missing_in_external", "missing_in_external": "missing_in_odoo"}
    assert sorted(
        (mirrored.get(outcome, outcome), -delta)
        for outcome, delta in there.select("outcome", "delta_micro").iter_rows()
    ) == sorted(back.select("outcome", "delta_micro").iter_rows())


@settings(max_examples=25)
@given(LEDGERS, LEDGERS, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_and_pages_change_nothing(left, right, random):
    first = compare(ledger_frame(left), ledger_frame(right), TORONTO)
    random.shuffle(left)
    random.shuffle(right)
    middle = len(right) // 2
    pages = [ledger_frame(right[:middle]), ledger_frame(right[middle:])]
    second = compare(ledger_frame(left), pl.concat(pages), TORONTO)

    assert first.equals(second)


@settings(max_examples=25)
@given(LEDGERS, LEDGERS)
def test_every_line_ends_in_one_outcome_and_both_sides_foot(left, right):
    ours, theirs = ledger_frame(left), ledger_frame(right)
    found = compare(ours, theirs, TORONTO)

    assert found["odoo_lines"].sum() == len(left)
    assert found["external_lines"].sum() == len(right)
    assert found.filter((pl.col("outcome") == "match") != (pl.col("cause") == "")).is_empty()
    totals = found.group_by("currency").agg(pl.col("external_micro", "odoo_micro").sum())
    for currency, external, odoo in totals.iter_rows():
        assert external == _total(theirs, currency, unit=1)
        assert odoo == _total(ours, currency, unit={"JPY": 1_000_000}.get(currency, 10_000))
    assert found["delta_micro"].sum() == found["odoo_micro"].sum() - found["external_micro"].sum()


def _total(ledger: pl.DataFrame, currency: str, unit: int) -> int:
    total = 0
    for text in ledger.filter(pl.col("currency") == currency)["amount"]:
        micro = round(float(text) * 10_000) * 100
        size = (2 * abs(micro) + unit) // (2 * unit) * unit
        total += size if micro >= 0 else -size
    return total


def test_the_schema_is_that_of_the_lines():
    assert list(LEDGER_SCHEMA) == list(line()._fields)

"""What Odoo is told of each customer foots with the comparison, to the last digit."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tasks.dual_run.customers import customers_of
from tasks.model.rows import cut
from tasks.reconcile.long_periods import PERIODS_SCHEMA

_COLUMNS = ("customer", "currency", "subscription", "outcome", "wrong_side")
_AMOUNTS = {"external_micro": "billed", "expected_micro": "expected", "odoo_micro": "odoo"}

NO_PERIODS = pl.DataFrame(schema=PERIODS_SCHEMA)
micro = st.none() | st.integers(-(10**12), 10**12)
lines = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bob", ""]),
        st.sampled_from(["CAD", "USD"]),
        st.sampled_from(["s1", "s2", ""]),
        st.sampled_from(["match", "delta", "missing_in_odoo"]),
        st.sampled_from(["", "copy", "billed", "terms", "open"]),
        micro,
        micro,
        micro,
    ),
    max_size=30,
)


def frame(rows):
    schema = dict.fromkeys(_COLUMNS, pl.String()) | dict.fromkeys(_AMOUNTS, pl.Int64())
    return pl.DataFrame(rows, schema=schema, orient="row")


@given(lines)
def test_lines_and_amounts_of_all_customers_add_up_to_the_comparison(rows):
    compared = frame(rows)
    sums = [one for row in customers_of(compared, NO_PERIODS) for one in row["sums"]]
    assert sum(one["lines"] for one in sums) == len(rows)
    for column, name in _AMOUNTS.items():
        told = sum((Decimal(one[name] or 0) for one in sums), Decimal(0))
        assert told == Decimal(compared[column].sum() or 0).scaleb(-6)


@given(lines, st.randoms())
def test_the_order_of_lines_changes_nothing(rows, random):
    before = customers_of(frame(rows), NO_PERIODS)
    random.shuffle(rows)
    assert customers_of(frame(rows), NO_PERIODS) == before


def test_a_side_that_has_no_line_has_no_amount_and_zero_is_one():
    rows = [("ada", "CAD", "s1", "match", "", 0, None, 5_000_000)]
    (row,) = customers_of(frame(rows), NO_PERIODS)
    assert row["subscriptions"] == ["s1"]
    assert row["sums"] == [
        {
            "outcome": "match",
            "wrong_side": "",
            "lines": 1,
            "billed": "0",
            "expected": None,
            "odoo": "5",
        }
    ]


def test_pages_hold_every_row_once():
    rows = [{"customer": str(number)} for number in range(5)]
    assert [row for page in cut(rows, 2) for row in page] == rows
    assert [len(page) for page in cut(rows, 2)] == [2, 2, 1]

"""A row that shares its columns' names reads like the ``dict`` that it stands for."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.rows import compact, records

pytestmark = pytest.mark.pure


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers() | st.none()), min_size=1))
def test_row_reads_like_a_dict(rows):
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    filled = [{name: row.get(name) for name in columns} for row in rows]
    made = list(records(columns, (tuple(row.values()) for row in filled)))
    assert made == filled
    assert [dict(row) for row in made] == filled
    assert [{**row, "a": 1} for row in made] == [{**row, "a": 1} for row in filled]
    assert [row.get("z", 7) for row in made] == [7] * len(rows)
    assert [list(row) for row in made] == [list(row) for row in filled]


def test_unknown_column_is_an_error_and_a_row_travels_between_processes():
    (row,) = records(("id", "name"), [("u1", None)])
    with pytest.raises(KeyError):
        row["email"]
    assert pickle.loads(pickle.dumps(row)) == {"id": "u1", "name": None}
    assert repr(row) == "{'id': 'u1', 'name': None}"


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 2),
    st.sampled_from([0.0, 1.0, 2.5]),
    st.sampled_from(["", "1", "1.0", "True"]),
    st.sampled_from([Decimal(1), Decimal("1.0"), Decimal("1.00"), Decimal("NaN")]),
    st.lists(st.integers(0, 2), max_size=2),
)
tables = st.lists(st.dictionaries(st.sampled_from("abc"), values), max_size=8)


def shown(value):
    """How a value reads; a list is a tuple there."""
    kept = tuple(value) if isinstance(value, list) else value
    return type(kept), repr(kept)


@given(tables)
def test_compacted_rows_read_as_they_did(table):
    kept = list(compact("abc", table))
    assert [{name: shown(row[name]) for name in "abc"} for row in kept] == [
        {name: shown(row.get(name)) for name in "abc"} for row in table
    ]


@given(tables)
def test_rows_are_compacted_to_the_columns_of_the_first_one(table):
    kept = list(compact(None, table))
    assert len(kept) == len(table)
    for made, row in zip(kept, table, strict=True):
        assert list(made) == list(table[0])
        assert {name: shown(made[name]) for name in made} == {
            name: shown(row.get(name)) for name in table[0]
        }


def test_what_many_rows_say_is_held_once():
    first, second = compact(["price"], [{"price": Decimal("49.00")}, {"price": Decimal("49.00")}])
    assert first["price"] is second["price"]

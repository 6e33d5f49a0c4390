"""A row that shares its columns' names reads like the ``dict`` that it stands for."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.rows import records

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

"""A list on disk is read as one in memory, whatever is in it."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.errors import FatalError
from tasks.model.spool import Divided, Spool, page_of

items = st.lists(st.text() | st.lists(st.decimals(allow_nan=False)) | st.none(), max_size=20)


@given(items, items)
def test_a_spool_reads_like_a_list_also_when_it_is_added_to(first, later):
    spool = Spool(first)
    assert list(spool) == first
    for item in later:
        spool.append(item)
    whole = first + later
    assert list(spool) == whole
    assert len(spool) == len(whole)
    assert [spool[-1 - place] for place in range(len(whole))] == whole[::-1]
    assert list(spool[1:3]) == whole[1:3]


@given(st.lists(st.tuples(st.text(st.characters(), max_size=3), st.integers())), st.integers(1, 9))
def test_divided_rows_are_all_there_and_those_of_a_key_together_in_their_order(rows, number):
    divided = Divided(number, ((page_of(key, number), (key, row)) for key, row in rows))
    pages = list(divided.pages())
    assert (len(pages), len(divided)) == (number, len(rows))
    assert sorted(divided) == sorted(rows)
    for key, _ in rows:
        mine = [each for each in rows if each[0] == key]
        assert [each for each in pages[page_of(key, number)] if each[0] == key] == mine


def test_rows_that_come_in_many_batches_stay_in_order():
    divided = Divided(2, ((row % 2, row) for row in range(9_001)))
    assert divided.page(1) == tuple(range(1, 9_001, 2))


def test_a_place_that_is_not_there_is_told():
    with pytest.raises(IndexError):
        Spool(["one"])[1]
    with pytest.raises(IndexError):
        Spool()[0]


def test_a_full_disk_is_said_in_a_sentence(monkeypatch):
    """Linux' device that is always full stands for a folder without room."""
    monkeypatch.setattr("tasks.model.spool.TemporaryFile", partial(open, "/dev/full", "w+b"))
    with pytest.raises(FatalError, match=r"No space left.*TMPDIR"):
        Spool(["one"])

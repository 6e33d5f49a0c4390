"""A list on disk is read as one in memory, whatever is in it."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.errors import FatalError
from tasks.model.spool import Spool

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

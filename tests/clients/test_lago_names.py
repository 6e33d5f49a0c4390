"""A row that came twice is noticed, however many lie between the two."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from tasks.clients.lago import pages as module
from tasks.clients.lago.pages import Names

pages = st.lists(st.lists(st.text("abcdef", min_size=1, max_size=2), max_size=5), max_size=12)


@given(pages, st.integers(0, 9))
def test_names_are_new_exactly_if_none_of_them_was_there(told, recent):
    names, seen = Names(), set()
    with patch.object(module, "RECENT", recent):
        for page in told:
            is_new = len({*page}) == len(page) and not seen & {*page}
            assert names.add(page) is is_new
            if not is_new:
                break
            seen |= {*page}


@given(st.sets(st.text()), st.sets(st.text()), st.integers(0, 9))
def test_two_readings_agree_if_they_have_the_same_names_in_whatever_order(one, other, recent):
    first, second = Names(), Names()
    with patch.object(module, "RECENT", recent):
        for name in sorted(one):
            first.add([name])
        second.add(sorted(other, reverse=True))
    assert (first == second) is (one == other)

"""A slow app holds up itself only: how many of its messages are on their way is learned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.addon_webhooks import load

shares = load("pace")
QUICK = {"delivered": True, "reached": True, "seconds": 0.1}
SLOW = {"delivered": True, "reached": True, "seconds": 15.0}
SLOW_500 = {**SLOW, "delivered": False}
SILENT = {"delivered": False, "reached": False, "seconds": 0.1}


def test_quick_endpoint_gets_more_up_to_the_most_and_a_slow_one_is_back_at_one():
    found = shares.Shares(16)
    seen = [found.of(1)]
    for _ in range(6):
        found.learn(1, **QUICK)
        seen.append(found.of(1))
    assert seen == [1, 2, 4, 8, 16, 16, 16]
    found.learn(1, **SLOW)
    assert (found.of(1), found.of(2)) == (1, 1)
    assert not found.is_lost(1)


@pytest.mark.parametrize(("attempt", "lost_after"), [(SLOW_500, 2), (SILENT, 5)])
def test_endpoint_that_refuses_slowly_or_is_silent_is_left_alone(attempt, lost_after):
    found = shares.Shares(16)
    lost = []
    for _ in range(lost_after):
        found.learn(1, **attempt)
        lost.append(found.is_lost(1))
    assert lost == [False] * (lost_after - 1) + [True]


def test_quick_refusals_never_pause_an_endpoint_that_answers():
    found = shares.Shares(16)
    for _ in range(50):
        found.learn(1, delivered=False, reached=True, seconds=0.1)
        assert not found.is_lost(1)


@given(st.lists(st.sampled_from([QUICK, SLOW, SLOW_500, SILENT])))
def test_share_is_never_less_than_one_nor_more_than_the_most(attempts):
    found = shares.Shares(16)
    for attempt in attempts:
        found.learn(1, **attempt)
        found.is_lost(1)
        assert 1 <= found.of(1) <= 16

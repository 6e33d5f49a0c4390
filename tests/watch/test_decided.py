"""What a person decided in Odoo quiets the watch within its limit, and nothing beyond it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.watch.compare import CUSTOMER, ITEM, Decision, settle
from tasks.watch.records import Trouble, Watched

pytestmark = pytest.mark.pure

ZONE = ZoneInfo("America/Toronto")
MARCH, APRIL = (datetime(2026, month, 1, 5, tzinfo=UTC) for month in (3, 4))


def line(stake="5", customer="c", item="flat", start=MARCH, trouble=Trouble.OTHER_AMOUNT):
    stake = Decimal(stake)
    return Watched(
        customer, "s", item, start, None, "CAD", None, None, trouble, stake, "why", "INV/1"
    )


def decision(most="5", scope=CUSTOMER, value="c", number=1, currency="CAD"):
    return Decision(number, scope, value, currency, Decimal(most), f"decision {number}")


def decided(lines, *decisions):
    return [one.decided for one in settle(lines, decisions, ZONE)]


@pytest.mark.parametrize(
    ("made", "held"),
    [
        (decision(), True),
        (decision(most="4.99"), False),
        (decision(value="another"), False),
        (decision(currency="USD"), False),
        (decision(scope=ITEM, value="flat"), True),
        (decision(scope=ITEM, value="usage"), False),
    ],
)
def test_a_decision_settles_what_it_was_made_for_within_its_limit(made, held):
    assert decided([line()], made) == ["decision 1" if held else ""]


def test_more_than_the_limit_in_one_month_opens_all_of_that_month():
    lines = [line("3"), line("3", item="usage:cpu_seconds"), line("3", start=APRIL)]
    assert decided(lines, decision("5")) == ["", "", "decision 1"]


def test_nobody_decides_away_an_invoice_that_is_not_paid_or_a_line_without_trouble():
    lines = [line(trouble=Trouble.CLOSING, start=None), line(trouble=None)]
    assert decided(lines, decision("1000")) == ["", ""]


decisions = st.builds(
    decision,
    most=st.integers(0, 20).map(str),
    scope=st.just(CUSTOMER),
    value=st.sampled_from("ab"),
    number=st.integers(1, 50),
) | st.builds(
    decision,
    most=st.integers(0, 20).map(str),
    scope=st.just(ITEM),
    value=st.sampled_from(["flat", "usage"]),
    number=st.integers(51, 99),
)
lines_ = st.lists(
    st.builds(
        line,
        stake=st.integers(0, 9).map(str),
        customer=st.sampled_from("ab"),
        item=st.sampled_from(["flat", "usage:cpu_seconds"]),
        start=st.sampled_from([MARCH, APRIL]),
    ),
    max_size=8,
)


@given(lines_, st.lists(decisions, max_size=4), decisions)
def test_a_further_decision_opens_nothing_that_was_decided(lines, made, further):
    before, after = decided(lines, *made), decided(lines, *made, further)
    assert all(now for was, now in zip(before, after, strict=True) if was)

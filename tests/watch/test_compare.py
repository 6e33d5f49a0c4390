"""The watch: each kind of trouble after the switch is named, once, with its money."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.ledger import LedgerLine
from tasks.watch.compare import closing_lines, watch_lines
from tasks.watch.records import Live, PostedLine, Trouble, Unpaid

ZONE = ZoneInfo("America/Toronto")
MARCH, APRIL, MAY = (datetime(2026, month, 1, 4, tzinfo=UTC) for month in (3, 4, 5))
LIVE = Live("c", "s", "S1", MARCH, MARCH, None)


def due(item="flat", amount="60.00", start=MARCH, end=APRIL, units="1") -> LedgerLine:
    return LedgerLine(
        "nexacloud", "c", "s", item, start, end, units, amount, "CAD", None, "s", "terms"
    )


def posted(line: LedgerLine, ref="INV/1", amount=None, **changes) -> PostedLine:
    value = Decimal(line.amount if amount is None else amount).quantize(Decimal("0.01"))
    made = PostedLine(
        line.customer, line.subscription, line.item, line.period_start, line.period_end,
        None if line.units is None else Decimal(line.units), value, line.currency,
        Decimal(13), Decimal(13), ref,
    )  # fmt: skip
    return replace(made, **changes)


def watched(expected, lines, ended=None, due_by=MAY):
    return watch_lines(expected, lines, [LIVE], ended=ended or {}, due_by=due_by, zone=ZONE)


FLAT = due()
USED = due("usage:cpu_seconds", "10.00", units="3600")
NEXT = due(start=APRIL, end=MAY)


@pytest.mark.parametrize(
    ("expected", "lines", "trouble", "stake"),
    [
        ([FLAT], [], Trouble.NOT_BILLED, "60"),
        ([FLAT], [posted(FLAT), posted(FLAT, "RINV/1", "-60")], Trouble.NOT_BILLED, "60"),
        ([FLAT], [posted(FLAT), posted(FLAT, "INV/2")], Trouble.BILLED_TWICE, "60"),
        ([FLAT], [posted(FLAT, amount="55")], Trouble.OTHER_AMOUNT, "5"),
        ([FLAT], [posted(FLAT, tax_rate=Decimal(5))], Trouble.OTHER_TAX, "4.80"),
        ([], [posted(FLAT)], Trouble.NOT_DUE, "60"),
        (
            [USED, NEXT],
            [posted(USED, amount="4", units=Decimal(1800)), posted(NEXT)],
            Trouble.USAGE_LATE,
            "6",
        ),
        ([USED, NEXT], [posted(NEXT)], Trouble.NOT_BILLED, "10"),
    ],
)
def test_each_kind_of_trouble_is_named_with_its_money(expected, lines, trouble, stake):
    found = [row for row in watched(expected, lines) if row.trouble]
    assert [(row.trouble, row.stake) for row in found] == [(trouble, Decimal(stake))]


def test_who_left_and_is_billed_on_is_named():
    (row,) = watched([], [posted(FLAT)], ended={"s": MARCH - timedelta(days=2)})
    assert (row.trouble, row.stake) == (Trouble.BILLED_AFTER_END, Decimal(60))


def test_what_was_credited_again_is_settled():
    lines = [posted(FLAT), posted(FLAT, "INV/2"), posted(FLAT, "RINV/1", "-60")]
    assert [row.trouble for row in watched([FLAT], lines)] == [None]


def test_what_may_still_be_on_its_way_is_no_trouble_yet():
    assert watched([FLAT], [], due_by=MARCH - timedelta(days=1)) == []
    # Usage of a yearly subscription waits for its next price.
    assert watched([FLAT, USED], [posted(FLAT)]) == watched([FLAT], [posted(FLAT)])


def test_what_the_old_side_billed_and_who_is_in_shadow_is_not_watched():
    early = due(start=MARCH - timedelta(days=31), end=MARCH)
    assert watched([early, FLAT._replace(subscription="shadow")], []) == []


@pytest.mark.parametrize(("days", "is_told"), [(14, True), (15, False), (-1, True)])
def test_an_unpaid_invoice_is_told_before_odoo_ends_the_subscription(days, is_told):
    today = date(2026, 3, 1)
    one = Unpaid("c", "s", "INV/1", Decimal(68), "CAD", today + timedelta(days=days))
    never = replace(one, closes_on=None)
    assert len(closing_lines([one, never], today, 14)) == is_told


def test_an_unpaid_invoice_of_two_subscriptions_is_not_money_twice():
    today = date(2026, 3, 1)
    first = Unpaid("c", "s", "INV/1", Decimal(68), "CAD", today + timedelta(days=3))
    rows = closing_lines([replace(first, subscription="t"), first], today, 14)
    assert [row.subscription for row in rows] == ["t", "s"]
    assert sum(row.stake for row in rows) == Decimal(68)


AMOUNTS = st.decimals("-50", "900", places=4)
LEDGERS = st.lists(
    st.builds(
        lambda item, amount, month: due(
            item, str(amount), datetime(2026, 3 + month, 1, 5, tzinfo=UTC)
        ),
        st.sampled_from(["flat", "addon:Daily backup", "usage:cpu_seconds"]),
        AMOUNTS,
        st.integers(0, 8),
    ),
    max_size=12,
    unique_by=lambda line: (line.item, line.period_start),
)


def as_posted(ledger):
    return [
        posted(line, amount=Decimal(line.amount).quantize(Decimal("0.01"), ROUND_HALF_UP))
        for line in ledger
    ]


@given(LEDGERS)
def test_a_ledger_against_itself_is_without_trouble(ledger):
    assert [row for row in watched(ledger, as_posted(ledger)) if row.trouble] == []


@given(LEDGERS, LEDGERS, st.randoms())
def test_the_rows_foot_to_both_sides_whatever_the_order(expected, other, random):
    lines = as_posted(other)
    late = datetime(2030, 1, 1, tzinfo=UTC)
    rows = watched(expected, lines, due_by=late)
    assert sum((row.posted or 0 for row in rows), Decimal(0)) == sum(
        (line.amount for line in lines), Decimal(0)
    )
    random.shuffle(expected)
    random.shuffle(lines)
    assert watched(expected, lines, due_by=late) == rows
    for row in rows:
        apart = abs((row.posted or 0) - (row.expected or 0))
        assert row.stake == apart or row.trouble is Trouble.OTHER_TAX

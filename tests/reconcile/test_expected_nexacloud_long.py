"""A year whose plan was changed is compared by the rest that was billed of it, to the day."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from tasks.reconcile.expected.nexacloud import NexaCloudTerms
from tasks.reconcile.expected.nexacloud_long import long_due
from tasks.reconcile.expected.nexacloud_rows import DeploymentRows, Told
from tests.reconcile.ledgers import TORONTO, moment
from tests.reconcile.nexacloud_terms import PLANS, proration, subscription

START, END = "2025-12-05", "2026-12-05"
DAY = timedelta(days=1)


def rest(amount, day="2026-09-14", start=None, **changes):
    """What was charged for the rest of the new plan, from a day on."""
    return proration(f"Remaining time on Pro after {day}", amount, start=start or day, **changes)


def unused(day="2026-09-14"):
    return proration(f"Unused time on Archive after {day}", "-82", start=day)


def found(*told, mine=("sub-1",), start=START, now="2026-11-01", plans=PLANS):
    rows = DeploymentRows((subscription(start, plan_id="p-pro", cycle="yearly"),))
    terms = NexaCloudTerms(
        "nexacloud", plans, since=moment("2025-11-01"), until=moment(now), as_of=moment(now),
        zone=TORONTO,
    )  # fmt: skip
    due, changed = long_due(terms, rows, Told(told), set(mine))
    flats = [each.amount for each in due.lines if each.item == "flat"]
    return flats, changed


def test_the_rest_that_was_billed_stands_for_the_price_with_its_share():
    """82 of 365 days of 900 are 202.191781."""
    line = rest("190")
    flats, changed = found(unused(), line)
    assert flats == []
    one = changed["sub-1"]
    assert one.billed == line._replace(item="flat")
    assert (one.expected.item, one.expected.amount) == ("flat", "202.191781")
    assert json.loads(one.expected.terms) == {"price": "900", "cycle": "yearly", "plan_code": "pro"}
    assert one.share == Fraction("202.191781") / 900


def test_of_two_changes_the_last_ones_rest_counts():
    later = rest("1", "2026-10-14")
    flats, changed = found(unused(), rest("1"), unused("2026-10-14"), later)
    assert changed["sub-1"].billed.period_start == moment("2026-10-14")
    assert flats == []


def test_without_a_change_the_price_is_due_as_it_is():
    assert found() == (["900"], {})


def test_what_is_not_asked_for_is_neither_due_nor_changed():
    assert found(unused(), rest("1"), mine=()) == ([], {})


@pytest.mark.parametrize(
    ("start", "is_compared"),
    [
        # The line begins on the day of the change, or up to a day and a half beside it.
        ("2026-09-14", True),
        ("2026-09-13", True),
        ("2026-09-15", True),
        ("2026-09-12", False),
        ("2026-09-16", False),
    ],
)
def test_a_rest_whose_share_is_not_that_of_its_days_is_of_another_plan(start, is_compared):
    flats, changed = found(unused(), rest("1", start=start))
    assert bool(changed) is is_compared
    assert flats == ([] if is_compared else ["365"])


def test_a_rest_on_the_first_day_of_a_period_or_given_back_is_no_share_of_it():
    assert found(unused(), rest("1", start=START))[1] == {}
    assert found(unused())[1] == {}


def test_a_plan_that_is_free_now_has_the_share_of_its_days():
    free = PLANS | {"p-pro": PLANS["p-pro"].__class__(
        "p-pro", "Pro", "pro", "CAD", {"yearly": Decimal(0)}, None, None)}  # fmt: skip
    _, changed = found(unused(), rest("0"), plans=free)
    whole = moment(END) - moment(START)
    assert changed["sub-1"].share == Fraction((moment(END) - moment("2026-09-14")) / whole)
    assert changed["sub-1"].expected.amount == "0"


def test_what_is_given_back_on_the_last_day_is_no_rest_however_little_it_is():
    """Half a dollar back for a day of 365: near enough to the share of that day, and no price."""
    back = proration("Unused time on Archive after 2026-11-04", "-0.5", start="2026-11-04")
    assert found(back, start="2025-11-05", now="2026-11-05") == (["365"], {})

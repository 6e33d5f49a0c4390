"""Days and amounts at the borders of what NexaCloud's terms say: a day more or less is money."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tasks.reconcile.expected.nexacloud_changes import (
    PlanChanges,
    Segment,
    changes_of,
    is_rest_charged,
    passing,
    rederived,
)
from tasks.reconcile.expected.nexacloud_rows import AddonRow
from tests.reconcile.ledgers import TORONTO
from tests.reconcile.nexacloud_terms import (
    BASIC,
    MAX,
    PLANS,
    PRO,
    QUOTE,
    YEAR,
    proration,
)

FIRST, CHANGE, LATER = date(2026, 9, 5), date(2026, 9, 14), date(2026, 9, 20)
BACKUP = [AddonRow("Backup", Decimal("15"))]


def stretch(plan=BASIC, first=FIRST, last=None, anchor=FIRST, cycle="monthly", **changes):
    return Segment(plan, cycle, anchor, first, last, **changes)


STRETCHES = [stretch(last=CHANGE, is_changed=True), stretch(PRO, CHANGE)]


def settled(text, amount, stretches=STRETCHES, addons=()):
    return rederived(proration(text, amount), stretches, addons, TORONTO)


@pytest.mark.parametrize(
    ("text", "billed", "due"),
    [
        # Of 30 days 21 are left in the morning of the change, and 20 in its evening.
        ("Unused time on basic after 2026-09-14", "-21.00005", "-21.00005"),
        ("Unused time on basic after 2026-09-14", "-21.00006", "-21"),
        ("Unused time on basic after 2026-09-14", "-19.99995", "-19.99995"),
        ("Unused time on basic after 2026-09-14", "-19.99994", "-21"),
        ("Remaining time on pro after 2026-09-14", "63.00005", "63.00005"),
        ("Remaining time on pro after 2026-09-14", "63.00006", "63"),
        ("Remaining time on pro after 2026-09-14", "59.99995", "59.99995"),
        ("Remaining time on pro after 2026-09-14", "59.99994", "63"),
        # A day that is not told is that of the stretch's end, or of its beginning.
        ("Unused time on basic", "-7", "-21"),
        ("Remaining time on pro", "7", "63"),
        # An add-on of 15 a month.
        ("Remaining time on Backup after 2026-09-14", "4", "10.5"),
        # Of two days that are told the one that comes nearer.
        ("Unused time on basic after 2026-09-08 to 2026-09-14", "-25", "-27"),
        ("Unused time on basic after 2026-09-08 to 2026-09-14", "-22", "-21"),
        ("Unused time on basic after 2026-09-08 to 2026-09-14", "-24", "-27"),
        # Neither on the day before the first one, nor of what nobody was sold.
        ("Unused time on basic after 2026-09-04", "-30", None),
        ("Unused time on Pro Max after 2026-09-13", "-30", None),
        ("Remaining time on max after 2026-09-14", "9", None),
    ],
)
def test_what_a_change_costs_is_that_of_the_day_between_its_two_ends(text, billed, due):
    assert settled(text, billed, addons=BACKUP) == due


def test_an_end_that_is_not_told_is_the_lines_own_day():
    assert settled("Unused time on pro", "-1", [stretch(PRO)]) == "-63"


def test_an_addon_of_a_year_costs_twelve_months_of_it():
    year = stretch(PRO, cycle="yearly")
    # 356 of 365 days of 180.
    assert settled("Remaining time on Backup after 2026-09-14", "1", [year], BACKUP) == "175.561644"


def test_a_stretch_without_a_price_prices_no_change():
    assert settled("Remaining time on basic after 2026-09-14", "1", [stretch(cycle=None)]) is None


@pytest.mark.parametrize(
    "addon", [AddonRow(None, Decimal(15)), AddonRow("  ", Decimal(15)), AddonRow("Backup", None)]
)
def test_an_addon_without_a_name_or_a_price_prices_no_change(addon):
    assert settled("Remaining time on Backup after 2026-09-14", "1", addons=[addon]) is None


def test_a_price_of_more_digits_than_money_has_stops_nothing():
    dear = replace(BASIC, prices={"monthly": Decimal("1e999999")})
    found = settled("Remaining time on basic after 2026-09-14", "1", [stretch(dear), stretch()])
    assert found == "21"


@pytest.mark.parametrize(
    ("day", "holds"), [(4, False), (5, True), (6, True), (14, True), (15, False)]
)
def test_a_stretch_holds_its_first_day_and_the_day_of_its_end(day, holds):
    assert STRETCHES[0].holds(date(2026, 9, day)) is holds
    assert stretch().holds(date(2036, 9, day))


def test_each_stretch_counts_from_its_own_first_day_where_the_cycle_is_another():
    """A year, then months from the change on, then another plan in those same months."""
    only_yearly = replace(YEAR, currency="CAD")
    changes = PlanChanges(PRO, ((CHANGE, only_yearly), (LATER, BASIC)))
    assert changes.segments(FIRST, "monthly", None) == [
        Segment(only_yearly, "yearly", FIRST, FIRST, CHANGE, is_changed=True),
        Segment(BASIC, "monthly", CHANGE, CHANGE, LATER, is_changed=True),
        Segment(PRO, "monthly", CHANGE, LATER, None, is_changed=False),
    ]


def test_months_before_and_after_a_stretch_that_nobody_knows_are_the_same():
    changes = PlanChanges(PRO, ((CHANGE, BASIC), (LATER, None)))
    end = date(2026, 9, 30)
    assert changes.segments(FIRST, "monthly", end) == [
        Segment(BASIC, "monthly", FIRST, FIRST, CHANGE, is_changed=True),
        Segment(PRO, None, CHANGE, CHANGE, LATER, "plan_before_unknown", is_changed=True),
        Segment(PRO, "monthly", CHANGE, LATER, end, is_changed=False),
    ]


@pytest.mark.parametrize(
    ("now", "before", "cycle", "sold"),
    [
        (PRO, YEAR, "monthly", "yearly"),
        # It was sold by two other cycles, by none, or the plan of today is not by this one either.
        (PRO, replace(YEAR, prices={"yearly": 1, "quarterly": 1}), "monthly", None),
        (PRO, QUOTE, "monthly", None),
        (YEAR, YEAR, "monthly", None),
    ],
)
def test_the_plan_before_was_sold_by_the_same_cycle_or_by_its_only_one(now, before, cycle, sold):
    first, _ = PlanChanges(now, ((CHANGE, before),)).segments(FIRST, cycle, None)
    assert first.cycle == sold
    assert first.fault == ("" if sold else "price_missing_for_cycle")


def read(*lines, after=FIRST, before=None, plan="p-pro"):
    told = [proration(text, amount) for text, amount in lines]
    return changes_of(told, PLANS, plan, after=after, before=before).before


@pytest.mark.parametrize(
    ("day", "is_read"), [("05", False), ("06", True), ("19", True), ("20", False)]
)
def test_what_is_settled_on_the_first_day_or_at_the_end_is_no_change_of_this_one(day, is_read):
    found = read((f"Unused time on basic after 2026-09-{day}", "-1"), before=LATER)
    assert found == (((date(2026, 9, int(day)), BASIC),) if is_read else ())


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([("Unused time on basic after 2026-09-14", "-1")], [(CHANGE, BASIC)]),
        # Given back and charged again: nothing was changed.
        (
            [
                ("Unused time on basic after 2026-09-14", "-1"),
                ("Remaining time on basic after 2026-09-14", "1"),
            ],
            [],
        ),
        # Two were given back on one day: which of them it was, nobody can tell.
        (
            [
                ("Unused time on basic after 2026-09-14", "-1"),
                ("Unused time on max after 2026-09-14", "-1"),
            ],
            [(CHANGE, None)],
        ),
        ([("Remaining time on pro after 2026-09-14", "1")], [(CHANGE, None)]),
        (
            [
                ("Unused time on max after 2026-09-20", "-1"),
                ("Unused time on basic after 2026-09-14", "0"),
            ],
            [(CHANGE, BASIC), (LATER, MAX)],
        ),
        ([("Unused time on nothing known after 2026-09-14", "-1")], []),
        ([("Unused time on basic", "-1")], []),
    ],
)
def test_the_plan_before_a_change_is_the_one_that_was_given_back(lines, found):
    assert list(read(*lines)) == found


def test_of_plans_of_one_name_the_one_most_like_the_next_was_before():
    """Its price in the other currency, or by another cycle, is another one."""
    now = replace(PRO, prices={"monthly": Decimal(90)})
    names = {
        "a-us": replace(BASIC, plan_id="a-us", currency="USD"),
        "b-year": replace(BASIC, plan_id="b-year", prices={"yearly": Decimal(300)}),
        "c": replace(BASIC, plan_id="c"),
        "d": replace(BASIC, plan_id="d"),
        "p-pro": now,
    }
    line = proration("Unused time on Basic 2 × vCPU after 2026-09-14", "-1")
    found = []
    while len(names) > 1:
        changes = changes_of([line], names, "p-pro", after=FIRST, before=None)
        ((_, plan),) = changes.before
        found.append(plan.plan_id)
        del names[plan.plan_id]
    assert found == ["c", "d", "b-year", "a-us"]


def test_a_plan_that_was_taken_and_given_back_on_one_day_has_a_price():
    taken = proration("Remaining time on max after 2026-09-14", "1")
    back = proration("Unused time on max after 2026-09-14", "-1")
    ended = stretch(first=date(2026, 8, 5), last=date(2026, 9, 13))
    found = passing([taken, back], PLANS, [ended, *STRETCHES, stretch(cycle="weekly")])
    assert found == [
        replace(each, plan=MAX, first_day=CHANGE, last_day=CHANGE) for each in STRETCHES
    ]
    assert passing([taken], PLANS, STRETCHES) == []
    other_day = proration("Unused time on max after 2026-09-15", "-1")
    assert passing([taken, other_day], PLANS, STRETCHES) == []


@pytest.mark.parametrize(
    ("text", "amount", "is_charged"),
    [
        ("Remaining time on Pro after 2026-09-14", "63", True),
        ("Remaining time on pro after 2026-09-14", "0", True),
        ("Unused time on Pro after 2026-09-14", "-63", False),
        ("Remaining time on Pro after 2026-09-15", "63", False),
        ("Remaining time on Basic after 2026-09-14", "63", False),
    ],
)
def test_the_rest_of_a_period_was_charged_on_this_day_for_this_plan_or_not(
    text, amount, is_charged
):
    assert is_rest_charged([proration(text, amount)], PRO, CHANGE) is is_charged

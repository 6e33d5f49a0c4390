"""When a subscription of Lago is billed, by the day: one more or less is billed twice or never."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.backfill.mapping.lago_parts import (
    Span,
    lines_differ,
    minimum_differs,
    span_of,
    usage_rhythm,
)
from tasks.backfill.mapping.lago_plans import usage_cycle
from tasks.model.lago_periods import Period, Rhythm
from tests.backfill.lago_world import at, charge, coupon, fixed_charge, plan, subscription

TORONTO = ZoneInfo("America/Toronto")
TODAY = date(2026, 11, 20)
NOVEMBER, DECEMBER = (
    Period(date(2026, 11, 1), date(2026, 12, 1)),
    Period(date(2026, 12, 1), date(2027, 1, 1)),
)
AHEAD, BEHIND = plan(), plan(is_in_advance=False)


def span(started=date(2026, 3, 1), ends=None, trial=None, today=TODAY):
    rhythm = Rhythm("monthly", "calendar", started)
    return Span(TORONTO, rhythm, today, started, ends, trial)


def test_a_span_is_in_days_of_its_own_zone_and_ends_after_its_last_day():
    said = subscription(
        started_at=at(2026, 3, 2, 4, 59),
        ending_at=at(2027, 3, 2, 4, 59),
        anchor_at=at(2026, 3, 5, 4, 59),
    )
    sold = plan(trial_days=Decimal(6))
    read = at(2026, 11, 20, 4, 59)
    assert span_of(said, sold, "America/Toronto", read, None) == Span(
        TORONTO,
        Rhythm("monthly", "anniversary", date(2026, 3, 4)),
        date(2026, 11, 19),
        date(2026, 3, 1),
        date(2027, 3, 2),
        date(2026, 3, 7),
    )
    early = span_of(said, plan(), "UTC", at(2026, 1, 1), None)
    assert (early.today, early.trial_ends_on) == (date(2026, 3, 2), None)


@pytest.mark.parametrize(
    ("trial", "is_in_trial"),
    [(None, False), (TODAY, False), (TODAY + timedelta(days=1), True)],
)
def test_a_trial_is_over_on_the_first_day_with_a_price(trial, is_in_trial):
    assert span(trial=trial).is_in_trial is is_in_trial


@pytest.mark.parametrize(
    ("of", "sold", "due"),
    [
        (span(), AHEAD, DECEMBER),
        (span(), BEHIND, NOVEMBER),
        (span(started=date(2026, 11, 9)), BEHIND, Period(date(2026, 11, 9), NOVEMBER.end)),
        # A trial that was over today, or that is over with the subscription, moves nothing.
        (span(trial=TODAY), AHEAD, DECEMBER),
        (span(trial=date(2026, 11, 25), ends=date(2026, 11, 25)), AHEAD, DECEMBER),
        (span(trial=date(2026, 12, 25), ends=date(2026, 11, 25)), BEHIND, NOVEMBER),
        # Ahead the price begins on the day after the trial, in this period or a later one.
        (span(trial=date(2026, 11, 21)), AHEAD, Period(date(2026, 11, 21), NOVEMBER.end)),
        (span(trial=date(2026, 12, 9)), AHEAD, Period(date(2026, 12, 9), DECEMBER.end)),
        (span(trial=date(2026, 12, 1)), AHEAD, DECEMBER),
        # In arrears what costs nothing is left out, unless something is due with it.
        (span(trial=date(2026, 12, 9)), BEHIND, DECEMBER),
        (span(trial=date(2026, 12, 9)), plan(charge(), is_in_advance=False), NOVEMBER),
        (
            span(trial=date(2026, 12, 9)),
            plan(is_in_advance=False, fixed_charges=(fixed_charge(),)),
            NOVEMBER,
        ),
    ],
)
def test_what_is_due_next_begins_where_what_is_due_now_ends(of, sold, due):
    assert of.unbilled(sold) == due


@pytest.mark.parametrize(
    ("ends", "in_part"),
    [
        (None, False),
        (date(2026, 12, 1), False),
        (date(2026, 12, 2), True),
        (date(2026, 11, 30), True),
        (date(2027, 1, 1), False),
    ],
)
def test_an_end_is_none_of_a_period_on_every_other_day(ends, in_part):
    assert span(ends=ends).ends_in_part is in_part


def fixed(**known):
    return plan(fixed_charges=(fixed_charge(**known),))


def behind(sold):
    return replace(sold, is_in_advance=False)


FIVE, TENTH = coupon(), coupon(amount=None, percent=Decimal(10))
PART = date(2026, 11, 25)
BEGUN = span(started=date(2026, 11, 9))


@pytest.mark.parametrize(
    ("sold", "coupons", "of", "differ"),
    [
        (AHEAD, [], span(ends=PART), False),
        (fixed(units=Decimal(0)), [], span(ends=PART), False),
        (AHEAD, [FIVE], span(trial=PART), True),
        (fixed(), [], span(trial=PART), True),
        (AHEAD, [FIVE], span(ends=PART), True),
        (AHEAD, [FIVE], span(ends=DECEMBER.start), False),
        (fixed(), [], span(ends=PART), True),
        (behind(fixed()), [], span(ends=PART), False),
        (behind(fixed(is_prorated=True)), [], span(ends=PART), True),
        (behind(fixed(is_prorated=True)), [], BEGUN, True),
        (behind(fixed(is_prorated=True)), [], span(started=NOVEMBER.start), False),
        (behind(fixed()), [], BEGUN, False),
        (fixed(is_prorated=True), [], BEGUN, False),
        (AHEAD, [TENTH], BEGUN, False),
        (BEHIND, [TENTH], BEGUN, True),
        (BEHIND, [TENTH], span(started=NOVEMBER.start), False),
        # 22 of 30 days of 49 are 35.93.
        (BEHIND, [coupon(amount=Decimal("35.93"))], BEGUN, False),
        (BEHIND, [coupon(amount=Decimal("35.94"))], BEGUN, True),
        (BEHIND, [coupon(amount=Decimal("30")), coupon(amount=Decimal("5.94"))], BEGUN, True),
        # And 50 of fixed charges with them.
        (behind(fixed()), [coupon(amount=Decimal("85.93"))], BEGUN, False),
        (behind(fixed()), [coupon(amount=Decimal("85.94"))], BEGUN, True),
    ],
)
def test_lines_differ_where_lago_bills_them_for_a_part_and_odoo_whole(sold, coupons, of, differ):
    costs = sum((each.units * Decimal("12.5") for each in sold.fixed_charges), Decimal(0))
    assert lines_differ(sold, Decimal(49), costs, coupons, of) is differ


@pytest.mark.parametrize(
    ("sold", "of", "differs"),
    [
        (plan(charge(minimum=Decimal(1))), span(), False),
        (plan(charge(minimum=Decimal(1))), BEGUN, True),
        (plan(charge()), BEGUN, False),
        (plan(charge(), charge(minimum=Decimal(1))), BEGUN, True),
        (plan(charge(minimum=Decimal(1))), span(ends=DECEMBER.start), False),
        (plan(charge(minimum=Decimal(1))), span(ends=DECEMBER.start + timedelta(days=1)), True),
        (plan(charge(minimum=Decimal(1))), span(ends=DECEMBER.end), False),
    ],
)
def test_a_minimum_is_due_for_a_part_where_a_period_begins_or_ends_in_one(sold, of, differs):
    assert minimum_differs(sold, of) is differs


@pytest.mark.parametrize(
    ("known", "cycle"),
    [
        ({"interval": "quarterly"}, "quarterly"),
        ({"interval": "quarterly", "charges_monthly": True}, "quarterly"),
        ({"interval": "semiannual", "charges_monthly": True}, None),
        ({"interval": "yearly", "charges_monthly": True}, None),
        ({"interval": "yearly"}, "yearly"),
        ({"interval": "monthly"}, None),
    ],
)
def test_usage_follows_the_periods_in_which_lago_charges_it(known, cycle):
    sold = plan(charge(), **known)
    assert usage_cycle(sold) == cycle
    rhythm = span().rhythm
    assert usage_rhythm(sold, span()) == replace(rhythm, interval=cycle or "monthly")
    assert usage_cycle(replace(sold, charges=())) is None
    least = replace(sold, charges=(), commitment=Decimal(1))
    assert usage_cycle(least) == (None if known["interval"] == "monthly" else known["interval"])

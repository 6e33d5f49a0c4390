"""From when until when a subscription was there and as what: else it is billed twice or never."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tasks.model.rating import RatedCharge
from tasks.reconcile.expected.nexacloud_changes import (
    Segment,
)
from tasks.reconcile.expected.nexacloud_lives import (
    Life,
    charge_of,
    charge_terms,
    end_of,
    fault_of,
    in_rhythm,
    turn,
)
from tasks.reconcile.expected.nexacloud_rows import DeploymentRows, PlanRow, Told
from tests.reconcile.ledgers import moment
from tests.reconcile.nexacloud_terms import (
    BASIC,
    MAX,
    PLANS,
    PRO,
    canceled,
    proration,
    subscription,
)

FIRST, CHANGE, LATER = date(2026, 9, 5), date(2026, 9, 14), date(2026, 9, 20)


def stretch(plan=BASIC, first=FIRST, last=None, anchor=FIRST, cycle="monthly", **changes):
    return Segment(plan, cycle, anchor, first, last, **changes)


STRETCHES = [stretch(last=CHANGE, is_changed=True), stretch(PRO, CHANGE)]


def life(row, stretches, ends=None):
    first = stretches[0].first_day
    return Life(row, "anna", first, moment(str(first)), ends, stretches)


def test_a_subscription_is_there_from_its_first_moment_until_just_before_its_end():
    end = moment("2026-09-14")
    one, on = (life(subscription(), STRETCHES, each) for each in (end, None))
    a_moment = timedelta(microseconds=1)
    start = moment("2026-09-05")
    assert [one.holds(each) for each in (start - a_moment, start, end - a_moment, end)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert on.holds(end)
    assert not on.holds(start - a_moment)


def test_usage_is_rated_by_the_plan_of_the_day_and_a_price_by_that_of_the_morning():
    whole = life(subscription(), STRETCHES)
    plans = [(13, BASIC, BASIC), (14, PRO, BASIC), (15, PRO, PRO)]
    for day, sold, billed in plans:
        assert whole.sold_on(date(2026, 9, day)).plan == sold
        assert whole.begun_as(date(2026, 9, day)).plan == billed
    anew = life(subscription(), [STRETCHES[0], stretch(PRO, CHANGE, anchor=CHANGE)])
    assert anew.begun_as(CHANGE).plan == PRO


def test_the_old_rhythm_is_kept_by_one_successor_whose_rest_was_charged():
    rest = Told([proration("Remaining time on pro after 2026-09-14", "63")])
    old = life(canceled("2026-09-14"), [stretch(last=CHANGE)], moment("2026-09-14"))
    later = stretch(MAX, LATER, anchor=LATER)
    heir = life(subscription(subscription_id="sub-2"), [stretch(PRO, CHANGE, LATER, CHANGE), later])
    assert in_rhythm([heir, old], rest)[1].stretches == [
        stretch(PRO, CHANGE, LATER, FIRST),
        later,
    ]
    assert in_rhythm([heir, old], Told())[1] == heir
    assert in_rhythm([heir], rest) == [heir]
    # Two that ended on that day: whose rhythm it would be, nobody can tell.
    twin = life(
        canceled("2026-09-14", subscription_id="sub-0"),
        [stretch(last=CHANGE, anchor=date(2026, 9, 1))],
        moment("2026-09-14"),
    )
    assert in_rhythm([heir, old, twin], rest)[2] == heir
    yearly = replace(old, row=canceled("2026-09-14", cycle="yearly"))
    assert heir in in_rhythm([heir, yearly], rest)


GONE = moment("2026-09-10")
NO_ROWS = DeploymentRows(())


@pytest.mark.parametrize(
    ("row", "deployment", "end"),
    [
        (subscription(), NO_ROWS, (None, "")),
        (subscription(status="odd"), NO_ROWS, (None, "status_unknown")),
        (subscription(canceled_at=GONE), NO_ROWS, (None, "")),
        (subscription(status="canceled", canceled_at=GONE), NO_ROWS, (GONE, "")),
        (subscription(status="canceled", period_end=GONE), NO_ROWS, (GONE, "")),
        (subscription(status="canceled"), NO_ROWS, (None, "end_unknown")),
        (subscription(), DeploymentRows((), is_deleted=True, deleted_at=GONE), (GONE, "")),
        (subscription(), DeploymentRows((), is_deleted=True), (None, "end_unknown")),
        (
            subscription(status="canceled", canceled_at=moment("2026-09-12")),
            DeploymentRows((), is_deleted=True, deleted_at=GONE),
            (GONE, ""),
        ),
        (
            subscription(status="canceled", canceled_at=GONE),
            DeploymentRows((), is_deleted=True, deleted_at=moment("2026-09-12")),
            (GONE, ""),
        ),
    ],
)
def test_an_end_is_the_first_of_what_the_rows_tell(row, deployment, end):
    assert end_of(row, deployment) == end


@pytest.mark.parametrize(
    ("changes", "plans", "fault"),
    [
        ({}, PLANS, ""),
        ({"customer": None}, PLANS, "subscriber_unknown"),
        ({"cycle": "weekly"}, PLANS, "cycle_unknown"),
        ({"plan_id": None}, PLANS, "plan_unknown"),
        ({"plan_id": "p-gone"}, PLANS, "plan_unknown"),
        ({}, {"p-basic": replace(BASIC, currency="")}, "currency_unknown"),
    ],
)
def test_what_keeps_a_subscription_from_a_price_is_named(changes, plans, fault):
    assert fault_of(subscription(**changes), NO_ROWS, plans) == fault
    unknown = DeploymentRows((), is_known=False)
    assert fault_of(subscription(**changes), unknown, plans) == "deployment_unknown"


def test_of_several_the_one_that_goes_on_pays_then_the_newest_then_the_last_id():
    rows = [stretch(), stretch(first=LATER)]
    one = life(subscription(), rows[:1])
    two = life(subscription(subscription_id="sub-2"), rows[:1])
    newer, ended = life(subscription(), rows[1:]), life(subscription(), rows[1:], GONE)
    assert sorted([newer, two, ended, one], key=turn) == [ended, one, two, newer]


def plan_of(quota, rate):
    return PlanRow("p", "P", "p", "CAD", {}, quota, rate)


@pytest.mark.parametrize(
    ("quota", "rate", "is_rated"),
    [("0", "0", True), ("1", "0.5", True), (None, "1", False), ("1", None, False),
     ("-1", "1", False), ("1", "-1", False)],
)  # fmt: skip
def test_a_quota_and_a_rate_of_nothing_are_terms_and_none_are_no_terms(quota, rate, is_rated):
    quota, rate = (None if each is None else Decimal(each) for each in (quota, rate))
    charge = charge_of(plan_of(quota, rate))
    assert charge == (RatedCharge("standard", rate, quota, 3600) if is_rated else None)


def test_the_terms_of_usage_are_written_as_odoos_ledger_has_them():
    assert charge_terms(STRETCHES[0], charge_of(BASIC)) == (
        '{"charge_model":"standard","included_quota":"360000","unit_batch":3600,'
        '"price_per_unit":"0.0075","rounding":"fractional","minimum_amount":"0","tiers":[],'
        '"plan_code":"basic","until":"2026-09-14"}'
    )
    ended = stretch(last=LATER)
    assert "until" not in charge_terms(ended, charge_of(BASIC))

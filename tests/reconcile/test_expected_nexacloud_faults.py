"""One thing that the terms cannot price costs itself and nothing that comes after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tasks.reconcile.expected.nexacloud import LeftOut, NexaCloudTerms
from tasks.reconcile.expected.nexacloud_rows import AddonRow, DeploymentRows, Told, UsageRow
from tests.reconcile.ledgers import TORONTO, moment
from tests.reconcile.nexacloud_terms import (
    AS_OF,
    BASIC,
    PLANS,
    PRO,
    SINCE,
    UNTIL,
    amounts,
    canceled,
    due,
    proration,
    subscription,
    used,
)

USAGE = "usage:cpu_seconds"
A_MOMENT = timedelta(microseconds=1)


def due_of(plans, *rows, told=(), billed=(), since=SINCE, until=UNTIL, as_of=AS_OF, **others):
    terms = NexaCloudTerms("nexacloud", plans, since=since, until=until, as_of=as_of, zone=TORONTO)
    return terms.due(DeploymentRows(rows, **others), Told(told, frozenset(billed)))


CHANGED = (
    proration("Unused time on Archive after 2026-07-14", "-1"),
    proration("Remaining time on Pro after 2026-07-14", "1"),
)


def test_months_of_a_plan_that_cannot_be_rated_cost_no_later_month():
    no_quota = PLANS | {"p-year": replace(PLANS["p-year"], quota=None, currency="CAD")}
    usage = [used("2026-05-06", 150), used("2026-06-06", 150), used("2026-09-06", 300)]
    found = due_of(no_quota, subscription(plan_id="p-pro", cycle="yearly"), told=CHANGED,
                   usage=usage)  # fmt: skip
    assert amounts(found, USAGE) == {"2026-09-05": "0.5"}
    assert LeftOut("sub-1", USAGE, "quota_missing") in found.left_out
    no_rate = PLANS | {"p-year": replace(PLANS["p-year"], rate=Decimal(-1), currency="CAD")}
    found = due_of(no_rate, subscription(plan_id="p-pro", cycle="yearly"), told=CHANGED,
                   usage=usage)  # fmt: skip
    assert amounts(found, USAGE) == {"2026-09-05": "0.5"}
    assert LeftOut("sub-1", USAGE, "rate_not_positive") in found.left_out


def test_months_of_a_plan_that_nobody_knows_cost_no_later_month_and_no_later_price():
    told = [proration("Remaining time on Pro after 2026-07-14", "1")]
    usage = [used("2026-05-06", 150), used("2026-06-06", 150), used("2026-09-06", 300)]
    found = due_of(PLANS, subscription(plan_id="p-pro"), told=told, usage=usage)
    assert amounts(found, USAGE) == {"2026-09-05": "0.5"}
    assert amounts(found) == {"2026-08-05": "90", "2026-09-05": "90", "2026-10-05": "90"}
    assert {LeftOut("sub-1", USAGE, "plan_before_unknown"),
            LeftOut("sub-1", "flat", "plan_before_unknown")} <= found.left_out  # fmt: skip


def test_a_negative_price_before_a_change_costs_no_later_price():
    less = PLANS | {"p-basic": replace(BASIC, prices={"monthly": Decimal("-0.01")})}
    told = (
        proration("Unused time on Basic 2 × vCPU after 2026-07-14", "-1"),
        proration("Remaining time on Pro after 2026-07-14", "1"),
    )
    found = due_of(less, subscription(plan_id="p-pro"), told=told)
    assert amounts(found) == {"2026-08-05": "90", "2026-09-05": "90", "2026-10-05": "90"}
    assert LeftOut("sub-1", "flat", "price_negative") in found.left_out
    free = PLANS | {"p-basic": replace(BASIC, prices={"monthly": Decimal(0)})}
    assert set(amounts(due_of(free, subscription())).values()) == {"0"}


GOOD = AddonRow("Backup", Decimal("9.90"))


@pytest.mark.parametrize(
    ("addon", "item", "reason"),
    [
        (AddonRow(None, Decimal(1)), "addon:", "addon_name_missing"),
        (AddonRow(" ", Decimal(1)), "addon:", "addon_name_missing"),
        (AddonRow("IP", None), "addon:IP", "addon_price_missing"),
        (AddonRow("IP", Decimal("-0.01")), "addon:IP", "addon_price_negative"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_an_addon_that_cannot_be_priced_costs_no_other(addon, item, reason, order):
    found = due(subscription(), addons=[addon, GOOD][::order])
    assert len(amounts(found, "addon:Backup")) == 6
    assert set(amounts(found, "addon:Backup").values()) == {"9.9"}
    assert {(each.item.strip(), each.reason) for each in found.left_out} == {(item, reason)}


def test_a_free_addon_is_due_at_nothing():
    found = due(subscription(), addons=[AddonRow("IP", Decimal(0))])
    assert set(amounts(found, "addon:IP").values()) == {"0"}


def test_after_the_end_an_addon_is_due_where_it_was_billed_and_in_no_other_period():
    key = ("sub-1", "addon:backup", moment("2026-07-05").date())
    found = due(canceled("2026-08-14"), addons=[AddonRow("IP", Decimal(1)), GOOD], billed=[key])
    assert amounts(found, "addon:Backup") == {"2026-07-05": "9.9"}
    assert {(each.item, each.reason) for each in found.left_out} == {
        ("addon:IP", "addon_after_the_end"),
        ("addon:Backup", "addon_after_the_end"),
    }


def test_usage_of_a_month_that_was_cut_short_is_left_out_by_name_unless_it_was_billed():
    ended = canceled("2026-08-14")
    usage = [used("2026-07-06", 300), used("2026-08-06", 300)]
    found = due(ended, usage=usage)
    assert amounts(found, USAGE) == {"2026-07-05": "1.5"}
    assert LeftOut("sub-1", USAGE, "usage_of_a_month_cut_short") in found.left_out
    billed = [("sub-1", USAGE, moment("2026-08-05").date())]
    assert amounts(due(ended, usage=usage, billed=billed), USAGE) == {
        "2026-07-05": "1.5",
        "2026-08-05": "1.5",
    }
    # What costs nothing is missed by nobody.
    free = due(ended, usage=[used("2026-08-06", 100)])
    assert (amounts(free, USAGE), free.left_out) == ({}, set())


def test_a_month_is_due_in_arrears_from_the_moment_that_it_is_over():
    usage = [used("2026-09-06", 300)]
    over = moment("2026-10-05")
    assert amounts(due(subscription(), usage=usage, as_of=over), USAGE) == {"2026-09-05": "1.5"}
    assert amounts(due(subscription(), usage=usage, as_of=over - A_MOMENT), USAGE) == {}


def test_a_record_is_of_the_month_in_which_it_begins():
    start = moment("2026-09-05")
    records = [UsageRow(each, Decimal(360_000)) for each in
               (start - A_MOMENT, start, moment("2026-10-05") - A_MOMENT)]  # fmt: skip
    found = due(subscription(), usage=records)
    # 100 hours are free: of 200 in September 100 are 0.75.
    assert amounts(found, USAGE) == {"2026-08-05": "0", "2026-09-05": "0.75"}


def test_a_record_before_the_first_day_or_after_the_end_is_of_no_subscription():
    ended = canceled("2026-08-14")
    end = ended.canceled_at
    first = moment("2026-05-05")
    records = [UsageRow(each, Decimal(3600)) for each in (first - A_MOMENT, end)]
    found = due(ended, usage=records)
    assert LeftOut("sub-1", USAGE, "usage_without_subscription") in found.left_out
    assert amounts(found, USAGE) == {}
    inside = [UsageRow(each, Decimal(3600)) for each in (first, end - A_MOMENT)]
    assert "usage_without_subscription" not in due(ended, usage=inside).unpriced
    # Before the time that is asked for it is missed by nobody.
    early = [UsageRow(SINCE - A_MOMENT, Decimal(3600))]
    assert due(ended, usage=early).left_out == set()
    assert due(usage=[UsageRow(SINCE, Decimal(1))]).left_out == {
        LeftOut("", USAGE, "usage_without_subscription")
    }


def test_a_record_of_two_that_both_go_on_is_nobodys_and_later_ones_are_still_rated():
    two = (subscription(), subscription("2026-08-05", subscription_id="sub-2"))
    usage = [used("2026-08-06", 150), used("2026-07-06", 300)]
    found = due(*two, usage=usage)
    assert amounts(found, USAGE) == {"2026-07-05": "1.5"}
    assert LeftOut("sub-2", USAGE, "subscription_live_twice") in found.left_out


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"started_at": None}, "start_missing"),
        ({"customer": None}, "subscriber_unknown"),
        ({"plan_id": "x"}, "plan_unknown"),
        ({"status": "odd"}, "status_unknown"),
        ({"status": "canceled"}, "end_unknown"),
    ],
)
@pytest.mark.parametrize("key", ["sub-0", "sub-2"])
def test_a_row_that_cannot_be_priced_costs_no_other_row(changes, reason, key):
    found = due(subscription(subscription_id=key, **changes), subscription())
    assert len(amounts(found)) == 6
    assert found.left_out == {LeftOut(key, "", reason)}


@pytest.mark.parametrize(("ended_at", "is_told"), [(SINCE, False), (SINCE + A_MOMENT, True)])
def test_what_ended_before_the_time_that_is_asked_for_is_missed_by_nobody(ended_at, is_told):
    row = subscription("2026-01-05", status="canceled", canceled_at=ended_at, plan_id="x")
    assert bool(due(row).left_out) is is_told


@pytest.mark.parametrize(
    ("since", "until", "as_of", "days"),
    [
        ("2026-09-05", "2026-10-05", AS_OF, ["2026-09-05"]),
        ("2026-09-06", "2026-10-06", AS_OF, ["2026-10-05"]),
        ("2026-09-05", "2026-11-06", moment("2026-10-05"), ["2026-09-05"]),
        ("2026-09-05", "2026-11-06", moment("2026-10-06"), ["2026-09-05", "2026-10-05"]),
    ],
)
def test_a_price_is_due_in_the_time_that_is_asked_for_and_has_come(since, until, as_of, days):
    found = due(subscription(), since=moment(since), until=moment(until), as_of=as_of)
    assert list(amounts(found)) == days


def test_a_subscription_begins_before_the_end_of_the_time_that_is_asked_for():
    assert amounts(due(subscription("2026-09-05"), until=moment("2026-09-05"))) == {}
    assert amounts(due(subscription("2026-09-05"), until=moment("2026-09-06"))) != {}


@pytest.mark.parametrize(
    ("start", "is_due"), [("2026-09-04", False), ("2026-09-05", True), ("2026-10-05", False)]
)
def test_a_settlement_is_due_in_the_time_that_is_asked_for(start, is_due):
    line = proration("Remaining time on Pro after 2026-09-14", "45", start=start)
    found = due(
        subscription(plan_id="p-pro"),
        since=moment("2026-09-05"),
        until=moment("2026-10-05"),
        told=[line],
    )
    assert any(each.item == line.item for each in found.lines) is is_due


def test_an_end_with_its_period_is_the_mornings_unless_the_next_period_was_billed():
    row = canceled("2026-08-05", period_end=moment("2026-08-05"))
    assert list(amounts(due(row))) == ["2026-05-05", "2026-06-05", "2026-07-05"]
    billed = [("sub-1", "flat", moment("2026-08-05").date())]
    assert list(amounts(due(row, billed=billed)))[-1] == "2026-08-05"
    other = canceled("2026-08-05", period_end=moment("2026-08-06"))
    assert list(amounts(due(other)))[-1] == "2026-08-05"


def test_a_line_has_all_that_the_terms_say():
    found = due(subscription(), usage=[used("2026-09-06", 300)], since=moment("2026-09-01"),
                until=moment("2026-10-01"))  # fmt: skip
    period = (moment("2026-09-05"), moment("2026-10-05"))
    flat, usage = found.lines
    assert tuple(flat)[:-1] == (
        "nexacloud", "anna", "sub-1", "flat", *period, "1", "30", "CAD", None, "sub-1", "terms",
    )  # fmt: skip
    assert tuple(usage)[:-1] == (
        "nexacloud", "anna", "sub-1", USAGE, *period, "1080000", "1.5", "CAD", None, "sub-1",
        "terms",
    )  # fmt: skip


def test_terms_of_another_time_are_the_same_but_for_the_time():
    terms = NexaCloudTerms("s", PLANS, since=SINCE, until=UNTIL, as_of=moment("2026-10-06"),
                           zone=TORONTO)  # fmt: skip
    later = replace(terms, since=moment("2026-09-05"), until=moment("2027-01-01"))
    found = later.due(DeploymentRows((subscription(plan_id=PRO.plan_id),)))
    days = [str(each.period_start.astimezone(TORONTO).date()) for each in found.lines]
    assert days == ["2026-09-05", "2026-10-05"]
    assert {(each.service, each.amount) for each in found.lines} == {("s", "90")}

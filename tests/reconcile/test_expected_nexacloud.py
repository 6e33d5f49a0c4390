"""What NexaCloud's terms say is due: nothing twice, nothing for nothing, nothing after the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tasks.model.ledger import LedgerLine
from tasks.reconcile.expected.nexacloud_rows import (
    AddonRow,
)
from tests.reconcile.ledgers import moment
from tests.reconcile.nexacloud_terms import (
    BASIC,
    PLANS,
    amounts,
    canceled,
    due,
    proration,
    subscription,
    used,
)


def test_each_cycle_that_begins_is_due_once_in_the_plans_currency():
    found = due(subscription(plan_id="p-year", cycle="yearly", started="2025-06-30"))
    assert amounts(found) == {"2026-06-30": "365"}
    assert {each.currency for each in found.lines} == {"USD"}


def test_a_price_of_nothing_is_a_price_and_no_price_is_none():
    assert set(amounts(due(subscription(plan_id="p-free"))).values()) == {"0"}
    found = due(subscription(plan_id="p-quote"))
    assert not found.lines
    assert found.unpriced == {"price_missing_for_cycle": 1}


def test_a_plan_that_is_sold_for_another_cycle_alone_has_no_price():
    found = due(subscription(plan_id="p-year"), usage=[used("2026-06-10", 500)])
    assert not found.lines
    assert found.left_out == {
        ("sub-1", item, "price_missing_for_cycle") for item in ("flat", "usage:cpu_seconds")
    }


def test_start_on_the_last_day_bills_on_the_last_day_of_short_months():
    found = due(subscription("2026-01-31"), since=moment("2026-02-01"), until=moment("2026-04-30"))
    assert list(amounts(found)) == ["2026-02-28", "2026-03-31"]


def test_start_late_in_the_evening_is_of_that_day_in_the_companys_zone():
    late = subscription(started_at=datetime(2026, 5, 6, 2, tzinfo=UTC))
    assert next(iter(amounts(due(late)))) == "2026-05-05"


@pytest.mark.parametrize(("rate", "amount"), [("0.0075", "0.075"), ("0.005", "0.05")])
def test_usage_beyond_the_quota_is_due_when_its_month_is_over(monkeypatch, rate, amount):
    monkeypatch.setitem(PLANS, "p-basic", replace(BASIC, rate=Decimal(rate)))
    # A record belongs whole to the month in which it begins, wherever it ends.
    records = [used("2026-06-06", 60), used("2026-07-04", 50), used("2026-10-06", 900)]
    assert amounts(due(subscription(), usage=records), "usage:cpu_seconds") == {
        "2026-06-05": amount
    }


def test_usage_of_a_yearly_subscription_is_due_by_the_month():
    yearly = subscription("2025-12-05", plan_id="p-pro", cycle="yearly")
    found = due(yearly, usage=[used("2026-06-06", 300), used("2026-07-06", 400)])
    assert amounts(found, "usage:cpu_seconds") == {"2026-06-05": "0.5", "2026-07-05": "1"}


def test_an_addon_is_due_with_each_cycle_for_all_of_its_months():
    addons = [AddonRow("  Daily  backup ", Decimal("2.50"))]
    yearly = subscription("2025-06-05", plan_id="p-pro", cycle="yearly")
    assert amounts(due(yearly, addons=addons), "addon:Daily backup") == {"2026-06-05": "30"}


@pytest.mark.parametrize(
    ("addon", "reason"),
    [
        (AddonRow("Backup", None), "addon_price_missing"),
        (AddonRow(" ", Decimal(3)), "addon_name_missing"),
        (AddonRow("Backup", Decimal(-3)), "addon_price_negative"),
    ],
)
def test_an_addon_that_cannot_be_priced_costs_itself_alone(addon, reason):
    found = due(subscription(), addons=[addon, AddonRow("Static IP", Decimal(4))])
    assert {each.item for each in found.lines} == {"flat", "addon:Static IP"}
    assert found.unpriced == {reason: 1}


def test_several_deployments_of_a_customer_are_priced_each_on_its_own():
    one = due(subscription(), usage=[used("2026-06-06", 90)])
    two = due(subscription(subscription_id="sub-2"), usage=[used("2026-06-06", 90)])
    assert (
        amounts(one, "usage:cpu_seconds")
        == amounts(two, "usage:cpu_seconds")
        == {"2026-06-05": "0"}
    )


# The end


def test_an_ended_subscription_is_due_until_its_end_without_a_word_on_what_is_unused():
    found = due(canceled("2026-07-20"), usage=[used("2026-06-20", 300), used("2026-07-06", 300)])
    assert list(amounts(found)) == ["2026-05-05", "2026-06-05", "2026-07-05"]
    assert list(amounts(found, "usage:cpu_seconds")) == ["2026-06-05"]
    assert found.unpriced == {"usage_of_a_month_cut_short": 1}


def test_last_usage_and_addons_of_an_ended_subscription_are_priced_where_they_were_billed():
    day = date(2026, 7, 5)
    found = due(
        canceled("2026-07-20"),
        usage=[used("2026-07-06", 300)],
        addons=[AddonRow("Backup", Decimal(3))],
        billed=[("sub-1", "usage:cpu_seconds", day), ("sub-1", "addon:backup", day)],
    )
    assert amounts(found, "usage:cpu_seconds") == {"2026-07-05": "1.5"}
    assert amounts(found, "addon:Backup") == {"2026-07-05": "3"}


def test_what_an_early_end_gives_back_is_priced_by_the_days_that_were_left():
    credit = proration("Unused time on Basic 2 × vCPU after 2026-07-20", "-99", "2026-07-20")
    found = due(canceled("2026-07-20"), told=[credit])
    # 16 of the 31 days from 5 July on.
    assert amounts(found, credit.item) == {"2026-07-20": "-15.483871"}


def test_an_end_on_a_periods_first_moment_begins_no_other():
    ended = canceled("2026-07-05", canceled_at=moment("2026-07-05"))
    found = due(ended, usage=[used("2026-06-20", 300)])
    assert list(amounts(found)) == ["2026-05-05", "2026-06-05"]
    assert list(amounts(found, "usage:cpu_seconds")) == ["2026-06-05"]


def test_an_end_with_its_period_at_its_time_of_day_begins_no_other():
    # Periods are days here; the source ends them at the hour at which it began them.
    at = moment("2026-07-05") + timedelta(hours=14)
    ended = canceled("2026-07-05", canceled_at=at, period_end=at)
    assert list(amounts(due(ended))) == ["2026-05-05", "2026-06-05"]
    # Who was billed for another period owes it, and who left on its first day.
    billed = [("sub-1", "flat", date(2026, 7, 5))]
    assert list(amounts(due(ended, billed=billed)))[-1] == "2026-07-05"
    later = canceled("2026-07-05", canceled_at=at, period_end=at + timedelta(days=31))
    assert list(amounts(due(later))) == ["2026-05-05", "2026-06-05", "2026-07-05"]


def test_a_live_subscription_that_will_be_canceled_goes_on():
    leaving = subscription(canceled_at=moment("2026-07-20"))
    assert list(amounts(due(leaving)))[-1] == "2026-10-05"


def test_nothing_is_due_once_the_deployment_is_gone_whatever_the_subscription_says():
    found = due(subscription(), is_deleted=True, deleted_at=moment("2026-07-20"))
    assert list(amounts(found))[-1] == "2026-07-05"


def test_an_end_without_a_date_is_that_of_the_period_that_the_row_names():
    found = due(subscription(status="expired", period_end=moment("2026-07-05")))
    assert list(amounts(found)) == ["2026-05-05", "2026-06-05"]
    assert due(subscription(status="expired")).unpriced == {"end_unknown": 1}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "on_hold"}, "status_unknown"),
        ({"cycle": "weekly"}, "cycle_unknown"),
        ({"plan_id": "gone"}, "plan_unknown"),
        ({"plan_id": None}, "plan_unknown"),
        ({"customer": None}, "subscriber_unknown"),
        ({"started_at": None}, "start_missing"),
    ],
)
def test_an_odd_row_is_left_out_by_name_and_costs_no_other(changes, reason):
    odd = subscription(subscription_id="odd", **changes)
    found = due(odd, subscription())
    assert found.lines == due(subscription()).lines
    assert found.unpriced == {reason: 1}


def test_a_subscription_of_a_deployment_that_is_not_there_is_left_out_by_name():
    found = due(subscription(), is_known=False)
    assert (found.lines, found.unpriced) == ([], {"deployment_unknown": 1})


def test_usage_is_the_new_subscriptions_while_the_old_one_runs_out():
    new = subscription("2026-08-14", subscription_id="sub-2", plan_id="p-pro")
    found = due(canceled("2026-09-05"), new, usage=[used("2026-08-20", 500)])
    metered = [each.subscription for each in found.lines if each.item == "usage:cpu_seconds"]
    assert metered == ["sub-2"]
    assert not found.unpriced


def test_usage_that_two_subscriptions_claim_is_nobodys():
    twin = subscription("2026-05-20", subscription_id="sub-2")
    found = due(subscription(), twin, usage=[used("2026-06-06", 300)])
    assert not amounts(found, "usage:cpu_seconds")
    assert found.unpriced == {"subscription_live_twice": 1}


def test_lines_are_of_the_ledger():
    (first, *_) = due(subscription()).lines
    assert isinstance(first, LedgerLine)
    assert (first.service, first.customer, first.units) == ("nexacloud", "anna", "1")

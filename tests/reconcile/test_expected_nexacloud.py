"""What NexaCloud's terms say is due: nothing twice, nothing for nothing, nothing after the end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.ledger import LedgerLine
from tasks.model.rating import rate
from tasks.reconcile.causes.terms import FlatTerms, flat_terms, usage_terms
from tasks.reconcile.expected.nexacloud import NexaCloudTerms
from tasks.reconcile.expected.nexacloud_rows import (
    AddonRow,
    DeploymentRows,
    PlanRow,
    SubscriptionRow,
    Told,
    UsageRow,
)
from tests.reconcile.ledgers import TORONTO, line, moment

HOUR = 3600
AS_OF = moment("2026-11-01")
SEP = moment("2026-09-01")
SINCE, UNTIL = moment("2026-05-01"), moment("2026-11-01")
QUOTA = Decimal(100 * HOUR)
BASIC = PlanRow(
    "p-basic", "Basic 2 × vCPU", "basic", "CAD", {"monthly": Decimal(30)}, QUOTA, Decimal("0.0075")
)
PRO = PlanRow(
    "p-pro",
    "Pro",
    "pro",
    "CAD",
    {"monthly": Decimal(90), "yearly": Decimal(900)},
    2 * QUOTA,
    Decimal("0.005"),
)
MAX = PlanRow(
    "p-max", "Pro Max", "max", "CAD", {"monthly": Decimal(150)}, 4 * QUOTA, Decimal("0.004")
)
YEAR = PlanRow(
    "p-year", "Archive", "archive", "USD", {"yearly": Decimal(365)}, QUOTA, Decimal("0.0075")
)
QUOTE = PlanRow("p-quote", "On quote", "quote", "CAD", {}, QUOTA, Decimal("0.0075"))
FREE = PlanRow(
    "p-free", "Free", "free", "CAD", {"monthly": Decimal("0.00")}, QUOTA, Decimal("0.01")
)
PLANS = {plan.plan_id: plan for plan in (BASIC, PRO, MAX, YEAR, QUOTE, FREE)}


def subscription(started="2026-05-05", **changes):
    values = {
        "subscription_id": "sub-1",
        "customer": "anna",
        "plan_id": "p-basic",
        "status": "active",
        "cycle": "monthly",
        "started_at": moment(started) + timedelta(hours=14),
        "period_end": None,
        "canceled_at": None,
    }
    return SubscriptionRow(**(values | changes))


def canceled(day, **changes):
    at = moment(day) + timedelta(hours=15)
    return subscription(**({"status": "canceled", "canceled_at": at} | changes))


def used(day, hours):
    return UsageRow(moment(day), Decimal(hours) * HOUR)


def due(*subscriptions, since=SINCE, until=UNTIL, as_of=AS_OF, told=(), billed=(), **rows):
    terms = NexaCloudTerms("nexacloud", PLANS, since=since, until=until, as_of=as_of, zone=TORONTO)
    found = terms.due(DeploymentRows(subscriptions, **rows), Told(told, frozenset(billed)))
    found.lines.sort(key=lambda each: (each.subscription, each.item, each.period_start))
    return found


def amounts(found, item="flat"):
    """Amount by first day, of one item."""
    return {
        str(each.period_start.astimezone(TORONTO).date()): each.amount
        for each in found.lines
        if each.item == item
    }


def proration(text, amount, start="2026-09-14", **changes):
    begins, ends = moment(start), moment("2026-10-05")
    return line(amount, f"proration:{text}", period_start=begins, period_end=ends, **changes)


# What is due


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


# Changes of plan


def test_a_change_by_a_new_subscription_is_due_from_both():
    old = canceled("2026-08-14")
    new = subscription("2026-08-14", subscription_id="sub-2", plan_id="p-pro")
    found = due(old, new, usage=[used("2026-08-06", 150), used("2026-08-15", 500)])
    of = {(each.subscription, each.item, each.amount) for each in found.lines}
    assert ("sub-2", "usage:cpu_seconds", "1.5") in of
    flats = [(each.subscription, each.amount) for each in found.lines if each.item == "flat"]
    assert flats == [("sub-1", "30")] * 4 + [("sub-2", "90")] * 3


def test_a_new_subscription_that_was_charged_the_rest_keeps_the_old_ones_rhythm():
    new = subscription("2026-08-14", subscription_id="sub-2", plan_id="p-pro")
    texts = ("Unused time on Basic 2 × vCPU", "Remaining time on Pro")
    told = [
        proration(f"{text} after 2026-08-14", amount, "2026-08-14", subscription="sub-2")
        for text, amount in zip(texts, ("-1", "1"), strict=True)
    ]
    found = due(canceled("2026-08-14"), new, told=told, usage=[used("2026-08-15", 300)])
    own = [each for each in found.lines if each.subscription == "sub-2"]
    of = [(each.item.partition(":")[0], str(each.period_start.date()), each.amount) for each in own]
    assert of == [
        ("flat", "2026-09-05", "90"),
        ("flat", "2026-10-05", "90"),
        # 22 of the 31 days from 5 August on.
        ("proration", "2026-08-14", "63.870968"),
        ("proration", "2026-08-14", "-21.290323"),
        ("usage", "2026-08-14", "0.5"),
    ]


def in_place(*texts_and_amounts, **rows):
    told = [proration(text, amount) for text, amount in texts_and_amounts]
    return due(subscription(plan_id="p-pro"), told=told, **rows)


def test_before_a_change_in_place_the_old_plan_is_due():
    found = in_place(
        ("Unused time on Basic 2 × vCPU after 2026-09-14", "-21.00"),
        ("Remaining time on Pro after 2026-09-14", "63.00"),
    )
    assert amounts(found) == {
        "2026-05-05": "30", "2026-06-05": "30", "2026-07-05": "30", "2026-08-05": "30",
        "2026-09-05": "30", "2026-10-05": "90",
    }  # fmt: skip
    settled = [each.amount for each in found.lines if each.item.startswith("proration:")]
    assert sorted(settled) == ["-21.00", "63.00"]


def test_a_line_tells_the_terms_that_it_was_priced_by_and_until_when_they_held():
    found = in_place(
        ("Unused time on Basic 2 × vCPU after 2026-09-14", "-21"),
        ("Remaining time on Pro after 2026-09-14", "63"),
        usage=[used("2026-09-06", 300)],
    )
    old, new = (each for each in found.lines if each.item == "flat" and each.period_start >= SEP)
    assert flat_terms(old.terms) == FlatTerms(Decimal(30), "monthly", "basic")
    assert flat_terms(new.terms) == FlatTerms(Decimal(90), "monthly", "pro")
    assert json.loads(old.terms)["until"] == "2026-09-14"
    assert "until" not in json.loads(new.terms)
    (metered,) = (each for each in found.lines if each.item == "usage:cpu_seconds")
    terms = usage_terms(metered.terms)
    assert (terms.plan_code, str(rate(terms.charge, Decimal(metered.units)).amount)) == (
        "pro", "0.500000"
    )  # fmt: skip


def test_two_changes_in_one_period_are_both_priced():
    found = due(
        subscription(plan_id="p-max"),
        told=[
            proration("Unused time on Basic 2 × vCPU after 2026-09-14", "-1"),
            proration("Remaining time on Pro after 2026-09-14", "1"),
            proration("Unused time on Pro after 2026-09-20", "-1"),
            proration("Remaining time on Pro Max after 2026-09-20", "1"),
        ],
    )
    settled = {
        each.item.partition(":")[2]: each.amount for each in found.lines if "time" in each.item
    }
    assert settled == {
        "Unused time on Basic 2 × vCPU after 2026-09-14": "-21",
        "Remaining time on Pro after 2026-09-14": "63",
        "Unused time on Pro after 2026-09-20": "-45",
        "Remaining time on Pro Max after 2026-09-20": "75",
    }
    assert amounts(found)["2026-09-05"] == "30"
    assert amounts(found)["2026-10-05"] == "150"


@pytest.mark.parametrize(
    "text",
    [
        "Unused time on Basic 2 × vCPU after 14 Sep 2026",
        "Unused time on 1 × Basic 2 x vCPU (at $30.00 / month) after September 14, 2026",
        "UNUSED DAYS ON basic from 2026-09-14",
        "Temps inutilisé sur Basic 2 × vCPU après le 2026-09-14",
        "Prorated credit for Basic 2 × vCPU, 2026-09-14 to 2026-10-05",
    ],
)
def test_a_proration_is_read_however_it_is_worded(text):
    found = in_place((text, "-19.00"))
    assert [each.amount for each in found.lines if each.item.startswith("proration:")] == ["-21"]


def test_a_proration_by_the_hour_within_the_day_is_what_the_terms_say():
    found = in_place(("Unused time on Basic 2 × vCPU after 2026-09-14", "-20.37"))
    assert "-20.37" in {each.amount for each in found.lines}


def test_a_proration_of_nothing_that_is_known_is_left_out_by_name():
    found = in_place(("Remaining time on next plan after 2026-09-14", "12"))
    assert not [each for each in found.lines if each.item.startswith("proration:")]
    assert found.unpriced == {"proration_unreadable": 1}


def test_the_price_before_a_change_from_nobody_knows_what_is_left_out_by_name():
    found = in_place(("Remaining time on Pro after 2026-09-14", "63"))
    assert amounts(found) == {"2026-10-05": "90"}
    assert found.unpriced == {"plan_before_unknown": 1}


def test_a_change_on_the_day_of_a_bill_settles_what_that_bill_charged():
    found = in_place(
        ("Unused time on Basic 2 × vCPU after 2026-09-05", "-30"),
        ("Remaining time on Pro after 2026-09-05", "90"),
    )
    assert amounts(found)["2026-09-05"] == "30"


# Properties

DAYS = st.dates(date(2025, 1, 1), date(2026, 10, 31))
IDS = st.sampled_from(sorted(PLANS))
#: Moments without a zone: the strategy adds it.
YEAR_OF_USE = tuple(datetime.fromisoformat(day) for day in ("2026-01-01", "2026-10-30"))


@st.composite
def subscriptions(draw, number=0):
    started = draw(DAYS)
    has_ended = draw(st.booleans())
    length = timedelta(days=draw(st.integers(0, 500)), hours=draw(st.integers(0, 23)))
    begins = datetime(started.year, started.month, started.day, 12, tzinfo=UTC)
    return SubscriptionRow(
        subscription_id=f"sub-{number}",
        customer="anna",
        plan_id=draw(IDS),
        status="canceled" if has_ended else draw(st.sampled_from(("active", "past_due", "odd"))),
        cycle=draw(st.sampled_from(("monthly", "yearly"))),
        started_at=begins,
        period_end=None,
        canceled_at=begins + length if has_ended else None,
    )


@st.composite
def deployments(draw):
    count = draw(st.integers(1, 3))
    subs = [draw(subscriptions(number)) for number in range(count)]
    usage = draw(
        st.lists(
            st.builds(
                UsageRow,
                st.datetimes(*YEAR_OF_USE, timezones=st.just(UTC)),
                st.decimals(0, 900_000, places=2),
            ),
            max_size=8,
        )
    )
    addons = draw(
        st.lists(
            st.builds(
                AddonRow,
                st.sampled_from(("Backup", "Static IP", "", None)),
                st.none() | st.decimals(-1, 50, places=2),
            ),
            max_size=3,
        )
    )
    deleted = draw(st.none() | DAYS)
    return DeploymentRows(
        subs, addons, usage, deleted is not None, deleted and moment(deleted.isoformat())
    )


def of(deployment, since=SINCE, until=UNTIL):
    terms = NexaCloudTerms("nexacloud", PLANS, since=since, until=until, as_of=AS_OF, zone=TORONTO)
    return terms.due(deployment)


@given(deployments(), st.randoms())
def test_order_of_rows_changes_nothing(deployment, random):
    shuffled = replace(
        deployment,
        **{
            name: random.sample(list(rows), len(rows))
            for name in ("subscriptions", "addons", "usage")
            if (rows := getattr(deployment, name))
        },
    )
    first, second = of(deployment), of(shuffled)
    assert sorted(first.lines, key=repr) == sorted(second.lines, key=repr)
    assert first.unpriced == second.unpriced


@given(deployments(), st.dates(date(2026, 5, 2), date(2026, 10, 30)))
def test_windows_that_tile_the_time_name_each_line_once(deployment, day):
    middle = moment(day.isoformat())
    parts = of(deployment, until=middle).lines + of(deployment, since=middle).lines
    assert sorted(parts, key=repr) == sorted(of(deployment).lines, key=repr)


@given(deployments())
def test_an_ended_subscription_has_no_line_that_begins_after_its_end(deployment):
    ends = {row.subscription_id: row.canceled_at for row in deployment.subscriptions}
    for each in of(deployment).lines:
        end = ends[each.subscription]
        assert end is None or each.period_start < end
        assert deployment.deleted_at is None or each.period_start < deployment.deleted_at


@given(deployments())
def test_no_price_is_never_a_price_of_nothing(deployment):
    rows = {row.subscription_id: row for row in deployment.subscriptions}
    for each in of(deployment).lines:
        row = rows[each.subscription]
        price = PLANS[row.plan_id].prices.get(row.cycle)
        assert price is not None
        if each.item == "flat":
            assert Decimal(each.amount) == price
        assert each.origin == "terms"


@given(deployments())
def test_no_line_is_there_twice(deployment):
    of_addons = [each for each in of(deployment).lines if not each.item.startswith("addon:")]
    names = [(each.subscription, each.item, each.period_start) for each in of_addons]
    assert len(names) == len(set(names))


@given(st.dates(date(2026, 9, 6), date(2026, 10, 4)), st.decimals(1, 5000, places=2))
def test_parts_of_a_price_that_a_change_makes_add_up_to_the_whole(day, price):
    plan = replace(BASIC, prices={"monthly": price})
    terms = NexaCloudTerms(
        "nexacloud", {"p-basic": plan}, since=SINCE, until=UNTIL, as_of=AS_OF, zone=TORONTO
    )
    texts = ("Unused time on {} after {}", "Remaining time on {} after {}")
    told = [
        proration(text.format(plan.name, day), amount)
        for text, amount in zip(texts, ("-999999", "999999"), strict=True)
    ]
    found = terms.due(DeploymentRows([subscription()]), Told(told))
    back, charged = (
        Decimal(each.amount)
        for each in sorted(found.lines, key=lambda each: Decimal(each.amount))
        if each.item.startswith("proration:")
    )
    # To the same plan nothing is settled; with the days before, it is the whole price.
    assert back + charged == 0
    days = (date(2026, 10, 5) - date(2026, 9, 5)).days
    before = price * (day - date(2026, 9, 5)).days / days
    assert abs(before - back - price) <= Decimal("0.000001")


def test_lines_are_of_the_ledger():
    (first, *_) = due(subscription()).lines
    assert isinstance(first, LedgerLine)
    assert (first.service, first.customer, first.units) == ("nexacloud", "anna", "1")

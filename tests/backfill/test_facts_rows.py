"""What is told to the rules of each row, whole: a fact that is wrong keeps good rows out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tasks.backfill.facts.deployments import deployment_facts, subscription_facts
from tasks.backfill.facts.moments import moment_facts
from tasks.backfill.facts.plans import decimal_places, plan_facts
from tasks.backfill.facts.users import user_facts
from tasks.check.suites import load_suite
from tasks.model.source import Source

NOW = datetime(2026, 11, 20, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)


def user(key="u1", **changes):
    return {
        "id": key, "email": f"{key}@x.ca", "full_name": None, "company_name": None,
        "stripe_customer_id": None, "country_code": None,
    } | changes  # fmt: skip


def plan(key="p1", **changes):
    return {
        "id": key, "code": key, "currency": "CAD", "price_monthly": Decimal(49),
        "price_yearly": None, "cpu_seconds_quota": Decimal(3600), "cpu_rate_per_core_hour": None,
    } | changes  # fmt: skip


def deployment(key="d1", **changes):
    return {
        "id": key, "user_id": "u1", "status": "running", "deleted_at": None,
    } | changes  # fmt: skip


def subscription(key="s1", **changes):
    return {
        "id": key, "user_id": "u1", "plan_id": "p1", "deployment_id": "d1", "status": "active",
        "billing_cycle": "monthly", "started_at": NOW, "current_period_start": NOW,
        "current_period_end": NOW + A_MOMENT, "canceled_at": None,
    } | changes  # fmt: skip


def addon(key="a1", **changes):
    return {
        "id": key, "deployment_id": "d1", "name": "Backup", "price_monthly": Decimal("9.90"),
    } | changes  # fmt: skip


def source(**tables):
    whole = {
        "users": (user(),), "plans": (plan(),), "deployments": (deployment(),),
        "subscriptions": (subscription(),), "deployment_addons": (),
    }  # fmt: skip
    return Source(**(whole | {name: tuple(rows) for name, rows in tables.items()}))


NO_MOMENTS = {"unreadable": None, "far_moments": None}


def test_far_moments_are_named_with_their_day_from_the_year_2100_on():
    last = datetime(2099, 12, 31, 23, 59, tzinfo=UTC)
    row = {"id": "x", "unreadable": "x is y", "a": last, "b": last + timedelta(minutes=1), "c": NOW}
    row["d"] = datetime(9999, 1, 1, tzinfo=UTC)
    told = {"unreadable": "x is y", "far_moments": "b is 2100-01-01, d is 9999-01-01"}
    assert moment_facts(row) == told
    assert moment_facts({"a": last}) == NO_MOMENTS


def test_customers_who_share_an_address_or_a_stripe_id_are_counted():
    users = [
        user("u1", email=" A@x.ca ", stripe_customer_id="cus_1", full_name=" ", country_code=" "),
        user("u2", email="a@X.ca", stripe_customer_id="cus_1", company_name="Inc."),
        user("u3", stripe_customer_id="cus_1", full_name="Ann", company_name="Inc."),
        user("u4", email=None, stripe_customer_id="cus_2", country_code=" ca "),
        user("u5", email="no address", stripe_customer_id="odd"),
    ]
    found = list(user_facts(source(users=users), load_suite("users")))
    names = (
        "users_with_this_email", "customers_with_this_stripe_id", "payer_has_stripe_id", "country",
        "name",
    )  # fmt: skip
    assert [tuple(each[name] for name in names) for each in found] == [
        (None, 2, True, None, None),
        (1, 2, None, None, "Inc."),
        (1, 2, None, None, "Ann"),
        (None, 1, None, "ca", None),
        (None, None, None, None, None),
    ]
    assert [each["email_text"] for each in found][3:] == ["", "no address"]


def test_who_pays_is_known_by_their_live_subscription():
    [found] = user_facts(source(), load_suite("users"))
    assert found["payer_has_stripe_id"] is False
    over = subscription(status="canceled", canceled_at=NOW)
    [found] = user_facts(source(subscriptions=[over]), load_suite("users"))
    assert found["payer_has_stripe_id"] is None


@pytest.mark.parametrize(
    ("number", "places"),
    [
        ("0", 0), ("0.000", 0), ("100", 0), ("1E+3", 0), ("0.10", 1), ("0.0075000", 4),
        ("1.00000000000000000000000000001", 29), ("NaN", None), ("Infinity", None), (None, None),
    ],
)  # fmt: skip
def test_decimals_are_those_that_carry_value_however_many(number, places):
    assert decimal_places(None if number is None else Decimal(number)) == places


PLAIN_PLAN = {
    **NO_MOMENTS, "quota_decimals": 0, "quota_is_whole_core_hours": True, "quotas_in_family": None,
    "rate_to_bill": None, "rate_decimals": None, "rate_micro": None, "cycles_sold": 1,
    "lowest_price": Decimal(49), "price_decimals": 0, "code": "p1", "currency_is_a_code": True,
    "key_is_usable": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, {}),
        ({"code": " p1 "}, {}),
        ({"code": " "}, {"code": None}),
        ({"currency": " cad "}, {}),
        ({"currency": "CA"}, {"currency_is_a_code": False}),
        ({"currency": "CADD"}, {"currency_is_a_code": False}),
        ({"currency": None}, {"currency_is_a_code": False}),
        ({"cpu_seconds_quota": Decimal(3601)}, {"quota_is_whole_core_hours": False}),
        (
            {"cpu_seconds_quota": Decimal("0.5")},
            {"quota_is_whole_core_hours": False, "quota_decimals": 1},
        ),
        (
            {"cpu_seconds_quota": None},
            {"quota_is_whole_core_hours": None, "quota_decimals": None},
        ),
        (
            {"cpu_rate_per_core_hour": Decimal("0.007500")},
            {"rate_to_bill": Decimal("0.0075"), "rate_decimals": 4, "rate_micro": 7500},
        ),
        (
            {"cpu_rate_per_core_hour": Decimal("0.000001")},
            {"rate_to_bill": Decimal("0.000001"), "rate_decimals": 6, "rate_micro": 1},
        ),
        (
            {"cpu_rate_per_core_hour": Decimal("0.0000001")},
            {"rate_to_bill": Decimal("1E-7"), "rate_decimals": 7},
        ),
        ({"cpu_rate_per_core_hour": Decimal("NaN")}, {"rate_to_bill": Decimal(0)}),
        (
            {"price_yearly": Decimal("9.999")},
            {"cycles_sold": 2, "lowest_price": Decimal("9.999"), "price_decimals": 3},
        ),
        (
            {"price_monthly": None},
            {"cycles_sold": 0, "lowest_price": None, "price_decimals": None},
        ),
        (
            {"price_yearly": Decimal("NaN")},
            {"cycles_sold": 2, "lowest_price": Decimal("-Infinity")},
        ),
    ],
)
def test_a_plan_is_told_with_exact_numbers(changes, facts):
    [found] = plan_facts([plan(**changes)], load_suite("plans"))
    assert found == PLAIN_PLAN | facts


def test_quotas_of_one_family_are_counted_but_for_those_that_are_faulty_themselves():
    quotas = [
        ("pro-monthly", "3600"), ("pro-yearly", "43200"), ("pro-yearly", "3600"), ("pro", "7200"),
        ("pro-monthly", "-1"), ("pro-monthly", "0.5"), ("pro-monthly", None),
        ("solo-monthly", "3600"), (None, "1"),
    ]  # fmt: skip
    plans = [
        plan(f"p{at}", code=code, cpu_seconds_quota=None if quota is None else Decimal(quota))
        for at, (code, quota) in enumerate(quotas)
    ]
    found = [each["quotas_in_family"] for each in plan_facts(plans, load_suite("plans"))]
    assert found == [2, 2, 2, None, None, None, None, 1, None]


def test_a_deployment_is_told_with_its_live_subscriptions_and_a_deleted_one_with_nothing():
    rows = [
        deployment("d1"),
        deployment("d2", user_id="u9", status=None, deleted_at=NOW + A_MOMENT),
        deployment("d3", deleted_at=NOW, status="deleted"),
    ]
    live = [
        subscription("s2"), subscription("s1"), subscription("s3", status="canceled"),
        subscription("s4", deployment_id="d2", status="odd"),
    ]  # fmt: skip
    found = list(deployment_facts(source(deployments=rows, subscriptions=live), NOW))
    assert found[0] == {
        **NO_MOMENTS, "status_word": "running", "owner_is_known": True, "key_is_usable": True,
        "live_subscriptions": 2, "live_subscription_ids": "s1, s2", "deletion_has_come": None,
    }  # fmt: skip
    assert found[2] == dict.fromkeys(found[0]) | {"deletion_has_come": True}


PLAIN_SUBSCRIPTION = {
    **NO_MOMENTS, "key_is_usable": True, "status_word": "active", "billing_cycle_text": "monthly",
    "plan_is_known": True, "deployment_is_known": True, "subscriber_is_known": True,
    "price_for_cycle_is_set": True, "deployment_owner": "u1", "subscriber_owns_deployment": True,
    "period_runs_forward": True, "starts_before_period_ends": True, "has_no_cancellation": True,
    "has_started": True,
}  # fmt: skip
UNKNOWN_DEPLOYMENT = {
    "deployment_is_known": False, "deployment_owner": None, "subscriber_owns_deployment": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, {}),
        ({"status": "past_due"}, {"status_word": "past_due"}),
        ({"plan_id": "x"}, {"plan_is_known": False, "price_for_cycle_is_set": None}),
        ({"deployment_id": "x"}, UNKNOWN_DEPLOYMENT),
        ({"user_id": "x"}, {"subscriber_is_known": False, "subscriber_owns_deployment": None}),
        ({"user_id": "u2"}, {"subscriber_owns_deployment": False}),
        (
            {"billing_cycle": "yearly"},
            {"billing_cycle_text": "yearly", "price_for_cycle_is_set": False},
        ),
        ({"billing_cycle": None}, {"billing_cycle_text": "", "price_for_cycle_is_set": None}),
        (
            {"current_period_end": NOW},
            {"period_runs_forward": False, "starts_before_period_ends": None},
        ),
        (
            {"current_period_start": None, "current_period_end": NOW},
            {"period_runs_forward": None},
        ),
        (
            {"current_period_end": None},
            {"period_runs_forward": None, "starts_before_period_ends": None},
        ),
        (
            {"started_at": NOW + 2 * A_MOMENT},
            {"starts_before_period_ends": False, "has_started": False},
        ),
        ({"started_at": NOW + A_MOMENT}, {"has_started": False}),
        ({"started_at": None}, {"starts_before_period_ends": None, "has_started": None}),
        ({"canceled_at": NOW}, {"has_no_cancellation": False}),
    ],
)
def test_a_subscription_is_told_with_each_of_its_days(changes, facts):
    users = [user(), user("u2")]
    told = source(users=users, subscriptions=[subscription(**changes)])
    [found] = subscription_facts(told, NOW)
    assert found == PLAIN_SUBSCRIPTION | facts

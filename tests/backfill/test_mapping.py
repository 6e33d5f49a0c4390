"""Mapping: what the source says is what Odoo is asked for, to the last digit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.backfill.mapping.nexacloud import map_customer, map_order, map_plan
from tasks.model.errors import RecordError
from tests.strategies import plan

TORONTO = ZoneInfo("America/Toronto")
decimals = st.none() | st.decimals(min_value=0, max_value=10**9, allow_nan=False)


def user(**changes):
    return {
        "id": "u1",
        "email": "Zoé@Example.ca",
        "full_name": "Zoé Tremblay",
        "company_name": None,
        "phone": None,
        "street": "1 rue Saint-Paul",
        "city": "Montréal",
        "region": "QC",
        "postal_code": "H2Y 1G7",
        "country_code": "ca",
        "stripe_customer_id": "cus_1",
        "is_active": True,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    } | changes


def source_plan(**changes):
    return {
        "id": "p1",
        "code": "pro",
        "name": "Pro 4 × vCPU",
        "currency": "CAD",
        "price_monthly": Decimal("49.00"),
        "price_yearly": None,
        "cpu_seconds_quota": Decimal(360000),
        "cpu_rate_per_core_hour": None,
        "is_active": True,
    } | changes


def subscription(**changes):
    return {
        "id": "s1",
        "billing_cycle": "monthly",
        "started_at": datetime(2026, 3, 1, 3, 30, tzinfo=UTC),
        "current_period_start": datetime(2026, 11, 1, 4, 0, tzinfo=UTC),
        "current_period_end": datetime(2026, 12, 1, 5, 0, tzinfo=UTC),
    } | changes


DEPLOYMENT = {"id": "d1", "name": "web-prod", "user_id": "u1"}


def test_customer_of_a_person_keeps_name_and_company():
    mapped = map_customer(user(company_name=" Brûlerie  "))
    assert (mapped.name, mapped.company_name, mapped.country_code) == (
        "Zoé Tremblay",
        "Brûlerie",
        "CA",
    )


def test_customer_without_a_person_takes_the_company_as_name():
    assert map_customer(user(full_name="  ", company_name="Brûlerie")).name == "Brûlerie"


@pytest.mark.parametrize(("said", "active"), [(True, True), (False, False), (None, True)])
def test_only_a_customer_who_is_said_to_have_left_is_archived(said, active):
    assert map_customer(user(is_active=said)).active is active


def test_customer_without_any_name_is_set_aside():
    with pytest.raises(RecordError) as caught:
        map_customer(user(full_name=None))
    assert (caught.value.key, caught.value.rule) == ("u1", "name_missing")


def test_plan_without_a_rate_bills_the_house_rate():
    assert map_plan(source_plan()).charges[0].price_per_unit == Decimal("0.0075")


def test_plan_with_a_rate_of_a_cent_keeps_it():
    mapped = map_plan(source_plan(cpu_rate_per_core_hour=Decimal("0.01")))
    assert mapped.charges[0].price_per_unit == Decimal("0.01")


def test_plan_code_with_blanks_around_it_is_the_code_that_odoo_keeps():
    mapped = map_plan(source_plan(code=" pro ", name="Pro "))
    assert (mapped.code, mapped.name) == ("pro", "Pro")


def test_plan_price_of_null_is_not_sold_and_zero_is_free():
    mapped = map_plan(source_plan(price_monthly=Decimal("0.00"), price_yearly=None))
    assert mapped.flat_prices == {"monthly": Decimal("0.00")}


def test_plan_without_a_quota_is_set_aside():
    with pytest.raises(RecordError, match="no CPU quota"):
        map_plan(source_plan(cpu_seconds_quota=None))


@given(decimals, decimals, decimals.filter(lambda d: d is not None), decimals)
def test_plan_of_any_numbers_keeps_them_exactly(monthly, yearly, quota, rate):
    mapped = map_plan(
        source_plan(
            price_monthly=monthly,
            price_yearly=yearly,
            cpu_seconds_quota=quota,
            cpu_rate_per_core_hour=rate,
        )
    )
    assert mapped.flat_prices.get("monthly") == monthly
    assert mapped.flat_prices.get("yearly") == yearly
    assert mapped.charges[0].included_quota == quota
    assert mapped.charges[0].price_per_unit == (Decimal("0.0075") if rate is None else rate)


def test_order_dates_are_days_in_the_companys_zone():
    order = map_order(DEPLOYMENT, subscription(), plan(), TORONTO)
    assert order.started_on == date(2026, 2, 28)
    assert (order.period_start, order.period_end) == (date(2026, 11, 1), date(2026, 12, 1))


def test_order_carries_the_plans_price_for_its_cycle():
    order = map_order(DEPLOYMENT, subscription(), plan(price="49.00"), TORONTO)
    assert (order.external_id, order.price, order.cycle) == ("d1", Decimal("49.00"), "monthly")


@pytest.mark.parametrize(("name", "called"), [(" web ", "web"), (" ", "d1"), (None, "d1")])
def test_order_is_called_as_its_deployment_or_by_its_id(name, called):
    order = map_order(DEPLOYMENT | {"name": name}, subscription(), plan(), TORONTO)
    assert (order.name, order.subscription_id, order.deployment_id) == (called, "s1", "d1")
    assert (order.plan_id, order.plan_code, order.currency) == ("plan-pro", "pro", "CAD")


@pytest.mark.parametrize("cycle", ["yearly", "weekly", None])
def test_order_in_a_cycle_without_a_price_is_set_aside_never_free(cycle):
    with pytest.raises(RecordError) as caught:
        map_order(DEPLOYMENT, subscription(billing_cycle=cycle), plan(), TORONTO)
    assert caught.value.rule == "price_missing_for_cycle"


def addon(**changes):
    return {
        "id": "a1",
        "deployment_id": "d1",
        "name": "Daily backup",
        "price_monthly": Decimal("9.90"),
    } | changes


@pytest.mark.parametrize(("cycle", "price"), [("monthly", "9.90"), ("yearly", "118.80")])
def test_addon_costs_its_monthly_price_for_each_month_of_the_cycle(cycle, price):
    sold = replace(plan(), flat_prices={cycle: Decimal(490)})
    order = map_order(DEPLOYMENT, subscription(billing_cycle=cycle), sold, TORONTO, [addon()])
    (line,) = order.lines
    assert (line.price, line.quantity, line.item) == (Decimal(price), 1, "addon:Daily backup")
    assert order.price == Decimal(490)


def test_addon_without_a_price_is_never_free():
    with pytest.raises(RecordError) as caught:
        map_order(DEPLOYMENT, subscription(), plan(), TORONTO, [addon(price_monthly=None)])
    assert (caught.value.key, caught.value.rule) == ("a1", "addon_price_missing")


prices = st.decimals(min_value=0, max_value=10**6, places=6, allow_nan=False)


@given(st.dictionaries(st.uuids().map(str), prices, max_size=6), st.randoms())
def test_addons_in_any_order_are_all_carried_at_their_exact_prices(sold, random):
    rows = [addon(id=key, name=f"Add-on {key}", price_monthly=sold[key]) for key in sold]
    random.shuffle(rows)
    order = map_order(DEPLOYMENT, subscription(), plan(), TORONTO, rows)
    assert {line.external_id: line.price for line in order.lines} == sold
    assert [line.external_id for line in order.lines] == sorted(sold)
    assert len({line.item for line in order.lines}) == len(sold)

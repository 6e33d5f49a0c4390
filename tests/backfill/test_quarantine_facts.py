"""Facts about numbers and addresses are exact, whatever the database holds."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.backfill.facts.plans import decimal_places, plan_facts
from tasks.backfill.facts.readback import charge_facts
from tasks.backfill.facts.users import email_key
from tasks.check.suites import load_suite
from tasks.model.source import Source, ended_deployments
from tests.expectations.worlds import TABLES, service


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("0.0075", 4),
        ("0.01", 2),
        ("0.0000001", 7),
        ("1E-7", 7),
        ("1E+3", 0),
        ("0.00750000", 4),
        ("0.00", 0),
        ("0." + "1" * 40, 40),
        ("NaN", None),
        ("Infinity", None),
    ],
)
def test_decimal_places_count_only_those_that_carry_value(text, places):
    assert decimal_places(Decimal(text)) == places


@given(st.integers(), st.integers(0, 40), st.integers(0, 10))
def test_decimal_places_ignore_trailing_zeros(digits, places, zeros):
    number = Decimal(f"{digits}E-{places}")
    padded = Decimal(f"{digits}{'0' * zeros}E-{places + zeros}")
    assert decimal_places(number) == decimal_places(padded)


@given(quota=st.none() | st.decimals(), rate=st.none() | st.decimals(), price=st.decimals())
def test_plan_facts_exist_for_any_number(quota, rate, price):
    plan = service("shop").plan | {
        "cpu_seconds_quota": quota,
        "cpu_rate_per_core_hour": rate,
        "price_monthly": price,
    }
    rules = load_suite("plans")
    (facts,) = plan_facts([plan], rules)
    broken = {rule.name for rule in rules.broken({**plan, **facts})}
    is_positive = rate is None or (not rate.is_nan() and rate > 0)
    assert ("rate_not_positive" not in broken) == is_positive
    assert ("price_negative" not in broken) == (price.is_finite() and price >= 0)


@given(st.decimals(min_value=-1000, max_value=1000, places=6), st.integers(-400, 400))
def test_read_back_rate_is_the_sources_only_to_the_sixth_decimal(rate, noise):
    row = {
        "rate": rate + Decimal(noise) / 10**9,
        "expected_rate": rate,
        "quota": Decimal(1),
        "expected_quota": Decimal(1),
    }
    assert charge_facts([row])[0]["rate_is_the_sources"]
    row["rate"] = rate + Decimal("0.000001")
    assert not charge_facts([row])[0]["rate_is_the_sources"]


def is_email(text):
    return load_suite("users").rules["email_malformed"].keeps(text)


@given(st.emails())
def test_email_never_holds_a_blank_or_two_addresses(email):
    assert not is_email(f"{email} {email}")
    assert not is_email(f"{email},{email}")
    assert not is_email(f" {email}")


@given(st.from_regex(r"[a-z0-9]{1,9}(\.[a-z0-9]{1,9})?@[a-z]{1,9}\.(ca|com)", fullmatch=True))
def test_email_in_capitals_is_the_same_address(email):
    assert is_email(email)
    assert email_key(email.upper()) == email_key(email)


def test_a_deployment_has_ended_if_it_is_deleted_or_nothing_pays_for_it_any_more():
    early, late = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    over = {"status": "canceled", "canceled_at": late}
    runs, canceled, deleted, both, changed, undated, free = (
        service(f"s{number}") for number in range(7)
    )
    canceled.subscription |= over
    deleted.deployment |= {"status": "deleted", "deleted_at": early}
    both.subscription |= over
    both.deployment |= {"deleted_at": early}
    changed.add("subscriptions", **over)
    undated.subscription |= {"status": "expired"}
    free.subscription |= {"deployment_id": "elsewhere"}
    everything = (runs, canceled, deleted, both, changed, undated, free)
    source = Source(
        **{table: tuple(row for each in everything for row in each.rows(table)) for table in TABLES}
    )
    assert ended_deployments(source) == {
        canceled.deployment["id"]: late,
        deleted.deployment["id"]: early,
        both.deployment["id"]: early,
        undated.deployment["id"]: None,
    }

"""A live customer who began earlier is billed as in Lago: nothing that was over, or due, before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.api.life import COMPANY_ZONE, Life, customer, days_ago, subscription


@pytest.fixture(scope="module", autouse=True)
def plans(life: Life) -> None:
    """Plans by the week and the month, ahead, in arrears and with a trial."""
    metric = life.ok("GET", "/billable_metrics/calls")["billable_metric"]
    charge = {"billable_metric_id": metric["lago_id"], "charge_model": "standard"}
    charge["properties"] = {"amount": "1"}
    terms = {"amount_cents": 3000, "amount_currency": "CAD"}
    for code, more in (
        ("month", {"interval": "monthly", "pay_in_advance": True}),
        ("dear", {"interval": "monthly", "pay_in_advance": True, "amount_cents": 6000}),
        ("week", {"interval": "weekly", "pay_in_advance": True}),
        ("used", {"interval": "weekly", "charges": [charge]}),
        ("tried", {"interval": "monthly", "pay_in_advance": True, "trial_period": 20}),
    ):
        life.ok("POST", "/plans", {"plan": {"name": code, "code": code, **terms, **more}})


def _local(zone: str = COMPANY_ZONE) -> date:
    return datetime.now(ZoneInfo(zone)).date()


def _begin(life: Life, name: str, plan: str, at: str, **values: str) -> dict:
    subscription(life, customer(life, name), plan, subscription_at=at, **values)
    return life.order(name)


def _bills(life: Life, name: str) -> list[dict]:
    return life.ok("GET", f"/invoices?external_customer_id={name}")["invoices"]


def test_the_running_period_counts_as_paid(life: Life) -> None:
    order = _begin(life, "earlier", "month", days_ago(5))
    until = life.ok("GET", "/subscriptions/earlier")["subscription"]
    ends = datetime.fromisoformat(until["current_billing_period_ending_at"])
    next_day = (ends + timedelta(seconds=1)).astimezone(ZoneInfo(COMPANY_ZONE)).date()
    assert order["next_invoice_date"] == next_day.isoformat()
    bill = life.invoice_due("earlier")
    assert bill["issuing_date"] == next_day.isoformat()
    assert bill["fees_amount_cents"] == 3000


def test_what_was_never_billed_is_neither_billed_nor_credited_at_the_end(life: Life) -> None:
    _begin(life, "short", "month", days_ago(5))
    life.ok("DELETE", "/subscriptions/short")
    assert _bills(life, "short") == []
    assert life.ok("GET", "/credit_notes?external_customer_id=short")["credit_notes"] == []


def test_calendar_months_are_paid_from_the_next_on(life: Life) -> None:
    here = _local()
    last = (here.replace(day=1) - timedelta(days=1)).replace(day=5)
    at = f"{last.isoformat()}T12:00:00Z"
    order = _begin(life, "by-calendar", "month", at, billing_time="calendar")
    coming = (here.replace(day=1) + timedelta(days=32)).replace(day=1)
    assert order["next_invoice_date"] == (here if here.day == 1 else coming).isoformat()
    # Whole: only the month of the begin would have been a part.
    assert life.invoice_due("by-calendar")["fees_amount_cents"] == 3000


def test_a_period_that_begins_today_is_due_today(life: Life) -> None:
    order = _begin(life, "on-time", "week", days_ago(7))
    assert order["next_invoice_date"] == _local().isoformat()


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Midway"])
def test_today_is_that_of_the_customer(life: Life, zone: str) -> None:
    """Its first moments are yesterday, its last ones tomorrow, where others are."""
    day = _local(zone)
    first = datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    for name, at, due in (
        (f"now-{zone[8:]}", first, True),
        (f"before-{zone[8:]}", first - timedelta(seconds=1), False),
    ):
        customer(life, name, timezone=zone)
        subscription(life, name, "month", subscription_at=at.isoformat())
        order = life.order(name)
        begun = day if due else day - timedelta(days=1)
        assert order["start_date"] == begun.isoformat()
        assert (order["next_invoice_date"] == day.isoformat()) is due


def test_in_arrears_the_running_period_is_due_at_its_end(life: Life) -> None:
    order = _begin(life, "later", "used", days_ago(10))
    begun = date.fromisoformat(order["start_date"])
    assert order["next_invoice_date"] == (begun + timedelta(days=14)).isoformat()
    assert life.invoice_due("later")["fees_amount_cents"] == 3000


def test_usage_of_periods_that_were_over_is_nobody_s_debt(life: Life) -> None:
    _begin(life, "user", "used", days_ago(17))
    sent = {"external_subscription_id": "user", "code": "calls", "properties": {"n": 5}}
    at = int(datetime.fromisoformat(days_ago(15)).timestamp())
    life.ok("POST", "/events", {"event": {**sent, "transaction_id": "old", "timestamp": at}})
    window = (days_ago(30), days_ago(0))
    wizard = "fusion.billing.import.wizard"
    for told_then in (False, True):
        if told_then:
            life.told_then("user")
        life.api.odoo.execute(wizard, "rate_usage", life.code, *window)
        fees = life.ok("GET", "/fees?external_customer_id=user&fee_type=charge")["fees"]
        assert sum(fee["amount_cents"] for fee in fees) == (500 if told_then else 0)


def test_a_trial_that_is_over_leaves_the_rest_of_its_period_due(life: Life) -> None:
    order = _begin(life, "tried", "tried", days_ago(25))
    assert order["next_invoice_date"] == order["x_fc_trial_ends_on"]
    assert order["x_fc_trial_ends_on"] < _local().isoformat()
    assert 0 < life.invoice_due("tried")["fees_amount_cents"] < 3000


def test_a_begin_that_is_moved_into_the_past_is_one_of_an_earlier_day(life: Life) -> None:
    _begin(life, "moved", "month", days_ago(-9))
    moved = {"subscription": {"subscription_at": days_ago(5)}}
    life.ok("PUT", "/subscriptions/moved", moved)
    same = _begin(life, "same", "month", days_ago(5))
    order = life.order("moved")
    for field in ("start_date", "next_invoice_date"):
        assert order[field] == same[field]


def test_a_dearer_plan_leaves_no_day_free_where_an_end_was_agreed(life: Life) -> None:
    subscription(life, customer(life, "ends"), "month", ending_at=days_ago(-90))
    paid = life.invoice_due("ends")["fees_amount_cents"]
    subscription(life, "ends", "dear")
    order = life.order("ends")
    assert order["next_invoice_date"] == order["start_date"]
    (note,) = life.ok("GET", "/credit_notes?external_customer_id=ends")["credit_notes"]
    assert note["sub_total_excluding_taxes_amount_cents"] == paid
    assert life.invoice_due("ends")["fees_amount_cents"] == 6000

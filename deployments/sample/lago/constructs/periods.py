"""Constructs of time: intervals, calendar and anniversary, zones, anchors, ends, trials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from deployments.sample.lago.constructs.common import MONTHLY, SEATS, START, contract, plan
from deployments.sample.lago.tenant.terms import Contract

PRICES = {"weekly": "12.50", "quarterly": "90", "semiannual": "170", "yearly": "320"}


def periods() -> Iterator[Contract]:
    """Yield the constructs of the area ``periods``."""
    anniversary = {"billing_time": "anniversary"}
    yield contract("anniversary_monthly", plan("p-advance", "30", in_advance=True), **anniversary)
    month_end = datetime(2026, 5, 31, 15, 30, tzinfo=UTC)
    yield contract(
        "anniversary_month_end",
        plan("p-month-end", "30", in_advance=True),
        started_at=month_end,
        **anniversary,
    )
    yield contract("calendar_monthly", MONTHLY)
    for interval, price in PRICES.items():
        terms = plan(f"p-{interval}", price, interval=interval)
        yield contract(f"calendar_{interval}", terms, started_at=_since(interval))
        yield contract(
            f"anniversary_{interval}",
            replace(terms, code=f"p-{interval}-anniversary", in_advance=True),
            started_at=_since(interval),
            **anniversary,
        )
    yearly = plan("p-yearly-seats", "240", interval="yearly", charges=(SEATS,))
    since = _since("yearly")
    yield contract("yearly_charges_yearly", yearly, started_at=since, **anniversary)
    yield contract(
        "yearly_charges_monthly",
        replace(yearly, code="p-yearly-monthly", charges_monthly=True, in_advance=True),
        started_at=since,
        **anniversary,
    )
    yield contract("timezone_customer", MONTHLY, zone="Asia/Tokyo")
    # In UTC it is the next day, in Toronto still the day before.
    near_midnight = datetime(2026, 7, 1, 1, 30, tzinfo=UTC)
    yield contract("timezone_organization", MONTHLY, started_at=near_midnight)
    yield contract(
        "anchor_subscription_at",
        plan("p-anchor", "30", in_advance=True),
        started_at=datetime(2026, 7, 20, 9, tzinfo=UTC),
        anchor_at=datetime(2026, 3, 5, 9, tzinfo=UTC),
        **anniversary,
    )
    ends = datetime(2027, 2, 10, 12, tzinfo=UTC)
    yield contract("ending_at", MONTHLY, ending_at=ends)
    yield contract(
        "ending_unsettled",
        plan("p-kept", "30", in_advance=True),
        ending_at=ends,
        subscription={"on_termination_credit_note": "skip"},
    )
    trial = plan("p-trial", "30", trial_days=14)
    yield contract("trial", trial, started_at=datetime(2026, 8, 5, 10, tzinfo=UTC), **anniversary)
    yield contract("arrears", replace(MONTHLY, code="p-arrears"), **anniversary)
    yield contract("in_advance", plan("p-calendar-advance", "30", in_advance=True))
    half = plan("p-trial-half", "30", trial_days=13, more={"trial_period": 12.5})
    noon = datetime(2026, 8, 5, 12, tzinfo=UTC)
    yield contract("trial_fraction", half, started_at=noon, billing_time="anniversary")
    yield contract(
        "subscription_pending", MONTHLY,
        started_at=datetime(2027, 1, 15, tzinfo=UTC), status="pending",
    )  # fmt: skip
    yield contract(
        "plan_change_pending",
        plan("p-before-downgrade", "60"),
        subscription={
            "next_plan_code": MONTHLY.code,
            "downgrade_plan_date": "2026-12-01",
        },
    )
    yield contract(
        "subscription_incomplete", MONTHLY,
        started_at=datetime(2027, 1, 15, tzinfo=UTC), status="incomplete",
    )  # fmt: skip
    yield contract("start_missing", MONTHLY, subscription={"started_at": None})
    passed = datetime(2026, 11, 2, 12, tzinfo=UTC)
    yield contract("subscription_ended", MONTHLY, ending_at=passed)
    yield contract("subscription_unreadable", MONTHLY, subscription={"started_at": "soon"})
    yield contract("period_unreadable", plan("p-daily", "3", more={"interval": "daily"}))


def _since(interval: str) -> datetime:
    """Give a start early enough for a few periods, in the middle of one."""
    years = {"yearly": 2024, "semiannual": 2025, "quarterly": 2025}
    return START.replace(year=years.get(interval, 2026))

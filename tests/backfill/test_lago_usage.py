"""Usage that Lago billed becomes units of its own period, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.backfill.mapping.lago_usage import billed_usage, charge_names
from tasks.model.lago import LagoFilter
from tasks.model.lago_billed import PROGRESSIVE
from tests.backfill.lago_world import (
    charge,
    order,
    plan,
)
from tests.reconcile.test_ledger_lago import END, START, fee, invoice

TORONTO = ZoneInfo("America/Toronto")


def usage(invoices, fees, *, charges=None, **known):
    return billed_usage(
        invoices,
        fees,
        orders={"s1": replace(order(), started_on=date(2026, 9, 15), **known)},
        charges=charges or {},
        timezone=TORONTO,
    )


@pytest.mark.parametrize("turn", range(8))
def test_usage_is_what_finalized_fees_billed_since_the_first_day_whatever_their_order(turn):
    invoices = [invoice("i1"), invoice("i2", status="draft")]
    fees = [
        fee("f1"),
        fee("f2", units=Decimal(3)),
        fee("f3", invoice=None, units=Decimal(5)),
        fee("f4", invoice="i2"),
        fee("f5", true_up_of="f1"),
        fee("f6", kind="subscription"),
        fee("f7", subscription="of nobody"),
        replace(fee("f8"), start=datetime(2026, 8, 15, 4, tzinfo=UTC), end=START),
    ]
    [found] = usage(invoices, fees[turn:] + fees[:turn])
    assert (found.metric, found.start, found.end, found.units) == ("tickets", START, END, 20)
    assert found.name == "s1/tickets@2026-09-15T04:00:00+00:00"


def test_progressive_invoices_add_no_units():
    invoices = [invoice("i0", kind=PROGRESSIVE), invoice("i1")]
    fees = [fee("f0", invoice="i0", units=Decimal(60)), fee("f1", units=Decimal(100))]
    [found] = usage(invoices, fees)
    assert found.units == 100


def test_first_day_of_usage_is_that_of_the_orders_own_zone():
    start = datetime(2026, 9, 15, tzinfo=UTC)
    assert usage([invoice()], [fee(start=start)]) == ()
    [found] = usage([invoice()], [fee(start=start)], timezone="UTC")
    assert found.start == start


def test_usage_names_the_charge_where_its_metric_does_not_tell_it():
    sold = plan(charge(filters=(LagoFilter({"region": ("us",)}, {"amount": "1"}),)))
    fees = [
        fee("f1", filters={"region": ("us",)}),
        fee("f2", units=Decimal(3)),
        fee("f3", units=Decimal(4), charge="of an older plan"),
    ]
    found = usage([invoice()], fees, charges=charge_names([sold]))
    assert {each.metric: each.units for each in found} == {
        "tickets": 4,
        "tickets[team/solved]": 3,
        "tickets[team/solved:region=us]": 12,
    }

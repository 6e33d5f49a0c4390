"""Prices by the quarter, half-year and year of Lago, each compared once in whatever month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from deployments.local.lago.server import LagoSandbox
from deployments.sample.lago.constructs.world import SERVICE, TODAY, construct_document
from tasks.clients.lago.billing import read_billing
from tasks.clients.lago.connection import Lago, LagoAccess
from tasks.model.ledger import ledger_frame
from tasks.reconcile.compare_long_periods import compare_long_periods
from tasks.reconcile.ledger_lago import billing_lines
from tasks.reconcile.long_periods import (
    LongSide,
    apart_from,
    of_spans,
    spans_of,
)
from tasks.reconcile.read_source import Asked, lago_source
from tasks.reconcile.window import reconcile_window

KEY = "key-for-tests"
ZONE = ZoneInfo("UTC")
AS_OF = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
MONTHS = ("2026-08", "2026-09", "2026-10")
A_MONTH = timedelta(days=32)


@pytest.fixture(scope="module")
def tenant():
    with LagoSandbox(construct_document(), KEY) as sandbox:
        lago = Lago(LagoAccess(sandbox.url, KEY))
        yield lago, read_billing(lago)


def copied(billed, window):
    """Odoo's copy as it should be: of each longer period the price that was due last."""
    prices = billed.filter(
        pl.col("item").str.contains("^(flat$|fixed:|discount:)"),
        pl.col("period_end") - pl.col("period_start") > A_MONTH,
        pl.col("period_start") < window.until,
    )
    last = pl.col("period_start") == pl.col("period_start").max().over("subscription")
    return prices.filter(last).with_columns(origin=pl.lit("odoo"), tax_rate=pl.lit(None, pl.String))


def compared(tenant, month, raised=0, forgotten=()):
    lago, billing = tenant
    window = reconcile_window(month, as_of=AS_OF, zone=ZONE)
    billed = ledger_frame(billing_lines(SERVICE, billing))
    odoo = copied(billed, window)
    amounts = [
        str(Decimal(amount) + raised * (item == "flat"))
        for amount, item in odoo.select("amount", "item").iter_rows()
    ]
    odoo = odoo.with_columns(amount=pl.Series(amounts, dtype=pl.String))
    spans = spans_of(apart_from(odoo, window))
    source, due = lago_source(lago, [SERVICE], billing, Asked(window, AS_OF, spans), kept_out={})
    month_alone, nothing = lago_source(lago, [SERVICE], billing, Asked(window, AS_OF), kept_out={})
    # What is asked of longer periods changes nothing of the month.
    assert source.expected.equals(month_alone.expected)
    assert nothing.height == 0
    billed = billed.filter(~pl.col("subscription").is_in(list(forgotten)))
    side = LongSide(billed=of_spans(billed, spans), expected=due)
    long = compare_long_periods(odoo, [side], source=source, window=window, zone=ZONE)
    return spans, long


@pytest.mark.parametrize("month", MONTHS)
def test_longer_periods_agree_in_every_month_and_every_wrong_price_is_the_copys(tenant, month):
    spans, long = compared(tenant, month)
    assert spans.height >= 5
    assert long.lines.filter(pl.col("wrong_side") != "").rows() == []
    flats = long.lines.filter(pl.col("item") == "flat")
    assert sorted(flats["subscription"]) == sorted(spans["subscription"])
    _, long = compared(tenant, month, raised=7)
    assert set(long.lines.filter(pl.col("item") == "flat")["wrong_side"]) == {"copy"}


def test_years_and_half_years_are_among_them_and_wait_by_name_without_a_bill(tenant):
    spans, _ = compared(tenant, MONTHS[0])
    mine = [name for name in spans["subscription"] if "yearly" in name or "semiannual" in name]
    assert len(mine) >= 3
    _, long = compared(tenant, MONTHS[0], forgotten=mine)
    found = long.lines.filter(pl.col("subscription").is_in(mine), pl.col("item") == "flat")
    assert set(found["cause"]) == {"price_not_compared"}
    assert found.height == len(mine)

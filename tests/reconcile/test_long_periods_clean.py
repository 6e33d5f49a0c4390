"""Where nothing is wrong, every price by the year is compared and agrees, whatever month asks."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from deployments.sample.sample import SampleSpec
from tasks.model.ledger import ledger_frame
from tasks.reconcile.compare_long_periods import compare_long_periods
from tasks.reconcile.expected.nexacloud import NexaCloudTerms
from tasks.reconcile.expected.nexacloud_long import long_due
from tasks.reconcile.long_periods import (
    LongSide,
    apart_from,
    bounds_of,
    of_spans,
    spans_of,
    with_billed,
)
from tasks.reconcile.window import reconcile_window
from tests.model.addon_periods import Calendar, compared_period
from tests.reconcile.ledgers import flat, flat_terms, known
from tests.reconcile.nexacloud_world import (
    ZONE,
    deployments_of,
    invoice_lines,
    moment,
    plan_row,
    tables_of,
)

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
MONTHS = ("2026-07", "2026-08", "2026-09")


class World:
    """A clean sample, and Odoo's copy of whoever pays by the year in it."""

    def __init__(self, seed: int, raised: Decimal = Decimal(0)) -> None:
        spec = SampleSpec(customers=150, seed=seed, dirty=Decimal(0), clean=True)
        self.tables = tables_of(spec)
        self.raised = raised
        self.plans = {row["id"]: plan_row(row) for row in self.tables["plans"]}
        self.lines = invoice_lines(self.tables)
        self.yearly = [
            row
            for row in self.tables["subscriptions"]
            if row["billing_cycle"] == "yearly" and row["canceled_at"] is None
        ]

    def odoo(self, until):
        """Give what Odoo's copy has for the year that was due last."""
        for row in self.yearly:
            started = moment(row["started_at"])
            calendar = Calendar(started.astimezone(ZONE).date(), "year", 1, ZONE.key)
            now = AS_OF.replace(tzinfo=None)
            period = compared_period(calendar, until.replace(tzinfo=None), now)
            if period is None:
                continue
            start, end = (each.replace(tzinfo=UTC) for each in period)
            of = {
                "customer": row["user_id"],
                "subscription": row["id"],
                "period_start": start,
                "period_end": end,
                "currency": self.plans[row["plan_id"]].currency,
            }
            price = self.plans[row["plan_id"]].prices["yearly"] + self.raised
            yield flat(str(price), **of, terms=flat_terms(str(price), cycle="yearly"))
            for addon in self.tables["deployment_addons"]:
                if addon["deployment_id"] == row["deployment_id"]:
                    amount = str(12 * Decimal(addon["price_monthly"]))
                    yield flat(amount, item=f"addon:{addon['name']}", **of, terms="")

    def compared(self, month):
        """Compare as a run of the month does; and how many subscriptions it looks at."""
        window = reconcile_window(month, as_of=AS_OF, zone=ZONE)
        odoo = ledger_frame(self.odoo(window.until))
        spans = spans_of(apart_from(odoo, window))
        since, until = bounds_of(spans)
        terms = NexaCloudTerms(
            "nexacloud", self.plans, since=since, until=until, as_of=AS_OF, zone=ZONE
        )
        due, changed = [], {}
        asked = set(spans["subscription"])
        for rows, told in deployments_of(self.tables, self.lines, AS_OF):
            mine = asked & {row.subscription_id for row in rows.subscriptions}
            if mine:
                made, rests = long_due(terms, rows, told, mine)
                due += made.lines
                changed |= rests
        rests = ledger_frame([each.expected for each in changed.values()])
        side = LongSide(
            expected=pl.concat([of_spans(ledger_frame(due), spans), rests]), changed=changed
        )
        side = with_billed(side, of_spans(ledger_frame(self.lines), spans))
        runs = tuple(row["id"] for row in self.yearly)
        long = compare_long_periods(odoo, [side], source=known(runs=runs), window=window, zone=ZONE)
        return long, changed


#: In these a plan was changed within its year: to another price, twice, and to a free one.
CHANGED = (46, 55, 42)


@pytest.mark.parametrize("seed", [1, 2, *CHANGED])
def test_all_prices_by_the_year_agree_in_each_month(seed):
    world = World(seed)
    changed = set()
    for month in MONTHS:
        long, of_month = world.compared(month)
        assert long.lines.filter(pl.col("wrong_side") != "").rows() == []
        assert long.lines.height > 20
        looked_at = set(long.periods["subscription"])
        assert looked_at == {row["id"] for row in world.yearly}
        changed |= set(of_month)
    assert changed or seed not in CHANGED


def test_every_wrong_price_is_the_copys_fault_and_no_other_line_is():
    world = World(7, raised=Decimal(10))
    long, _changed = world.compared(MONTHS[-1])
    flats = long.lines.filter(pl.col("item") == "flat")
    assert set(flats["wrong_side"]) == {"copy"}
    assert set(long.lines.filter(pl.col("item") != "flat")["wrong_side"]) == {""}

"""reconcile on the real stack: the labelled sample, its causes, and what Odoo keeps of it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

TORONTO = ZoneInfo("America/Toronto")
PERIOD = "2026-05..2026-09"


@pytest.fixture
def compared(world):
    """The comparison of a world that was copied and metered."""
    from flows.reconcile import reconcile

    world.run()
    world.meter()
    state = reconcile(period=PERIOD, max_unexplained_share=0.5, return_state=True)
    return world, state


def labels(world):
    """Causes of the injected differences by customer, subscription, item and first day."""
    rows = world.source_sql(
        "SELECT customer, subscription, item, period_start, cause FROM sample.injected_differences"
    )
    return {
        (customer, subscription, item, day(start)): cause
        for customer, subscription, item, start, cause in rows
    }


def day(moment: datetime) -> str:
    return f"{moment.astimezone(TORONTO):%Y-%m-%d}"


def test_every_injected_difference_gets_its_cause_and_no_other_line_one(compared):
    world, state = compared
    assert state.name == "CompletedWithDifferences", state.message
    report = state.result().report
    known = labels(world)
    right, wrong = 0, []
    for row in report.lines.filter(pl.col("outcome") != "match").iter_rows(named=True):
        starts = {row["period_start"], row["external_period_start"]} - {None}
        names = (row["customer"], row["subscription"], row["item"])
        causes = {known[(*names, day(start))] for start in starts if (*names, day(start)) in known}
        if row["cause"] in causes:
            right += 1
        elif not row["item"].startswith("other:"):
            wrong.append((row, causes))

    assert not wrong
    assert right > 400
    assert report.exit_code == world.report("reconcile")["exit_code"] == 0
    found = report.lines.filter(pl.col("outcome") != "match").height
    stored = "SELECT count(*) FROM fusion_billing_reconciliation WHERE status <> 'match'"
    assert world.sql(stored) == [(found,)]

    from flows.reconcile import reconcile

    before = world.sql("SELECT count(*), max(write_date) FROM fusion_billing_reconciliation")
    again = reconcile(
        period=PERIOD, max_unexplained_amount=0.0, max_unexplained_share=0.0, return_state=True
    )
    assert (again.name, again.result(raise_on_failure=False).result.exit_code) == (
        "UnexplainedDifferences",
        4,
    )
    assert (
        world.sql("SELECT count(*), max(write_date) FROM fusion_billing_reconciliation") == before
    )

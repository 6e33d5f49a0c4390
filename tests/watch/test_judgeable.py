"""The watch judges what the source's rows can tell, and counts what they cannot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from tasks.model.ledger import LEDGER_SCHEMA
from tasks.reconcile.source import LEFT_OUT_SCHEMA, SUBSCRIPTIONS_SCHEMA, Source
from tasks.reconcile.window import ReconcileWindow
from tasks.watch.judgeable import judgeable
from tasks.watch.records import Posted
from tests.watch.test_compare import APRIL, LIVE, MARCH, MAY, due, posted

WINDOW = ReconcileWindow(MARCH, MAY, "2026-03..2026-04")
FLAT, ADDON = due(), due("addon:Backup", "9.00")


def judged(expected, lines, *, ended=None, left_out=(), live=LIVE, home="nexacloud"):
    rows = [("nexacloud", "s", ended, None if ended else MARCH, "")]
    source = Source(
        expected=pl.DataFrame(expected, schema=LEDGER_SCHEMA, orient="row"),
        left_out=pl.DataFrame(left_out, schema=LEFT_OUT_SCHEMA, orient="row"),
        subscriptions=pl.DataFrame(rows, schema=SUBSCRIPTIONS_SCHEMA, orient="row"),
    )
    return judgeable(source, Posted(tuple(lines), (live,), ()), WINDOW, home)


@pytest.mark.parametrize(
    ("start", "left_out"), [(MARCH, 1), (APRIL, 0)], ids=["before the end", "after it"]
)
def test_addons_of_who_left_are_judged_only_after_the_end(start, left_out):
    """Rows of add-ons have no days: an alarm for each customer who leaves is soon not read."""
    over = APRIL - timedelta(days=3)
    lines = [posted(FLAT), posted(due("addon:Backup", "9.00", start, start + timedelta(days=30)))]
    found = judged([FLAT], lines, ended=over)
    assert (len(found.posted), found.left_out) == (2 - left_out, left_out)


def test_addons_of_who_stays_are_all_judged():
    found = judged([FLAT, ADDON], [posted(FLAT), posted(ADDON)])
    assert (len(found.posted), found.left_out) == (2, 0)


@pytest.mark.parametrize("item", ["addon:Backup", ""])
def test_what_no_term_prices_is_counted_and_no_alarm(item):
    found = judged([FLAT], [posted(ADDON)], left_out=[("nexacloud", "s", item)])
    assert (found.posted, found.left_out) == ([], 1)


@pytest.mark.parametrize(
    ("ends_at", "amount"),
    [
        (MARCH + timedelta(days=10), "19.35"),
        (MARCH + timedelta(days=9, hours=15), "19.35"),
        (APRIL, "60.00"),
    ],
    ids=["end of a day", "within a day", "end of the period"],
)
def test_of_a_price_in_whose_period_the_subscription_ended_its_days_are_due(ends_at, amount):
    """Odoo credits or never bills the other days: an alarm for each end is soon not read."""
    [found] = judged([FLAT], [], live=replace(LIVE, ends_at=ends_at), home="lago").expected
    assert found.amount == amount

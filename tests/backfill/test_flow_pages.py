"""A world that is loaded page by page is the one that is loaded as a whole."""

from __future__ import annotations

import pytest

from tasks.backfill.settled import SETTLED_FILE
from tests.backfill.test_unchanged import told

#: What the properties of pages show without Odoo, once more with it.
pytestmark = pytest.mark.soak

WRITTEN = {"created", "updated"}


def test_a_world_loaded_in_pages_is_told_and_held_as_one_loaded_as_a_whole(world, monkeypatch):
    with monkeypatch.context() as smaller:
        smaller.setattr("tasks.backfill.read.PAGE_CUSTOMERS", 20)
        assert world.run().name == "CompletedWithQuarantine"
    (bundles,) = world.sql("SELECT count(*) FROM fusion_billing_import_bundle")[0]
    assert bundles >= 8
    in_pages, first = told(world), world.report()["run"]

    (world.reports / "backfill" / first / SETTLED_FILE).unlink()
    assert world.run().name == "CompletedWithQuarantine"
    whole = told(world)
    for row in in_pages["outcomes"]:
        row["outcome"] = "unchanged" if row["outcome"] in WRITTEN else row["outcome"]
    for kept in ("outcomes", "quarantine", "warnings", "totals", "readback", "checks"):
        assert in_pages[kept] == whole[kept], kept
    for table, counts in whole["rows"].items():
        assert counts["created"] == counts["updated"] == counts["failed"] == 0, table


def test_pages_that_were_tried_leave_nothing_and_predict_the_load(world, monkeypatch):
    monkeypatch.setattr("tasks.backfill.read.PAGE_CUSTOMERS", 50)
    before = world.business()
    world.run(dry_run=True)
    predicted = world.report()["rows"]
    assert world.business() == before
    world.run()
    assert world.report()["rows"] == predicted

"""Odoo goes away in mid-run: what was done is told, and running again ends as a clean run does."""

from __future__ import annotations

import pytest

from tests.proxy import proxy_of


@pytest.mark.parametrize(
    ("dies_at", "flow", "state"),
    [
        (b'"load_bundle"', "backfill", "LoadStopped"),
        (b'"search_read"', "backfill", "LoadStopped"),
        (b'"load_usage"', "usage", "LoadStopped"),
    ],
    ids=["at the first bundle", "when read back", "at the usage"],
)
def test_an_odoo_that_is_away_for_good_costs_no_report(world, monkeypatch, dies_at, flow, state):
    if flow == "usage":
        assert world.run().name == "CompletedWithQuarantine"
    with proxy_of(world.scratch.odoo_url) as proxy:
        monkeypatch.setenv("ODOO_URL", proxy.url)
        proxy.dies_at = dies_at
        ended = world.run() if flow == "backfill" else world.meter()
    assert ended.name == state, ended.message
    told = world.report(flow)
    assert told["state"]["name"] == state
    assert world.table("outcomes", flow)
    monkeypatch.setenv("ODOO_URL", world.scratch.odoo_url)
    again = world.run() if flow == "backfill" else world.meter()
    assert again.name.startswith("Completed"), again.message

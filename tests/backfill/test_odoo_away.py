"""Odoo goes away in mid-run: what was done is told, and running again ends as a clean run does."""

from __future__ import annotations

import pytest

from tests.proxy import proxy_of


@pytest.mark.parametrize(
    ("dies_at", "flow", "state"),
    [
        pytest.param(b'"load_bundle"', "backfill", "LoadStopped", id="at the first bundle"),
        pytest.param(
            b'"search_read"', "backfill", "LoadStopped", id="when read back", marks=pytest.mark.soak
        ),
        pytest.param(
            b'"load_usage"', "usage", "LoadStopped", id="at the usage", marks=pytest.mark.soak
        ),
    ],
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

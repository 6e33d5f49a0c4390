"""A thousand subscriptions with Lago's defaults: from the copy to the first posted invoices.

``FC_LAGO_SUBSCRIPTIONS`` is how many there are.
"""

from __future__ import annotations

import os
from collections import defaultdict

import pytest

from deployments.sample.lago.tenant.biller import bills, tax_of
from deployments.sample.lago.tenant.defaults import SERVICE, contracts, default_document
from tests.cutover.dual_runs import run_dual_runs
from tests.cutover.first_days import HORIZON, TODAY, first_invoices, send_usage
from tests.lago_service import make_service, point_at

SUBSCRIPTIONS = int(os.environ.get("FC_LAGO_SUBSCRIPTIONS", "1000"))


@pytest.fixture
def lago(scratch, monkeypatch):
    return point_at(monkeypatch, scratch.serve_lago(default_document(SUBSCRIPTIONS, TODAY)))


def next_bills():
    """What Lago would bill next, of each subscription: by its rules, apart from the product."""
    coming = {}
    for contract in contracts(SUBSCRIPTIONS, TODAY):
        [bill, *_] = [each for each in bills(contract, HORIZON) if each.day > TODAY]
        total = bill.net + tax_of(contract, bill).total
        coming[f"{contract.key}-1"] = (bill, (bill.day, bill.net, total))
    return coming


@pytest.mark.soak
@pytest.mark.timeout(60 * 60)
def test_a_default_tenant_is_carried_over_and_its_first_posted_invoices_are_lago_s(
    world, lago, approving, tmp_path
):
    make_service(world)
    state = world.run(service=SERVICE)
    assert state.name == "Completed", state.message
    orders = world.sql("SELECT count(*) FROM sale_order WHERE x_fc_external_id IS NOT NULL")
    assert orders == [(SUBSCRIPTIONS,)]
    world.let_all_pay_by_invoice()
    run_dual_runs(SERVICE)
    standings = world.table("readiness", "dual-run")
    assert {row["reasons"] for row in standings if row["ready"] != "yes"} == set()
    assert len(standings) == SUBSCRIPTIONS

    from flows.cutover import cutover

    state = cutover(service=SERVICE, ask="terminal", stripe_ids=False, return_state=True)
    assert state.name == "Completed", state.message
    live = "SELECT count(*) FROM fusion_billing_account_link WHERE billing_state = 'live'"
    assert world.sql(live) == [(SUBSCRIPTIONS,)]

    coming = next_bills()
    assert send_usage(world, coming) > SUBSCRIPTIONS / 4
    posted = first_invoices(world, coming, tmp_path / "days.log")
    wrong = defaultdict(tuple)
    for key, (_, expected) in coming.items():
        if posted.get(key) != expected:
            wrong[key] = (posted.get(key), expected)
    assert dict(wrong) == {}

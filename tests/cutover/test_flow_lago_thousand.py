"""A thousand subscriptions with Lago's defaults: from the copy to the first posted invoices.

``FC_LAGO_SUBSCRIPTIONS`` is how many there are.
"""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from deployments.sample.lago.tenant.biller import bills
from deployments.sample.lago.tenant.defaults import SERVICE, contracts, default_document
from deployments.sample.lago.tenant.tax import tax_of
from tests.cutover.dual_runs import run_dual_runs
from tests.lago_service import make_service

SUBSCRIPTIONS = int(os.environ.get("FC_LAGO_SUBSCRIPTIONS", "1000"))
TODAY = datetime.now(UTC).date()
#: The longest that a first invoice is away: a quarter.
HORIZON = TODAY + timedelta(days=95)
SCRIPT = Path(__file__).with_name("odoo_days.py")
#: Rows of usage in a call.
ROWS = 1000


@pytest.fixture
def lago(scratch, monkeypatch):
    sandbox = scratch.serve_lago(default_document(SUBSCRIPTIONS, TODAY))
    monkeypatch.setenv("LAGO_API_URL", sandbox.url)
    monkeypatch.setenv("LAGO_API_KEY", sandbox.api_key)
    return sandbox


def next_bills():
    """What Lago would bill next, of each subscription: by its rules, apart from the product."""
    coming = {}
    for contract in contracts(SUBSCRIPTIONS, TODAY):
        [bill, *_] = [each for each in bills(contract, HORIZON) if each.day > TODAY]
        total = bill.net + tax_of(contract, bill).total
        coming[f"{contract.key}-1"] = (bill, (bill.day, bill.net, total))
    return coming


def send_usage(world, coming):
    """Let the app send to Odoo what is used until the next bills, as Lago would count it."""
    rows = []
    for key, (bill, _) in coming.items():
        for due in bill.dues:
            if due.kind == "charge" and not due.is_true_up and due.units:
                start, end = (datetime.combine(day, time(), UTC) for day in (due.start, due.end))
                row = [key, due.code, start.isoformat(), end.isoformat(), str(due.units)]
                rows.append([*row, f"app:{start:%Y-%m-%d}"])
    for number, first in enumerate(range(0, len(rows), ROWS)):
        batch = {
            "format": 1, "service": SERVICE, "run": None, "key": f"app-{number}",
            "dry_run": False, "rows": rows[first : first + ROWS],
        }  # fmt: skip
        answer = world.rpc().execute_kw("fusion.billing.import.wizard", "load_usage", [batch])
        assert not answer["rows"], answer["rows"][:3]
    return len(rows)


def first_posted(world):
    """The first posted invoice of each subscription: its day, before and with tax."""
    found = {}
    for key, *invoice in world.sql(
        "SELECT DISTINCT o.x_fc_external_id, m.invoice_date, m.amount_untaxed::text,"
        " m.amount_total::text, m.id"
        " FROM account_move m JOIN account_move_line l ON l.move_id = m.id"
        " JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = l.id"
        " JOIN sale_order_line s ON s.id = r.order_line_id JOIN sale_order o ON o.id = s.order_id"
        " WHERE m.state = 'posted' AND m.move_type = 'out_invoice' ORDER BY m.id"
    ):
        day, net, total, _ = invoice
        found.setdefault(key, (day, Decimal(net), Decimal(total)))
    return found


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
    days = sorted({bill.day for bill, _ in coming.values()})
    odoo = world.scratch.odoo
    odoo.run_script(
        str(SCRIPT), str(odoo.settings), world.database, *map(str, days),
        log=tmp_path / "days.log",
    )  # fmt: skip
    posted = first_posted(world)
    wrong = defaultdict(tuple)
    for key, (_, expected) in coming.items():
        if posted.get(key) != expected:
            wrong[key] = (posted.get(key), expected)
    assert dict(wrong) == {}

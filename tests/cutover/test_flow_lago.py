"""A tenant with Lago's defaults goes live: Odoo's first invoices are Lago's next ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from deployments.sample.lago.tenant.biller import bills, tax_of
from deployments.sample.lago.tenant.defaults import SERVICE, contracts, default_document
from tests.cutover.dual_runs import run_dual_runs
from tests.lago_service import make_service, point_at

WIZARD = "fusion.billing.import.wizard"
SUBSCRIPTIONS = 60
TODAY = datetime.now(UTC).date()


@pytest.fixture
def lago(scratch, monkeypatch):
    return point_at(monkeypatch, scratch.serve_lago(default_document(SUBSCRIPTIONS, TODAY)))


def test_a_default_tenant_goes_live_and_its_first_invoices_are_lago_s_next_ones(
    world, lago, approving
):
    make_service(world)
    state = world.run(service=SERVICE)
    assert state.name == "Completed", state.message
    run_dual_runs(SERVICE)
    world.let_all_pay_by_invoice()

    from flows.cutover import cutover

    state = cutover(service=SERVICE, ask="terminal", stripe_ids=False, return_state=True)
    assert state.name == "Completed", state.message
    live = world.sql(
        "SELECT count(*) FROM fusion_billing_account_link WHERE billing_state = 'live'"
    )
    assert live == [(SUBSCRIPTIONS,)]

    held = {
        key: (day, Decimal(str(total)))
        for key, day, total in world.sql(
            "SELECT x_fc_external_id, next_invoice_date, amount_total FROM sale_order"
            " WHERE x_fc_external_id IS NOT NULL"
        )
    }
    wrong = {}
    for contract in contracts(SUBSCRIPTIONS, TODAY):
        coming = [each for each in bills(contract, TODAY + timedelta(days=120)) if each.day > TODAY]
        day, _total = held[f"{contract.key}-1"]
        if day != coming[0].day:
            wrong[contract.key] = (day, coming[0].day)
    assert wrong == {}

    # Lago still bills them, so nobody else can follow before that is mended.
    again = cutover(service=SERVICE, dry_run=True, return_state=True)
    assert "still active in Lago" in again.message


@pytest.mark.soak
def test_the_price_of_a_plan_without_usage_is_invoiced_to_the_cent(world, lago, approving):
    make_service(world)
    world.run(service=SERVICE)
    run_dual_runs(SERVICE)
    world.let_all_pay_by_invoice()

    from flows.cutover import cutover

    plain = [each for each in contracts(SUBSCRIPTIONS, TODAY) if not each.plan.charges]
    chosen = [each.key for each in plain]
    state = cutover(
        service=SERVICE, customers=chosen, ask="terminal", stripe_ids=False, return_state=True
    )
    assert state.name == "Completed", state.message
    horizon = TODAY + timedelta(days=95)
    world.rpc().execute_kw("sale.order", "invoice_due", [horizon.isoformat()])
    posted = {}
    for key, day, total in world.sql(
        "SELECT DISTINCT o.x_fc_external_id, m.invoice_date, m.amount_total"
        " FROM account_move m JOIN account_move_line l ON l.move_id = m.id"
        " JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = l.id"
        " JOIN sale_order_line s ON s.id = r.order_line_id JOIN sale_order o ON o.id = s.order_id"
        " WHERE m.state = 'posted'"
    ):
        posted.setdefault(key, []).append((day, Decimal(str(total))))
    wrong = {}
    for contract in plain:
        coming = [each for each in bills(contract, horizon) if each.day > TODAY]
        expected = [each.net + tax_of(contract, each).total for each in coming]
        found = [total for _, total in sorted(posted.get(f"{contract.key}-1", []))]
        if found != expected:
            wrong[contract.key] = (found, expected)
    assert wrong == {}

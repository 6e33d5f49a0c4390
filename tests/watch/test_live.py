"""The watch on customers who went live: what Odoo has posted is due, and each trouble is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest

from tasks.cutover import approval
from tests.cutover.dual_runs import run_dual_runs
from tests.cutover.people import decide

pytestmark = pytest.mark.soak

LATER = datetime.now(UTC) + timedelta(days=33)
POSTED = """
    SELECT DISTINCT m.id, l.external_id, m.amount_untaxed FROM account_move m
    JOIN account_move_line ml ON ml.move_id = m.id
    JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = ml.id
    JOIN sale_order_line s ON s.id = r.order_line_id JOIN sale_order o ON o.id = s.order_id
    JOIN fusion_billing_account_link l ON l.id = o.x_fc_account_link_id
    WHERE m.state = 'posted' AND m.amount_untaxed > 0 ORDER BY m.id"""


@pytest.fixture
def live(scratch, new_world, monkeypatch):
    """A month after the switch of all who were ready; Odoo has posted what was due."""
    world = new_world(scratch.new_nexacloud_database(100))
    run_dual_runs()
    world.let_all_pay_by_invoice()

    def read(_question):
        decide(world)
        return "yes"

    monkeypatch.setattr(approval, "ask_on_terminal", partial(approval.ask_on_terminal, read=read))
    from flows.cutover import cutover

    cutover(ask="terminal", stripe_ids=False, return_state=True)
    world.rpc().execute_kw("sale.order", "invoice_due", [LATER.date().isoformat()])
    monkeypatch.setattr("tasks.run.run._identity", lambda: (LATER, "later"))
    return world


def watched(**options):
    """Run the watch and give the name of its state."""
    from flows.watch import watch

    return watch(return_state=True, **options).name


def test_troubles_of_live_customers_are_named_and_nothing_else_is(live):
    """A leak, a double or a wrong tax after the switch that nobody is told of costs real money."""
    watched(closing_days=0)
    said = live.report("watch")
    assert said["watched"] > 5
    assert said["lines"] > 5
    assert troubles(live) == {}

    moves = live.rpc().env["account.move"]
    invoices = {customer: (key, Decimal(str(net))) for key, customer, net in live.sql(POSTED)}
    cancelled, dearer, twice, untaxed = list(invoices)[:4]

    def reopen(customer):
        move = moves.browse(invoices[customer][0])
        move.button_draft()
        return move

    reopen(cancelled).button_cancel()
    move = reopen(dearer)
    line = move.invoice_line_ids[0]
    line.write({"price_unit": line.price_unit + 7})
    move.action_post()
    copied = moves.with_context(include_business_fields=True).browse(invoices[twice][0]).copy()
    moves.browse(copied.id if hasattr(copied, "id") else copied).action_post()
    move = reopen(untaxed)
    move.invoice_line_ids.write({"tax_ids": [(5, 0, 0)]})
    move.action_post()

    assert watched(closing_days=0) == "WatchFoundTrouble"
    assert troubles(live) == {
        cancelled: {"not_billed"},
        dearer: {"other_amount"},
        twice: {"billed_twice"},
        untaxed: {"other_tax"},
    }
    rows = live.table("lines", "watch")
    stake = {key: sum(Decimal(r["stake"]) for r in rows if r["customer"] == key and r["trouble"])
             for key in (cancelled, dearer, twice)}  # fmt: skip
    assert stake == {cancelled: invoices[cancelled][1], dearer: 7, twice: invoices[twice][1]}


def troubles(world):
    found = {}
    for row in world.table("lines", "watch"):
        if row["trouble"]:
            found.setdefault(row["customer"], set()).add(row["trouble"])
    return found

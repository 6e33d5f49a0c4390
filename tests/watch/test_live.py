"""The watch on customers who went live: what Odoo has posted is due, and each trouble is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tasks.cutover import approval
from tests.cutover.dual_runs import run_dual_runs
from tests.cutover.people import decide

pytestmark = pytest.mark.soak

LATER = datetime.now(UTC) + timedelta(days=33)


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


def test_a_month_after_the_switch_what_is_due_is_posted(live):
    """A watch that alarms about nothing is soon not read."""
    watched(closing_days=0)
    said = live.report("watch")
    assert said["watched"] > 5
    assert said["lines"] > 5
    assert troubles(live) == {}


def troubles(world):
    found = {}
    for row in world.table("lines", "watch"):
        if row["trouble"]:
            found.setdefault(row["customer"], set()).add(row["trouble"])
    return found

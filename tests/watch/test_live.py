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


def test_a_month_after_the_switch_what_is_due_is_posted_and_what_is_broken_is_named(live):
    """A watch that alarms about nothing is soon not read; one that misses something is no watch."""
    watched(closing_days=0)
    said = live.report("watch")
    assert said["watched"] > 5
    assert said["lines"] > 5
    assert troubles(live) == {}

    posted = {
        (row["customer"], row["item"]): row
        for row in live.table("lines", "watch")
        if row["expected_amount"] and row["posted_amount"]
    }
    prices = [row for (_, item), row in posted.items() if item == "flat"]
    ways = (take_back, bill_again, bill_otherwise, tax_otherwise, end_at_the_source)
    broken = {}
    for way, row in zip(ways, prices, strict=False):
        broken[row["customer"]] = {way(live, row)}
    assert len(broken) == len(ways)
    assert watched(closing_days=0) != "Completed"
    assert troubles(live) == broken
    assert watched(closing_days=90) != "Completed"
    assert {"unpaid_closing"} in troubles(live).values()


def invoice(world, row):
    """The posted invoice of a line, and its line of the recurring price."""
    rpc = world.rpc()
    (move,) = rpc.execute_kw("account.move", "search", [[("name", "=", row["invoices"])]])
    wanted = [("move_id", "=", move), ("price_subtotal", "=", float(row["posted_amount"]))]
    return rpc, move, rpc.execute_kw("account.move.line", "search", [wanted])[0]


def take_back(world, row):
    rpc, move, _line = invoice(world, row)
    rpc.execute_kw("account.move", "button_draft", [[move]])
    return "not_billed"


def bill_again(world, row):
    rpc, move, _line = invoice(world, row)
    kept = {"context": {"include_business_fields": True}}
    made = rpc.execute_kw("account.move", "copy", [[move]], kept)
    made = made if isinstance(made, list) else [made]
    rpc.execute_kw("account.move", "write", [made, {"invoice_date": f"{LATER:%Y-%m-%d}"}])
    rpc.execute_kw("account.move", "action_post", [made])
    return "billed_twice"


def change_line(world, row, values):
    rpc, move, line = invoice(world, row)
    rpc.execute_kw("account.move", "button_draft", [[move]])
    rpc.execute_kw("account.move", "write", [[move], {"invoice_line_ids": [(1, line, values)]}])
    rpc.execute_kw("account.move", "action_post", [[move]])


def bill_otherwise(world, row):
    change_line(world, row, {"price_unit": float(row["posted_amount"]) + 5})
    return "other_amount"


def tax_otherwise(world, row):
    values = {"name": "Eighty", "amount": 80, "type_tax_use": "sale"}
    change_line(
        world,
        row,
        {"tax_ids": [(6, 0, [world.rpc().execute_kw("account.tax", "create", [values])])]},
    )
    return "other_tax"


def end_at_the_source(world, row):
    world.source_sql(
        "UPDATE subscriptions SET status = 'canceled',"
        f" canceled_at = '{row['period_start']}'::timestamptz - interval '1 day'"
        f" WHERE id = '{row['subscription']}'"
    )
    return "billed_after_end"


def troubles(world):
    found = {}
    for row in world.table("lines", "watch"):
        if row["trouble"]:
            found.setdefault(row["customer"], set()).add(row["trouble"])
    return found

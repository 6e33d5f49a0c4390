"""A cutover on a real Odoo: gate, approval, a kill in the middle, and the way back."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.states import Crashed

from tests.cutover.dual_runs import run_dual_runs
from tests.cutover.people import decide
from tests.flow_world import ROOT, World

PILOT = 12
LIVE = "SELECT external_id FROM fusion_billing_account_link WHERE billing_state = 'live'"
MOVES = """
    SELECT l.external_id, count(*) FROM fusion_billing_cutover_move m
    JOIN fusion_billing_account_link l ON l.id = m.link_id GROUP BY 1"""
ORDERS = """
    SELECT o.x_fc_nexacloud_subscription_id, o.state, o.x_fc_shadow, o.next_invoice_date
    FROM sale_order o JOIN fusion_billing_account_link l ON l.id = o.x_fc_account_link_id
    WHERE l.external_id = ANY(ARRAY[{}])"""


def quoted(ids):
    return ", ".join(f"'{each}'" for each in ids)


def pilot_of(world: World, number: int = PILOT) -> list[str]:
    """Give so many customers who are ready, or all who are, as a dry run says."""
    output, _ = (process := world.start("--dry-run", flow="cutover")).communicate()
    assert process.returncode == 0, output
    rows = world.table("readiness", "cutover")
    return [row["customer"] for row in rows if row["ready"] == "yes"][:number]


@pytest.fixture(scope="module")
def copied(scratch):
    """A sample and the Odoo that it was loaded into, with three dual runs; made once."""
    return {"dsns": scratch.new_nexacloud_database(100)}


@pytest.fixture
def world(copied, new_world: Callable[..., World]) -> World:
    """An Odoo with a copy and three dual runs, and nobody live."""
    if "database" not in copied:
        made = new_world(copied["dsns"])
        run_dual_runs()
        made.let_all_pay_by_invoice()
        copied["pilot"] = pilot_of(made)
        copied["database"] = made.scratch.new_odoo_database(made.database)
    return new_world(copied["dsns"], copied["database"])


def start(world: World, pilot: list[str], *options: str) -> subprocess.Popen[str]:
    customers = ("--customers", ",".join(pilot), "--batch-customers", "1")
    return world.start(*customers, "--ask", "form", *options, flow="cutover")


def paused(process: subprocess.Popen[str]) -> UUID:
    """Wait for the run that waits for an approval."""
    named = FlowFilter(name=FlowFilterName(any_=["cutover"]))
    with get_client(sync_client=True) as client:
        while True:
            assert process.poll() is None, process.communicate()[0]
            for run in client.read_flow_runs(flow_filter=named):
                if run.state and run.state.is_paused():
                    return run.id
            time.sleep(0.2)


def answer(run: UUID, **given: str) -> None:
    with get_client(sync_client=True) as client:
        client.resume_flow_run(run, run_input={"note": "", **given})


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=300)
    return process.returncode, output


def test_without_dual_runs_nobody_is_even_asked(world, copied):
    world.sql("UPDATE fusion_billing_cycle SET state = 'arriving', key = id::text")
    code, output = ended(start(world, copied["pilot"]))
    assert code == 3
    assert "The gate is closed" in output
    assert "0 dual runs in a row are on record; 3 are required." in output
    assert world.sql(LIVE) == []
    assert world.sql("SELECT count(*) FROM fusion_billing_approval") == [(0,)]


def test_a_yes_in_the_form_is_no_approval_and_a_no_in_odoo_switches_nobody(world, copied):
    process = start(world, copied["pilot"])
    answer(paused(process), who="Eve", decision="yes")
    code, output = ended(process)
    assert code == 3
    assert "Nobody has approved it in Odoo" in output
    assert world.sql("SELECT count(*) FROM fusion_billing_approval") == [(0,)]

    process = start(world, copied["pilot"])
    run = paused(process)
    decide(world, "no", "Not before May.")
    answer(run, who="Eve", decision="yes")
    code, output = ended(process)
    assert (code, "Ada Roy said no. Not before May." in output) == (3, True)
    assert world.sql(LIVE) == []


def test_who_is_not_ready_waits_and_is_told_with_the_reason_and_the_revenue(world, copied):
    ready, cancelled = copied["pilot"][:2]
    world.sql(
        "UPDATE sale_order SET state = 'cancel' WHERE x_fc_account_link_id ="
        f" (SELECT id FROM fusion_billing_account_link WHERE external_id = '{cancelled}')"
    )
    process = start(world, [ready, cancelled, "nobody"])
    run = paused(process)
    decide(world)
    answer(run, decision="yes")
    code, output = ended(process)
    assert code == 0, output
    assert world.sql(LIVE) == [(ready,)]
    rows = {row["customer"]: row for row in world.table("readiness", "cutover")}
    assert {key: row["ready"] for key, row in rows.items()} == {
        ready: "yes",
        cancelled: "no",
        "nobody": "no",
    }
    assert "its order in Odoo was cancelled" in rows[cancelled]["reasons"]
    assert float(rows[ready]["revenue"]) > 0
    assert "2 are not ready" in output


@pytest.mark.soak
def test_who_left_since_the_copy_is_not_billed_by_odoo(world, copied):
    stays, left = copied["pilot"][:2]
    process = start(world, [stays, left])
    run = paused(process)
    kept = world.source_sql(
        "SELECT id::text, status FROM subscriptions"
        f" WHERE user_id::text = '{left}' AND status IN ('active', 'trialing', 'past_due')"
    )
    ids = quoted(key for key, _ in kept)
    world.source_sql(f"UPDATE subscriptions SET status = 'canceled' WHERE id::text IN ({ids})")
    try:
        decide(world)
        answer(run, decision="yes")
        code, output = ended(process)
    finally:
        for key, status in kept:
            world.source_sql(f"UPDATE subscriptions SET status = '{status}' WHERE id = '{key}'")
    assert code == 3, output
    assert world.sql(LIVE) == [(stays,)]
    assert [
        row["Code"] for row in world.table("outcomes", "cutover") if row["Customer"] == left
    ] == ["not_billed_there"]


@pytest.mark.soak
def test_a_killed_cutover_retried_leaves_each_customer_live_once_and_one_can_return(world, copied):
    pilot = copied["pilot"]
    process = start(world, pilot)
    run = paused(process)
    decide(world)
    answer(run, decision="yes")
    enough = random.Random(7).randint(1, len(pilot) - 2)
    while len(world.sql(LIVE)) < enough:
        assert process.poll() is None, process.communicate()[0]
    process.kill()
    process.communicate()
    assert 0 < len(world.sql(LIVE)) < len(pilot)
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run, Crashed(message="Its process is gone."), force=True)

    # A run without a deployment is retried where its code is; nobody is asked a second time.
    retry = ["prefect", "flow-run", "retry", str(run), "--entrypoint", "flows/cutover.py:cutover"]
    done = subprocess.run(
        [sys.executable, "-m", *retry],
        cwd=ROOT,
        env=os.environ | world.environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(run).state
    assert state.name == "Completed", state.message
    assert {key for (key,) in world.sql(LIVE)} == set(pilot)
    assert dict(world.sql(MOVES)) == dict.fromkeys(pilot, 1)
    approvals = world.sql("SELECT decision, who, digest <> '' FROM fusion_billing_approval")
    assert approvals == [("yes", "Ada Roy", True)]

    billed = dict(world.source_sql("SELECT id::text, current_period_end FROM subscriptions"))
    zone = "America/Toronto"
    for subscription, order, shadow, invoiced in world.sql(ORDERS.format(quoted(pilot))):
        assert (order, shadow) == ("sale", False)
        end = world.source_sql(
            f"SELECT (timestamptz '{billed[subscription]}' AT TIME ZONE '{zone}')::date"
        )[0][0]
        assert abs((invoiced - end).days) <= 1, subscription
    assert world.report("cutover")["finished"]["live"] == len(pilot)

    # The copy goes on for those in shadow; what is live is not taken for a shadow gone wrong.
    assert world.run().name == "CompletedWithQuarantine"
    assert world.report()["readback"]["safe"] is True

    posted, free = pilot[:2]
    until = datetime.now(UTC).date().replace(year=2027).isoformat()
    # Ten years from now nobody is due but the one who is to be invoiced.
    world.sql(
        "UPDATE sale_order SET next_invoice_date = next_invoice_date + interval '10 years'"
        " WHERE x_fc_account_link_id NOT IN (SELECT id FROM fusion_billing_account_link"
        f" WHERE external_id = '{posted}')"
    )
    world.rpc().execute_kw("sale.order", "invoice_due", [until])
    back = world.start(
        "--rollback", "--customers", f"{posted},{free}", "--who", "Ada Roy", "--reason", "test",
        flow="cutover",
    )  # fmt: skip
    code, output = ended(back)
    assert code == 3, output
    assert "1 returned" in output
    assert "invoice_posted" in output
    assert {key for (key,) in world.sql(LIVE)} == set(pilot) - {free}

"""A cutover killed at random moments, before and after the approval, ends as a clean one does.

How many kills and at which moments: see ``test_kills``; half of them come before the approval.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Crashed

from tests.cutover.dual_runs import run_dual_runs
from tests.cutover.people import decide
from tests.cutover.test_flow import LIVE, MOVES, answer, paused, pilot_of, start
from tests.flow_world import ROOT, World
from tests.run.test_kills import KILLS, SEED, digest

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3 * 60 * 60)]

PILOT = 30
#: What is on record of the switch, and what it makes Odoo bill, without ids and times.
APPROVALS = "SELECT decision, who FROM fusion_billing_approval"
INVOICES = """
    SELECT k.external_id, m.state, m.move_type, m.invoice_date, m.amount_total::text,
           count(l.id), string_agg(l.name || l.price_subtotal::text, '|' ORDER BY l.name, l.id)
    FROM account_move m
    JOIN fusion_billing_account_link k ON k.partner_id = m.partner_id
    LEFT JOIN account_move_line l ON l.move_id = m.id AND l.display_type = 'product'
    GROUP BY k.external_id, m.id"""


def retry(world: World, run: UUID) -> subprocess.Popen[str]:
    """Retry a run whose process is gone, in a new process."""
    _give_up(run)
    command = ["flow-run", "retry", str(run), "--entrypoint", "flows/cutover.py:cutover"]
    return subprocess.Popen(
        [sys.executable, "-m", "prefect", *command],
        cwd=ROOT,
        env=os.environ | world.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(world: World, run: UUID, process: subprocess.Popen[str]) -> dict[str, object]:
    """Wait for the end of a switch, bill what is due after it, and give what there is then."""
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(run).state
    assert state is not None
    assert state.name == "Completed", state.message
    due = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    world.rpc().execute_kw("sale.order", "invoice_due", [due])
    queries = {"live": LIVE, "moves": MOVES, "approvals": APPROVALS, "invoices": INVOICES}
    found = {name: sorted(map(repr, world.sql(query))) for name, query in queries.items()}
    assert found["invoices"]
    return digest(world) | found


def test_killed_cutover_ends_like_a_clean_one(new_world, sample, scratch):
    prepared = new_world(sample)
    run_dual_runs()
    prepared.let_all_pay_by_invoice()
    pilot = pilot_of(prepared, PILOT)
    assert len(pilot) == PILOT
    ready = scratch.new_odoo_database(prepared.database)

    clean = new_world(sample, ready)
    began = time.monotonic()
    process = start(clean, pilot)
    run = paused(process)
    seconds_to_ask = time.monotonic() - began
    decide(clean)
    answer(run, decision="yes")
    began = time.monotonic()
    process.wait(timeout=600)
    seconds_to_switch = time.monotonic() - began
    expected = ended(clean, run, process)

    moments = random.Random(f"{SEED} cutover")
    world = new_world(sample, ready)
    for _ in range(KILLS // 2):
        process = start(world, pilot)
        _kill_after(process, moments.uniform(0, seconds_to_ask))
        _give_up_those_that_wait()
    assert world.sql(LIVE) == []
    process = start(world, pilot)
    run = paused(process)
    decide(world)
    answer(run, decision="yes")
    for _ in range(KILLS - KILLS // 2):
        # Also one that was done already: to retry it changes nothing.
        _kill_after(process, moments.uniform(0, seconds_to_switch))
        process = retry(world, run)
    assert ended(world, run, process) == expected


def _kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    time.sleep(seconds)
    process.kill()
    process.communicate()


def _give_up(run: UUID) -> None:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run, Crashed(message="Its process is gone."), force=True)


def _give_up_those_that_wait() -> None:
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs():
            if run.state and (run.state.is_paused() or run.state.is_running()):
                client.set_flow_run_state(run.id, Crashed(message="Gone."), force=True)

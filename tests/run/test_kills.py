"""Twenty kills at random moments, of whatever runs: the end is that of one clean run, by digest.

``SOAK_KILLS`` is how many, ``SOAK_SEED`` chooses the moments; a failure names both.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.flow_world import World
from tests.webhooks.outbox import Outbox
from tests.webhooks.receiver import Receiver

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3 * 60 * 60)]

KILLS = int(os.environ.get("SOAK_KILLS", "20"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
_PATIENCE_SECONDS = 600
#: What a reconciliation leaves, without ids and times.
DIFFERENCES = """
    SELECT service.code, line.customer, line.item, line.period_start, line.odoo_amount::text,
           line.external_amount::text, line.cause, line.status
    FROM fusion_billing_reconciliation line
    JOIN fusion_billing_service service ON service.id = line.service_id"""
#: A cycle is added by each run that gets so far, also if it is killed after it: all say the same.
CYCLES = """
    SELECT DISTINCT period_start, period_end, green, line_count, reasons
    FROM fusion_billing_cycle WHERE state = 'recorded'"""
READINESS = "SELECT external_id, ready, readiness_codes FROM fusion_billing_account_link"


@dataclass(frozen=True)
class Flow:
    """A flow, what it is run with, and what has to have been run before."""

    name: str
    options: tuple[str, ...]
    after: tuple[str, ...] = ()


BACKFILL = Flow("backfill", ("--batch-rows", "20"))
USAGE = Flow("usage", ("--batch-rows", "50"), ("backfill",))
RECONCILE = Flow(
    "reconcile", ("--period", "2026-08", "--max-unexplained-share", "1"), ("backfill", "usage")
)
DUAL_RUN = Flow("dual-run", ("--period", "2026-08"))
FLOWS = {flow.name: flow for flow in (BACKFILL, USAGE, RECONCILE, DUAL_RUN)}


def run(world: World, flow: Flow) -> float:
    """Run a flow to its end; gives how long it took, in seconds."""
    begun = time.monotonic()
    process = world.start(*flow.options, flow=flow.name)
    output, _ = process.communicate(timeout=_PATIENCE_SECONDS)
    # A dual run of the sample is not green: its differences are put in on purpose.
    assert process.returncode in ({0, 1, 4} if flow.name == "dual-run" else {0}), output
    return time.monotonic() - begun


def digest(world: World) -> dict[str, str]:
    """A digest of each kind of thing that the business sees."""
    kinds: dict[str, Any] = world.business()
    queries = (("differences", DIFFERENCES), ("cycles", CYCLES), ("readiness", READINESS))
    for name, query in queries:
        kinds[name] = sorted(map(repr, world.sql(query)))
    return {name: hashlib.sha256(repr(rows).encode()).hexdigest() for name, rows in kinds.items()}


@pytest.fixture(scope="module")
def clean() -> dict[str, tuple[dict[str, str], float, str]]:
    """Digest, seconds and database before the run, of one undisturbed run of each flow."""
    return {}


@pytest.fixture
def disturbed(clean, new_world, sample, scratch) -> Callable[[Flow], World]:
    """Make a world that is ready for a flow; its clean run is in ``clean``."""

    def make(flow: Flow) -> World:
        if flow.name not in clean:
            before = new_world(sample)
            for name in flow.after:
                run(before, FLOWS[name])
            # A database that was cloned lets nobody in any more.
            ready = scratch.new_odoo_database(before.database)
            undisturbed = new_world(sample, ready)
            seconds = run(undisturbed, flow)
            clean[flow.name] = (digest(undisturbed), seconds, ready)
        return new_world(sample, clean[flow.name][2])

    return make


@pytest.mark.parametrize("flow", FLOWS.values(), ids=lambda flow: flow.name)
def test_killed_flow_ends_like_a_clean_run(disturbed, clean, flow):
    world = disturbed(flow)
    expected, seconds, _ready = clean[flow.name]
    moments = random.Random(f"{SEED} {flow.name}")
    for _ in range(KILLS):
        process = world.start(*flow.options, flow=flow.name)
        time.sleep(moments.uniform(0, seconds))
        process.kill()
        process.communicate()
    run(world, flow)
    assert digest(world) == expected


@pytest.mark.parametrize("victim", ["odoo", "postgres"])
@pytest.mark.parametrize("flow", [BACKFILL, USAGE], ids=lambda flow: flow.name)
def test_flow_whose_server_is_killed_ends_like_a_clean_run(disturbed, clean, scratch, flow, victim):
    world = disturbed(flow)
    expected, seconds, _ready = clean[flow.name]
    moments = random.Random(f"{SEED} {flow.name} {victim}")
    kill = scratch.kill_odoo if victim == "odoo" else scratch.kill_postgres
    for _ in range(KILLS):
        process = world.start(*flow.options, flow=flow.name)
        time.sleep(moments.uniform(0, seconds))
        kill()
        output, _ = process.communicate(timeout=_PATIENCE_SECONDS)
        # It ended by itself, with a report and a sentence, whatever went away.
        assert process.returncode in {0, 1, 2}, output
        assert "Traceback" not in output
    run(world, flow)
    assert digest(world) == expected


@pytest.mark.parametrize("flow", [BACKFILL, USAGE, RECONCILE], ids=lambda flow: flow.name)
def test_two_at_once_of_which_one_is_killed_end_like_a_clean_run(disturbed, clean, flow):
    world = disturbed(flow)
    expected, seconds, _ready = clean[flow.name]
    moments = random.Random(f"{SEED} {flow.name} two")
    for _ in range(max(1, KILLS // 5)):
        processes = [world.start(*flow.options, flow=flow.name) for _ in range(2)]
        time.sleep(moments.uniform(0, seconds))
        processes[0].kill()
        for process in processes:
            process.communicate(timeout=_PATIENCE_SECONDS)
    run(world, flow)
    assert digest(world) == expected


def test_killed_delivery_loses_no_message_and_the_app_knows_those_that_come_again(
    new_world, sample
):
    world = new_world(sample)
    outbox = Outbox(world.scratch, world.database)
    outbox.set_up(most_attempts=100)
    moments = random.Random(f"{SEED} webhooks")
    with Receiver() as receiver:
        endpoint = outbox.new_endpoint(receiver.url, "kills")
        for _ in range(KILLS):
            outbox.fill(endpoint, 100, customers=20, subscriptions=40)
            process = world.start(flow="webhooks")
            time.sleep(moments.uniform(0, 10))
            process.kill()
            process.communicate()
            if moments.random() < 0.2:
                world.scratch.kill_odoo()
        # What a killed server had taken is anybody's again when its lease ends.
        outbox.sql("UPDATE fusion_billing_webhook SET lease_until = NULL, leased_by = NULL")
        run(world, Flow("webhooks", ()))
    assert outbox.states(endpoint) == {"delivered": 100 * KILLS}
    keys = {arrival.key for arrival in receiver.acknowledged}
    assert len(keys) == 100 * KILLS

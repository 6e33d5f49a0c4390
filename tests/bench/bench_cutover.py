"""A cutover of many customers, killed at random moments and retried: each is live exactly once.

It ends with what it took, or with what is wrong. Odoo has two workers, Prefect runs on PostgreSQL.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.states import Crashed

from deployments.local.places import PROJECT, Places
from deployments.local.scratch import Scratch
from tests.bench.flow_run import children_cpu
from tests.bench.meter import print_table
from tests.cutover.dual_runs import months_before
from tests.cutover.people import decide
from tests.cutover.test_flow import LIVE, MOVES, pilot_of
from tests.flow_world import World, flow_environment

_BATCH_CUSTOMERS = "20"


def shell(world: World, *command: str) -> subprocess.Popen[str]:
    """Start a command with the world's environment."""
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=PROJECT,
        env=os.environ | world.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def approve(client: SyncPrefectClient, world: World) -> UUID:
    """Wait for the form, approve in Odoo as a second person, and say so."""
    while True:
        for run in client.read_flow_runs():
            if run.state and run.state.is_paused():
                decide(world)
                client.resume_flow_run(run.id, run_input={"decision": "yes"})
                return run.id
        time.sleep(0.3)


def kill_at(process: subprocess.Popen[str], world: World, number: int) -> bool:
    """Kill the process once so many are live; tells whether it was still running."""
    while len(world.sql(LIVE)) < number:
        if process.poll() is not None:
            return False
    process.kill()
    process.communicate()
    return True


def cut_over(world: World, pilot: list[str], kills: int) -> None:
    """Switch everybody, killed so often, and check the end."""
    random.seed(7)
    moments = sorted(random.sample(range(1, len(pilot) - int(_BATCH_CUSTOMERS)), kills))
    with SyncPrefectClient(world.environment["PREFECT_API_URL"]) as client:
        began, used = time.perf_counter(), children_cpu()
        options = ["--customers", ",".join(pilot), "--batch-customers", _BATCH_CUSTOMERS]
        process = shell(world, "flows", "cutover", *options, "--ask", "form")
        run = approve(client, world)
        done = 0
        for moment in moments:
            done += kill_at(process, world, moment)
            print(f"killed with {len(world.sql(LIVE)):,} live", flush=True)
            client.set_flow_run_state(run, Crashed(message="killed"), force=True)
            entrypoint = ["--entrypoint", "flows/cutover.py:cutover"]
            process = shell(world, "prefect", "flow-run", "retry", str(run), *entrypoint)
        output, _ = process.communicate()
        state = client.read_flow_run(run).state
        if state is None or state.name != "Completed":
            raise SystemExit(f"ended as {state}: {output[-2000:]}")
    took = time.perf_counter() - began
    # Of the client alone: the servers also answer how many are live, again and again.
    pace = len(pilot) / (children_cpu() - used)
    if {key for (key,) in world.sql(LIVE)} != set(pilot):
        raise SystemExit("not everybody, or somebody else, is live")
    if dict(world.sql(MOVES)) != dict.fromkeys(pilot, 1):
        raise SystemExit("somebody was switched more than once")
    counted = world.sql("SELECT count(*) FROM fusion_billing_approval")[0][0]
    print(f"All live exactly once; {counted} approval on record; {state.message}")
    line = [f"killed {done} of {kills} times", f"{len(pilot):,}", f"{took:.0f}", f"{pace:.1f}"]
    print_table("Cutover", ["cutover", "customers", "wall s", "customers/CPU-s"], [line])


def main(arguments: list[str] | None = None) -> None:
    """Make a world and cut it over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=10)
    options = parser.parse_args(arguments)
    scratch = Scratch(Path(Places.from_environment().cache), workers=2)
    try:
        # Some of the sample are dirty, or pay for nothing.
        admin, reader = scratch.new_nexacloud_database(options.customers * 4 // 3)
        with tempfile.TemporaryDirectory() as reports:
            environment = flow_environment(
                scratch,
                scratch.new_odoo_database(),
                reader,
                Path(reports),
                f"{scratch.prefect_url}/api",
            )
            world = World(scratch, admin, environment["ODOO_DB"], Path(reports), environment)
            for month in months_before(datetime.now(UTC), 3):
                output, _ = (
                    process := world.start("--period", month, flow="dual-run")
                ).communicate()
                if process.returncode not in {0, 4}:
                    raise SystemExit(output[-2000:])
            world.let_all_pay_by_invoice()
            cut_over(world, pilot_of(world, options.customers), options.kills)
    finally:
        scratch.close()


if __name__ == "__main__":
    main()

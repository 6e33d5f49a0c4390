"""`python -m deployments.local`: what a person loses when the stack does not come or go."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import psutil
import psycopg2
import pytest

from deployments.local.places import PROJECT, Places
from deployments.sample.periods import billed_months
from tasks.clients.odoo import webhooks as odoo_webhooks
from tasks.clients.odoo.connection import Odoo, OdooAccess


class LocalStack:
    """The command line on a state folder of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        env = {
            **os.environ,
            "NEXA_CACHE_DIR": str(Places.from_environment().cache),
            "NEXA_STATE_DIR": str(self.state),
            **variables,
        }
        return subprocess.run(
            [sys.executable, "-m", "deployments.local", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=PROJECT,
            env=env,
        )

    def up(self) -> subprocess.CompletedProcess[str]:
        return self.run("up", "--no-prefect", "--no-fsync", "--customers", "60")

    def content(self) -> dict[str, object]:
        return json.loads((self.state / "stack.json").read_text())

    def pids(self) -> dict[str, int]:
        return self.content()["_internal"]["pids"]


@pytest.fixture(scope="module")
def local_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    stack = LocalStack(tmp_path_factory.mktemp("stack"))
    try:
        started = stack.up()
        assert started.returncode == 0, started.stderr
        yield stack
    finally:
        stack.run("down", "--delete-data")


def _is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_up_writes_stack_json_for_the_owner_only(local_stack: LocalStack) -> None:
    path = local_stack.state / "stack.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(local_stack.content()) == {
        "nexacloud_dsn",
        "odoo_url",
        "odoo_db",
        "odoo_user",
        "odoo_password",
        "lago_url",
        "lago_api_key",
        "prefect_url",
        "service_api_key",
        "_internal",
    }


def test_up_second_time_keeps_the_running_processes(local_stack: LocalStack) -> None:
    before = local_stack.pids()
    again = local_stack.up()
    assert again.returncode == 0
    assert "running already" in again.stderr
    assert local_stack.pids() == before


def test_up_shows_no_secret_in_any_argument(local_stack: LocalStack) -> None:
    secrets = json.loads((local_stack.state / "launcher.json").read_text())["passwords"].values()
    for pid in local_stack.pids().values():
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            assert not any(secret in " ".join(process.cmdline()) for secret in secrets)


def test_env_evaluated_by_a_shell_gives_the_flows_variables(local_stack: LocalStack) -> None:
    exports = local_stack.run("env").stdout
    shell = subprocess.run(
        ["sh", "-c", f"{exports}\nprintf '%s' \"$NEXACLOUD_DSN $ODOO_URL $LAGO_API_URL\""],
        capture_output=True,
        text=True,
        check=True,
        env={},
    )
    content = local_stack.content()
    expected = [content[name] for name in ("nexacloud_dsn", "odoo_url", "lago_url")]
    assert shell.stdout == " ".join(expected)


def test_sample_ends_where_the_month_began_in_which_it_was_made(local_stack: LocalStack) -> None:
    memory = json.loads((local_stack.state / "launcher.json").read_text())
    as_of = date.fromisoformat(memory["sample_as_of"])
    assert as_of in {
        (datetime.now(UTC) - timedelta(days=days)).date().replace(day=1) for days in (0, 1)
    }
    assert f"SAMPLE_MONTHS={billed_months(as_of)}" in local_stack.run("env").stdout
    with closing(psycopg2.connect(str(local_stack.content()["nexacloud_dsn"]))) as source:
        cursor = source.cursor()
        # A few of the sample's records end in a year with two digits swapped.
        cursor.execute("SELECT max(period_end) FROM usage_records WHERE period_end < '2062-01-01'")
        assert cursor.fetchone() == (datetime.combine(as_of, time(), UTC),)


def test_status_running_names_every_part(local_stack: LocalStack) -> None:
    status = local_stack.run("status")
    assert status.returncode == 0
    assert "postgres       running" in status.stdout
    assert "odoo           running" in status.stdout
    assert "lago           running" in status.stdout


def test_declined_card_suspends_the_deployment_and_a_payment_restores_it(
    local_stack: LocalStack,
) -> None:
    """The loop of ``make demo``, with Odoo's own delivery in the place of the flow."""
    content = local_stack.content()
    names = ("nexacloud_dsn", "odoo_url", "odoo_db", "odoo_user", "odoo_password")
    access = [str(content[name]) for name in names]
    environment = dict(zip((name.upper() for name in names), access, strict=True))
    odoo = Odoo(OdooAccess(*access[1:]))

    def pilot(step: str) -> str:
        command = [sys.executable, "-m", "deployments.sample.pilot", step]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=PROJECT,
            env={**os.environ, **environment},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().rpartition(" ")[2]

    def deliver() -> None:
        outcomes = {
            each.outcome
            for each in odoo_webhooks.deliver(odoo, limit=100, worker="test", service="pilot")[0]
        }
        assert outcomes == {"delivered"}

    assert pilot("subscribe") == "running."
    assert pilot("refuse") == "running."
    deliver()
    assert pilot("deployment") == "suspended."
    assert pilot("pay") == "suspended."
    deliver()
    assert pilot("deployment") == "running."
    # The demo can be shown again: another month is invoiced.
    assert pilot("subscribe") == "running."


def test_up_after_odoo_was_killed_brings_back_the_same_stack(local_stack: LocalStack) -> None:
    before = local_stack.content()
    os.kill(local_stack.pids()["odoo"], signal.SIGKILL)
    assert local_stack.run("status").returncode == 1
    again = local_stack.up()
    assert again.returncode == 0, again.stderr
    after = local_stack.content()
    assert after["odoo_password"] == before["odoo_password"]
    assert after["nexacloud_dsn"] == before["nexacloud_dsn"]
    assert local_stack.run("status").returncode == 0


def test_down_stops_its_own_processes_and_nobody_elses(local_stack: LocalStack) -> None:
    ours = [
        process
        for pid in local_stack.pids().values()
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    ]
    with subprocess.Popen(["sleep", "300"], start_new_session=True) as stranger:
        try:
            assert local_stack.run("down").returncode == 0
            assert not [process for process in ours if _is_alive(process)]
            assert stranger.poll() is None
        finally:
            stranger.kill()
    assert not (local_stack.state / "stack.json").exists()
    assert local_stack.run("down").returncode == 0


def test_up_with_a_wrong_odoo_home_says_so_in_a_sentence(tmp_path: Path) -> None:
    failed = LocalStack(tmp_path / "state").run("up", ODOO_HOME=str(tmp_path))
    assert failed.returncode == 2
    assert f"ODOO_HOME ({tmp_path}) holds no Odoo" in failed.stderr
    assert "Traceback" not in failed.stderr

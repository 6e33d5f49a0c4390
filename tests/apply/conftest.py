"""A Prefect with everything deployed and a worker, a NexaCloud, an Odoo, and someone to alert."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.states import Crashed

from deployments.local.processes import Service
from deployments.local.scratch import Scratch
from tests.flow_world import flow_environment, run_sql

ROOT = Path(__file__).parents[2]
CUSTOMERS = 150
_PATIENCE_SECONDS = 240


@dataclass
class Receiver:
    """A chat's webhook: it remembers the texts that were posted to it."""

    texts: list[str] = field(default_factory=list)

    def start(self) -> tuple[ThreadingHTTPServer, str]:
        texts = self.texts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["content-length"])
                texts.append(json.loads(self.rfile.read(size))["text"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server, f"http://127.0.0.1:{server.server_port}/hook"


@dataclass
class Operation:
    """What an operator has: a shell, Prefect, and a worker that may be killed."""

    scratch: Scratch
    environment: dict[str, str]
    reports: Path
    nexacloud: str
    receiver: Receiver
    worker: Service

    @property
    def client(self) -> SyncPrefectClient:
        return SyncPrefectClient(f"{self.scratch.prefect_url}/api")

    def shell(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of Python's path with the operator's environment."""
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def run(self, deployment: str, *options: str) -> tuple[UUID, int]:
        """Run a deployment and wait for it; gives the flow run and the exit code."""
        done = self.shell("prefect", "deployment", "run", deployment, "--watch", *options)
        return _uuid(done.stdout + done.stderr), done.returncode

    def begin(self, deployment: str, *options: str) -> UUID:
        """Schedule a run of a deployment."""
        done = self.shell("prefect", "deployment", "run", deployment, *options)
        assert done.returncode == 0, done.stderr
        return _uuid(done.stdout)

    def wait(self, run: UUID, test: Callable[[Any], bool]) -> Any:
        """Wait until the flow run is as wanted, and give it."""
        with self.client as client:
            return eventually(
                lambda: (found := client.read_flow_run(run)) and test(found) and found
            )

    def tasks(self, run: UUID) -> list[tuple[str, str]]:
        """Name every task run of a flow run, with its state's name."""
        with self.client as client:
            found = client.read_task_runs(
                flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run]))
            )
        return [(each.name, each.state.name) for each in found if each.state]

    def artifacts(self, run: UUID) -> set[str]:
        """Name the artifacts of a flow run."""
        from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

        chosen = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
        with self.client as client:
            return {each.key for each in client.read_artifacts(artifact_filter=chosen)}

    def report(self, flow: str) -> dict[str, Any]:
        """The newest run's summary.json."""
        path = self.reports / flow / "latest" / "summary.json"
        return json.loads(path.read_text(encoding="utf-8"))

    def order_keys(self) -> list[str]:
        """The external id of every order that was loaded."""
        statement = "SELECT x_fc_external_id FROM sale_order WHERE x_fc_external_id IS NOT NULL"
        return [key for (key,) in self.sql(statement)]

    def kill_worker(self, run: UUID) -> None:
        """Kill the worker and the process of its run, as a lost machine would."""
        processes = psutil.Process(self.worker.pid).children(recursive=True)
        for process in [psutil.Process(self.worker.pid), *processes]:
            process.kill()
        # What the automation does some minutes later, when the run's heartbeat is missed.
        with self.client as client:
            client.set_flow_run_state(run, Crashed(message="Its process is gone."), force=True)

    def start_worker(self) -> None:
        self.worker = self.scratch.start_worker()

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement in Odoo's database."""
        return run_sql(self.scratch.odoo.cluster.dsn(self.environment["ODOO_DB"]), statement)


def eventually(wanted: Callable[[], Any]) -> Any:
    """Ask again and again until there is an answer; fails after some minutes."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := wanted():
            return found
        time.sleep(0.2)
    raise AssertionError("it did not happen in time")


def _uuid(text: str) -> UUID:
    found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text)
    assert found, text
    return UUID(found[0])


@pytest.fixture(scope="session")
def operation(scratch: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    """Everything applied, and a worker that waits for runs."""
    admin, reader = scratch.new_nexacloud_database(CUSTOMERS)
    receiver = Receiver()
    server, hook = receiver.start()
    reports = tmp_path_factory.mktemp("reports")
    prefect_url = f"{scratch.prefect_url}/api"
    database = scratch.new_odoo_database()
    environment = flow_environment(scratch, database, reader, reports, prefect_url) | {
        "NOTIFY_URL": hook,
        "PREFECT_HOME": str(reports / "prefect"),
        "DO_NOT_TRACK": "1",
    }
    worker = scratch.start_worker()
    operation = Operation(scratch, environment, reports, admin, receiver, worker)
    yield operation
    operation.worker.stop()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def deployed(operation: Operation) -> Operation:
    """The same, with all deployments applied by the one command."""
    done = operation.shell("deployments.apply")
    assert done.returncode == 0, done.stdout + done.stderr
    return operation

"""Prefect in the stack: its server with the UI, the deployments, and a worker that runs them.

As a program it is the worker itself (``python -m deployments.local.prefect_parts start ...``).
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from deployments.local.places import PROJECT
from deployments.local.postgres import Cluster
from deployments.local.processes import Service, run, start

ROLE = DATABASE = "prefect"
POOL = "nexa"
_APPLY_SECONDS = 300
_QUERY_SECONDS = "2"


def create_database(cluster: Cluster, password: str) -> None:
    """Create Prefect's role and database; a second call only sets the password."""
    exists = cluster.has_database(DATABASE)
    verb = "ALTER" if exists else "CREATE"
    cluster.sql(f"{verb} ROLE {ROLE} LOGIN PASSWORD '{password}'")
    if not exists:
        cluster.sql(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def start_prefect(
    cluster: Cluster, password: str, *, port: int, home: Path, log: Path, login: str | None = None
) -> Service:
    """Start the server; it answers some seconds later.

    Args:
        cluster: Holds Prefect's database.
        password: Password of Prefect's role.
        port: Port on loopback, of both the API and the UI.
        home: Prefect's own folder, so that the user's profiles stay as they are.
        log: The server's log.
        login: ``user:password`` without which it answers nobody; it hands its secrets to whoever
            it answers. None: whoever is on this machine.
    """
    dsn = cluster.dsn(DATABASE, ROLE, password).replace("postgresql://", "postgresql+asyncpg://")
    home.mkdir(parents=True, exist_ok=True)
    env = {
        # Its own services are clients, too.
        **_environment(home, login),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": dsn,
        # By option alone the UI would still look for the API at the default port.
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        # Alerts carry a link to the run.
        "PREFECT_UI_URL": f"http://127.0.0.1:{port}",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        **({"PREFECT_SERVER_API_AUTH_STRING": login} if login else {}),
    }
    command = [sys.executable, "-m", "prefect", "server", "start"]
    return start("prefect", command, log=log, cwd=home, env=env)


def apply_deployments(
    prefect_url: str,
    environment: Mapping[str, str],
    *,
    home: Path,
    log: Path,
    login: str | None = None,
) -> None:
    """Register the deployments with the stack's addresses; a second call updates them.

    Raises:
        StackError: Prefect refused something.
    """
    run(
        [sys.executable, "-m", "deployments.apply", "--pool", POOL],
        failure="No deployments in Prefect; the log",
        log=log,
        cwd=PROJECT,
        env={**_environment(home, login, prefect_url), **environment},
        timeout_seconds=_APPLY_SECONDS,
    )


def start_worker(prefect_url: str, *, home: Path, log: Path, login: str | None = None) -> Service:
    """Start the worker; what its runs need to know comes from Prefect, not from here.

    Args:
        prefect_url: The server, without ``/api``.
        home: Prefect's own folder; answers of finished bundles are kept in it for a retry.
        log: The worker's log, and that of its runs.
        login: ``user:password`` of the server's, if it asks for it.
    """
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "deployments.local.prefect_parts"]
    options = ["start", "--pool", POOL, "--type", "process", "--name", "local"]
    env = _environment(home, login, prefect_url)
    env["PREFECT_WORKER_QUERY_SECONDS"] = _QUERY_SECONDS
    return start("prefect-worker", [*command, *options], log=log, cwd=PROJECT, env=env)


def _environment(home: Path, login: str | None, prefect_url: str = "") -> dict[str, str]:
    """Return the caller's environment without its own Prefect, and with this one."""
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {
        **foreign,
        "PREFECT_HOME": str(home),
        "DO_NOT_TRACK": "1",
        **({"PREFECT_API_URL": f"{prefect_url}/api"} if prefect_url else {}),
        **({"PREFECT_API_AUTH_STRING": login} if login else {}),
    }


def main() -> None:
    """Run Prefect's worker, so that it can be stopped.

    A shell script's background processes ignore SIGINT, and so would the worker, which passes a
    request to stop on to itself as SIGINT.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[1:1] = ["worker"]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

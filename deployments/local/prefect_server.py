"""Prefect's server with its UI, on the stack's PostgreSQL."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from deployments.local.postgres import Cluster
from deployments.local.processes import Service, start

ROLE = DATABASE = "prefect"


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
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    env = {
        **foreign,
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": dsn,
        # By option alone the UI would still look for the API at the default port.
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        # Alerts carry a link to the run.
        "PREFECT_UI_URL": f"http://127.0.0.1:{port}",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "DO_NOT_TRACK": "1",
        # Its own services are clients, too.
        **(
            {"PREFECT_SERVER_API_AUTH_STRING": login, "PREFECT_API_AUTH_STRING": login}
            if login
            else {}
        ),
    }
    command = [sys.executable, "-m", "prefect", "server", "start"]
    return start("prefect", command, log=log, cwd=home, env=env)

"""NexaCloud's database with sample data, made by `deployments.sample`."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from datetime import date
from pathlib import Path

from deployments.local import StackError
from deployments.local.places import PROJECT
from deployments.local.postgres import SUPERUSER, Cluster
from deployments.local.processes import tail

DATABASE = "nexacloud"
READER = "nexa_readonly"
_SEED = 7
_DIRTY_PERCENT = 3


def create_sample(
    cluster: Cluster,
    *,
    database: str = DATABASE,
    customers: int,
    reader_password: str,
    log: Path,
    as_of: date | None = None,
    clean: bool = False,
) -> None:
    """Create the database with its sample, unless it is there already.

    Args:
        cluster: Where the database goes.
        database: Its name.
        customers: Number of customers in the sample.
        reader_password: Password of the read-only role.
        log: Output of the generator.
        as_of: The sample's today (None: always the same one).
        clean: Nothing is wrong in it.

    Raises:
        StackError: The generator failed; the next call begins anew.
    """
    if cluster.has_database(database):
        return
    partial = f"{database}_new"
    cluster.sql(f"DROP DATABASE IF EXISTS {partial}")
    cluster.sql(f"CREATE DATABASE {partial}")
    # Anybody can list a process's arguments: the passwords that stay travel another way.
    command = [sys.executable, "-m", "deployments.sample", "create"]
    options: dict[str, object] = {
        "--dsn": f"postgresql://{SUPERUSER}@127.0.0.1:{cluster.port}/{partial}",
        "--customers": customers,
        "--seed": _SEED,
        "--dirty": 0 if clean else _DIRTY_PERCENT,
        "--reader-password": secrets.token_urlsafe(18),
    }
    if as_of is not None:
        options["--as-of"] = as_of.isoformat()
    # One word each: a password may begin with a dash.
    words = [f"{name}={value}" for name, value in options.items()]
    words += ["--clean"] if clean else []
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        result = subprocess.run(
            [*command, *words],
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            cwd=PROJECT,
            env={**os.environ, "PGPASSWORD": cluster.password},
        )
    if result.returncode != 0:
        raise StackError(f"No sample of NexaCloud; the log {log} ends with:\n{tail(log)}")
    cluster.sql(f"ALTER ROLE {READER} PASSWORD '{reader_password}'")
    cluster.sql(f"ALTER DATABASE {partial} RENAME TO {database}")

"""What runs the flows: Prefect's deployments, applied, and a worker that starts their runs.

As a program it is the worker itself (``python -m deployments.local.prefect_worker start ...``).
"""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deployments.local import StackError
from deployments.local.places import PROJECT
from deployments.local.processes import Service, start, tail

POOL = "nexa"
_APPLY_SECONDS = 300
_QUERY_SECONDS = "2"


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
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        result = subprocess.run(
            [sys.executable, "-m", "deployments.apply", "--pool", POOL],
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            cwd=PROJECT,
            env={**_own(prefect_url, home, login), **environment},
            timeout=_APPLY_SECONDS,
        )
    if result.returncode != 0:
        raise StackError(f"No deployments in Prefect; the log {log} ends with:\n{tail(log)}")


def start_worker(prefect_url: str, *, home: Path, log: Path, login: str | None = None) -> Service:
    """Start the worker; what its runs need to know comes from Prefect, not from here.

    Args:
        prefect_url: The server, without ``/api``.
        home: Prefect's own folder; answers of finished bundles are kept in it for a retry.
        log: The worker's log, and that of its runs.
        login: ``user:password`` of the server's, if it asks for it.
    """
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "deployments.local.prefect_worker"]
    options = ["start", "--pool", POOL, "--type", "process", "--name", "local"]
    env = {**_own(prefect_url, home, login), "PREFECT_WORKER_QUERY_SECONDS": _QUERY_SECONDS}
    return start("prefect-worker", [*command, *options], log=log, cwd=PROJECT, env=env)


def _own(prefect_url: str, home: Path, login: str | None) -> dict[str, str]:
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {
        **foreign,
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"{prefect_url}/api",
        "DO_NOT_TRACK": "1",
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

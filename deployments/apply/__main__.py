"""Apply everything that Prefect needs to run the flows: ``python -m deployments.apply``.

A work pool, the limit that protects Odoo, secrets and addresses from the environment, the
deployments of ``prefect.yaml`` and the automations of ``alerts.yaml``. Running it again updates
what is there.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound

from deployments.apply import ApplyError, alerts, pool
from deployments.apply.environment import store, stored
from deployments.apply.prefect_file import PROJECT, deploy, read_active, read_file, set_active

#: Name of the limit; ``tasks/run/limits.py`` asks for it.
ODOO_LIMIT = "odoo"
_DEFAULT_CALLS = 4
_HOME_IN_IMAGE = "/app"
_SWITCH = {"on": True, "off": False, "keep": None}


def main(arguments: list[str] | None = None) -> int:
    """Apply and return the exit code: 0 applied, 2 cannot be done."""
    options = _parser().parse_args(arguments)
    if not os.environ.get("PREFECT_API_URL"):
        print("error: set PREFECT_API_URL to the Prefect server to apply to.", file=sys.stderr)
        return 2
    try:
        deployments = read_file()
        with get_client(sync_client=True) as client:
            _apply(client, options, len(deployments))
    except ApplyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _apply(client: SyncPrefectClient, options: argparse.Namespace, number: int) -> None:
    home = str(PROJECT) if options.pool_type == "process" else _HOME_IN_IMAGE
    defaults = {
        "BILLING_TIMEZONE": "America/Toronto",
        "REPORTS_DIR": "reports" if options.pool_type == "process" else "/reports",
    }
    environment = {
        **{name: stored(client, name) or value for name, value in defaults.items()},
        "NEXA_HOME": home,
        **os.environ,
        "NEXA_WORK_POOL": options.pool,
    }
    if options.pool_type == "process":
        environment["REPORTS_DIR"] = str(Path(environment["REPORTS_DIR"]).absolute())
    run_environment = store(client, environment)
    pool.ensure_pool(client, options.pool, options.pool_type, run_environment, options.image)
    calls = _ensure_limit(client, options.odoo_calls)
    active = read_active(client)
    deploy(environment)
    running = set_active(client, active, everything=_SWITCH[options.schedules])
    channel = alerts.ensure_channel(client, environment.get("NOTIFY_URL"))
    names = alerts.ensure_alerts(client, channel)
    print(f"Work pool {options.pool} ({options.pool_type}): {', '.join(sorted(run_environment))}")
    print(f"Odoo answers at most {calls} calls at once (global concurrency limit {ODOO_LIMIT!r})")
    print(f"{number} deployments; schedules on: {', '.join(running) or 'none'}")
    print(f"Automations: {', '.join(names)}")
    if channel is None:
        print("Nobody is notified: set NOTIFY_URL to a webhook and apply again.")
    print(f"Next: prefect worker start --pool {options.pool}")


def _ensure_limit(client: SyncPrefectClient, calls: int | None) -> int:
    """Make the limit; one that is there keeps its size unless another is asked for."""
    try:
        there = client.read_global_concurrency_limit_by_name(ODOO_LIMIT).limit
    except ObjectNotFound:
        there = None
    wanted = calls or there or _DEFAULT_CALLS
    if wanted != there:
        client.upsert_global_concurrency_limit_by_name(ODOO_LIMIT, wanted)
    return wanted


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deployments.apply", description=__doc__)
    add = parser.add_argument
    add("--pool", default="nexa", help="name of the work pool (nexa)")
    add("--pool-type", default="process", choices=pool.TYPES, help="how runs start (process)")
    add("--image", help="image of the flows, for pools that start containers")
    add("--odoo-calls", type=int, help="calls to Odoo at once, over all runs (at first 4)")
    add(
        "--schedules",
        choices=("on", "off", "keep"),
        default="keep",
        help="turn every schedule on or off (keep; new ones are off)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

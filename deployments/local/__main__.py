"""The local stack from the command line: `python -m deployments.local up|down|status|env|fetch`."""

from __future__ import annotations

import argparse
import shlex
import sys
from datetime import date
from typing import Any

from deployments.local import StackError, stack
from deployments.local.odoo_package import fetch_odoo
from deployments.local.odoo_template import ensure_template
from deployments.local.places import PROJECT, Places
from deployments.local.progress import Progress
from deployments.local.start_up import Options
from deployments.local.state import VARIABLES, State
from deployments.sample.periods import billed_months


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done or up, 1 down, 2 cannot be done."""
    options = _parser().parse_args(arguments)
    places = Places.from_environment()
    try:
        return int(_COMMANDS[options.command](places, options))
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _up(places: Places, options: argparse.Namespace) -> int:
    content = stack.up(
        places,
        Options(options.customers, options.clean, options.prefect, options.fsync),
        Progress(),
    )
    sys.stdout.write(_table(content))
    return 0


def _down(places: Places, options: argparse.Namespace) -> int:
    stack.down(places, Progress(), delete_data=options.delete_data)
    return 0


def _status(places: Places, _: argparse.Namespace) -> int:
    state = State.load(places)
    for service in state.services:
        running = "running" if service.is_running() else "stopped"
        sys.stdout.write(f"{service.name:<14} {running} (pid {service.pid})\n")
    if not stack.is_up(places, state):
        sys.stdout.write("The stack is down; `python -m deployments.local up` starts it.\n")
        return 1
    sys.stdout.write(_table(stack.read_stack(places)))
    return 0


def _env(places: Places, _: argparse.Namespace) -> int:
    state = State.load(places)
    if not stack.is_up(places, state):
        raise StackError("The stack is down: `python -m deployments.local up` starts it.")
    content = stack.read_stack(places)
    values = {name: content[key] for name, key in VARIABLES.items()}
    if content["prefect_url"]:
        values["PREFECT_API_URL"] = f"{content['prefect_url']}/api"
        values["PREFECT_API_AUTH_STRING"] = content["_internal"]["prefect_login"]
    values["SAMPLE_MONTHS"] = billed_months(date.fromisoformat(state.sample_as_of))
    for name, value in values.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    return 0


def _fetch(places: Places, _: argparse.Namespace) -> int:
    progress = Progress()
    source, python = fetch_odoo(places.cache, progress)
    ensure_template(places, source, python, progress)
    return 0


def _table(content: dict[str, Any]) -> str:
    rows = [
        ("Odoo", content["odoo_url"]),
        ("  login", content["odoo_user"]),
        ("  password", content["odoo_password"]),
        ("Lago sandbox", content["lago_url"]),
        ("Prefect", content["prefect_url"] or "not started"),
        ("  login", content["_internal"]["prefect_login"]),
        ("Reports", str(PROJECT / "reports")),
    ]
    return "\n" + "".join(f"  {name:<12} {value}\n" for name, value in rows) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deployments.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser(
        "up", help="start PostgreSQL, Odoo, NexaCloud's sample, Lago's and Prefect"
    )
    up.add_argument("--customers", type=int, default=500, help="customers in a new sample")
    up.add_argument("--clean", action="store_true", help="a new sample has nothing wrong in it")
    up.add_argument("--no-prefect", dest="prefect", action="store_false", help="leave Prefect out")
    up.add_argument(
        "--no-fsync", dest="fsync", action="store_false", help="faster; a power cut may lose data"
    )
    down = commands.add_parser("down", help="stop what `up` started")
    down.add_argument("--delete-data", action="store_true", help="delete its databases as well")
    commands.add_parser("status", help="say what is running; exit code 1 when the stack is down")
    commands.add_parser("env", help="print the environment of the flows, for a shell to evaluate")
    commands.add_parser("fetch", help="fetch and install Odoo into the cache, and start nothing")
    return parser


_COMMANDS = {"up": _up, "down": _down, "status": _status, "env": _env, "fetch": _fetch}

if __name__ == "__main__":
    sys.exit(main())

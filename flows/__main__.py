"""The command line: ``python -m flows`` and the name of a flow, or ``doctor``.

Results go to stdout, the log to stderr; the last line says what to do next. Exit codes:
0 clean, 1 crash, 2 configuration or usage, 3 data refused, 4 unexplained differences.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.model.end_state import CONFIGURATION
from tasks.model.errors import ConfigError
from tasks.run.command_line import command_of, head_of, summary_of

if TYPE_CHECKING:
    from cyclopts import App

# An empty Prefect database takes up to 26 s to set up on two cores; the default waits 20 s.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")

#: Command -> the file that has its function, and the function.
COMMANDS = {
    "backfill": ("backfill", "backfill"),
    "usage": ("usage", "meter_usage"),
    "reconcile": ("reconcile", "reconcile"),
    "dual-run": ("dual_run", "dual_run"),
    "cutover": ("cutover", "cutover"),
    "watch": ("watch", "watch"),
    "cards": ("cards", "cards"),
    "webhooks": ("webhooks", "deliver_webhooks"),
    "doctor": ("doctor", "doctor"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in {"--help", "-h"}:
        print(_commands())
        # Without a command there is nothing to do: that is not what somebody meant.
        return 0 if given else CONFIGURATION

    # Only those wait for the parser's import who ask for more than the list of commands.
    from cyclopts import CycloptsError

    try:
        return command_line(given[0])(given, exit_on_error=False, print_error=False) or 0
    except (CycloptsError, ConfigError) as error:
        return _complain(str(error), CONFIGURATION)


def command_line(asked: str) -> App:
    """Make the command line; the signatures of commands that are not asked for stay unread."""
    from cyclopts import App

    app = App(name="python -m flows", version_flags=(), result_action="return_value")
    for command, (module, name) in COMMANDS.items():
        if command == asked:
            run = partial(_doctor if command == "doctor" else _run, module, name)
            app.command(command_of(head_of(_file(module), name), run), name=command)
        else:
            app.command(App(name=command))
    return app


def _commands() -> str:
    """List the commands with the first lines of their docstrings."""
    lines = ["Usage: python -m flows COMMAND [OPTIONS]", "", "Move billing onto Odoo 19.", ""]
    lines += [f"  {each:<10} {summary_of(_file(m), name)}" for each, (m, name) in COMMANDS.items()]
    return "\n".join([*lines, "", "Options of a command: python -m flows COMMAND --help"])


def _file(module: str) -> Path:
    return Path(__file__).with_name(f"{module}.py")


def _run(module: str, name: str, given: dict[str, Any], as_json: bool) -> int:
    """Run a flow with the options as its parameters, and tell its report."""
    if module == "cutover":
        given.setdefault("ask", "terminal" if sys.stdin.isatty() else "form")
        if _nobody_can_answer(given):
            raise ConfigError(
                "Nobody could answer the form of a temporary Prefect: set PREFECT_API_URL, or run"
                " this on a terminal with --ask terminal."
            )
    # Prefect takes seconds to import: help and usage errors do not wait for it.
    from tasks.run.server import require_server, server_at_hand

    require_server()
    flow = getattr(import_module(f"flows.{module}"), name)

    from prefect.exceptions import ParameterTypeError

    from tasks.report.summary import summary
    from tasks.report.terminal import terminal_text
    from tasks.run.states import ended

    try:
        with server_at_hand():
            end = ended(flow(**given, return_state=True))
    except ParameterTypeError as error:
        return _complain(str(error), CONFIGURATION)
    if end.result is None:
        return _complain(end.message, end.exit_code)
    if as_json:
        print(json.dumps(summary(end.result.report), ensure_ascii=False, indent=2))
    else:
        print(terminal_text(end.result.report, end.result.folder / "index.html"))
    return end.exit_code


def _nobody_can_answer(given: dict[str, Any]) -> bool:
    asks = not (given.get("dry_run") or given.get("rollback"))
    return asks and given["ask"] == "form" and not os.environ.get("PREFECT_API_URL")


def _doctor(module: str, name: str, given: dict[str, Any], as_json: bool) -> int:
    diagnosis = getattr(import_module(f"flows.{module}"), name)(**given)
    if as_json:
        print(json.dumps({"found": diagnosis.found, "faults": diagnosis.faults}, indent=2))
    else:
        for subject, words in diagnosis.found:
            print(f"[ok] {subject}: {words}")
        for subject, words in diagnosis.faults:
            print(f"[X]  {subject}: {words}")
        ready = "Next: python -m flows backfill --dry-run"
        print(
            "Next: mend what is marked [X], then run doctor again." if diagnosis.faults else ready
        )
    return CONFIGURATION if diagnosis.faults else 0


def _complain(sentence: str, exit_code: int) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())

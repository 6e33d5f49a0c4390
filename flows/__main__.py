"""The command line: ``python -m flows`` and the name of a flow, or ``doctor``.

Results go to stdout, the log to stderr; the last line says what to do next. Exit codes:
0 clean, 1 crash, 2 configuration or usage, 3 data refused, 4 unexplained differences.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from flows.operating_options import add_cutover, add_dual_run

# An empty Prefect database takes up to 26 s to set up on two cores; the default waits 20 s.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")

CONFIGURATION = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    from tasks.model.errors import ConfigError

    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except ConfigError as error:
        return _complain(str(error), CONFIGURATION)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m flows", description="Move billing onto Odoo 19, as a shadow first."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_backfill(commands.add_parser("backfill", help="copy a service into Odoo as a shadow"))
    _add_usage(commands.add_parser("usage", help="meter usage into Odoo and let Odoo rate it"))
    _add_reconcile(commands.add_parser("reconcile", help="compare with what was billed"))
    _add_webhooks(commands.add_parser("webhooks", help="deliver billing events to the apps"))
    dual_run = commands.add_parser("dual-run", help="bill a cycle on both sides and compare")
    add_dual_run(dual_run, _dual_run)
    add_cutover(commands.add_parser("cutover", help="switch customers to live, or back"), _cutover)
    _add_doctor(commands.add_parser("doctor", help="check connections, rights and versions"))
    return parser


def _add_backfill(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_backfill)
    add = parser.add_argument
    add("--service", default="nexacloud", help="code of the service in Odoo")
    add("--source", choices=("nexacloud", "lago"), default="nexacloud", help="where the rows are")
    add("--dry-run", action="store_true", help="the real run in Odoo, rolled back")
    add(
        "--only",
        type=_entities,
        metavar="customers,plans,deployments",
        help="what to load (deployments bring what they need)",
    )
    add("--limit", type=int, help="only the first so many customers and what is theirs")
    add("--batch-rows", type=int, default=500, help="customers and orders per call to Odoo")
    add("--workers", type=int, default=2, help="calls to Odoo at once")
    add("--max-bad-share", type=float, default=0.20, help="write nothing above this share (0-1)")
    add("--max-failed-rows", type=int, default=0, help="rows that Odoo may refuse")
    add("--full-compare", action="store_true", help="also report what was changed in Odoo")
    add("--json", action="store_true", help="print summary.json instead of words")


def _add_usage(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_usage)
    add = parser.add_argument
    add("--service", default="nexacloud", help="code of the service in Odoo")
    add(
        "--period",
        metavar="2026-10|2026-05..2026-10",
        help="billing periods that start then (default: what can have changed since the last run)",
    )
    add("--full", action="store_true", help="read every period anew, settled ones too")
    add("--dry-run", action="store_true", help="load in Odoo, rolled back")
    add("--batch-rows", type=int, default=5000, help="billing periods per call to Odoo")
    add("--workers", type=int, default=2, help="calls to Odoo at once")
    add("--max-bad-share", type=float, default=0.20, help="write nothing above this share (0-1)")
    add("--max-failed-rows", type=int, default=0, help="billing periods that Odoo may refuse")
    add("--json", action="store_true", help="print summary.json instead of words")


def _add_reconcile(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_reconcile)
    add = parser.add_argument
    add(
        "--service",
        type=_names,
        default=["nexacloud"],
        metavar="nexacloud,nexadesk",
        help="codes of services in Odoo",
    )
    add(
        "--period",
        metavar="2026-09|2026-05..2026-09",
        help="service periods that start then (default: the last month that is billed in full)",
    )
    add(
        "--source",
        type=_names,
        metavar="nexacloud,lago",
        help="where invoices are read (default: Lago for what it billed, NexaCloud for the rest)",
    )
    add("--dry-run", action="store_true", help="load the differences in Odoo, rolled back")
    add(
        "--max-unexplained-amount",
        type=float,
        default=0.0,
        help="fail if more than this has no cause...",
    )
    add(
        "--max-unexplained-share",
        type=float,
        default=0.01,
        help="... and it is more than this share of what was billed (0-1)",
    )
    add("--batch-rows", type=int, default=1000, help="differences per call to Odoo")
    add("--json", action="store_true", help="print summary.json instead of words")


def _add_webhooks(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_webhooks)
    add = parser.add_argument
    add("--service", help="code of the one service to deliver for (default: all)")
    add("--dry-run", action="store_true", help="show what is due; send nothing")
    add("--lanes", type=int, default=2, help="calls to Odoo at once")
    add("--batch-messages", type=int, default=500, help="messages per call to Odoo")
    add("--max-messages", type=int, default=100_000, help="attempts before the run ends")
    add("--max-given-up", type=int, default=0, help="messages that may be given up")
    add("--json", action="store_true", help="print summary.json instead of words")


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_doctor)
    parser.add_argument("--service", default="nexacloud", help="code of the service in Odoo")
    parser.add_argument("--json", action="store_true", help="print JSON instead of words")


def _entities(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = sorted(set(names) - {"customers", "plans", "deployments"})
    if unknown or not names:
        raise argparse.ArgumentTypeError(
            f"{', '.join(unknown) or 'nothing'}: choose from customers, plans, deployments"
        )
    return names


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("nothing: name at least one")
    return names


def _backfill(options: argparse.Namespace) -> int:
    # Prefect takes seconds to import: --help and usage errors do not wait for it.
    from flows.backfill import backfill

    return _run(backfill, options)


def _usage(options: argparse.Namespace) -> int:
    from flows.usage import meter_usage

    return _run(meter_usage, options)


def _reconcile(options: argparse.Namespace) -> int:
    from flows.reconcile import reconcile

    return _run(reconcile, options)


def _webhooks(options: argparse.Namespace) -> int:
    from flows.webhooks import deliver_webhooks

    return _run(deliver_webhooks, options)


def _dual_run(options: argparse.Namespace) -> int:
    from flows.dual_run import dual_run

    return _run(dual_run, options)


def _cutover(options: argparse.Namespace) -> int:
    from flows.cutover import cutover

    if options.ask == "form" and not (os.environ.get("PREFECT_API_URL") or options.dry_run):
        return _complain(
            "nobody could answer the form of a temporary Prefect: set PREFECT_API_URL, or run this"
            " on a terminal with --ask terminal.",
            CONFIGURATION,
        )
    return _run(cutover, options)


def _run(flow: Any, options: argparse.Namespace) -> int:
    """Run a flow with the options as its parameters, and tell its report."""
    from prefect.exceptions import ParameterTypeError

    from tasks.report.write import console_summary, summary
    from tasks.run.states import ended

    parameters = {
        name: value for name, value in vars(options).items() if name not in {"command", "json"}
    }
    try:
        end = ended(flow(**parameters, return_state=True))
    except ParameterTypeError as error:
        return _complain(str(error), CONFIGURATION)
    if end.result is None:
        return _complain(end.message, end.exit_code)
    if options.json:
        print(json.dumps(summary(end.result.report), ensure_ascii=False, indent=2))
    else:
        print(console_summary(end.result.report, end.result.folder / "index.html"))
    return end.exit_code


def _doctor(options: argparse.Namespace) -> int:
    from tasks.run.doctor import diagnose
    from tasks.run.settings import load_settings

    diagnosis = diagnose(load_settings(), options.service)
    if options.json:
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

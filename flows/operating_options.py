"""Options of the commands that move a service to live: ``dual-run`` and ``cutover``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

Command = Callable[[argparse.Namespace], int]


def add_dual_run(parser: argparse.ArgumentParser, command: Command) -> None:
    """Take what a dual run can be told."""
    parser.set_defaults(command=command)
    add = parser.add_argument
    add("--service", default="nexacloud", help="code of the service in Odoo; several: a,b")
    add("--period", metavar="2026-10", help="the month (default: the last one that is over)")
    add("--dry-run", action="store_true", help="write nothing and record nothing")
    add("--match-rate", type=float, default=0.99, help="least share of lines that match (0-1)")
    add("--max-unexplained", type=float, default=0, help="largest unexplained difference")
    add("--max-bad-share", type=float, default=0.20, help="write nothing above this share (0-1)")
    add("--max-failed-rows", type=int, default=0, help="rows that Odoo may refuse")
    add("--workers", type=int, default=2, help="calls to Odoo at once")
    add("--json", action="store_true", help="print summary.json instead of words")


def add_cutover(parser: argparse.ArgumentParser, command: Command) -> None:
    """Take what a cutover, or the way back, can be told."""
    parser.set_defaults(command=command)
    add = parser.add_argument
    add("--service", default="nexacloud", help="code of the service in Odoo")
    add("--customers", type=_ids, metavar="id,id", help="a pilot group (default: everybody)")
    add("--rollback", action="store_true", help="back to shadow, where nothing was posted")
    add("--dry-run", action="store_true", help="only the gate and the plan")
    add("--green-cycles", type=int, default=3, help="dual runs in a row that must be green")
    add("--match-rate", type=float, default=0.99, help="least share of lines that match (0-1)")
    add("--max-unexplained", type=float, default=0, help="largest unexplained difference")
    add(
        "--without-stripe-ids",
        dest="stripe_ids",
        action="store_false",
        help="let customers pass who pay without Stripe",
    )
    add(
        "--ask",
        choices=("form", "terminal"),
        default="terminal" if sys.stdin.isatty() else "form",
        help="ask for the approval here, or in Prefect's form (default: here, if this is one)",
    )
    add("--approval-hours", type=float, default=24, help="so long the form waits")
    add("--who", default="", help="for --rollback: who orders it")
    add("--reason", default="", help="for --rollback: why")
    add("--batch-customers", type=int, default=50, help="customers per call to Odoo")
    add("--json", action="store_true", help="print summary.json instead of words")


def _ids(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]

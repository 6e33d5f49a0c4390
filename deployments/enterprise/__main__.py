"""Run our addons' tests and the contract on a copy of a trial database of Odoo Enterprise.

    python -m deployments.enterprise --odoo odoo-bin --config /etc/odoo/odoo.conf --database trial

Exit codes: 0 all of it holds, 1 something does not, 2 it could not be run.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from deployments.enterprise.odoo import EnterpriseError, OdooCommand
from deployments.enterprise.verdict import read_facts, read_verdict, told

_STAND_IN = "NexaSystems"


def main(arguments: list[str] | None = None) -> int:
    """Run it; return the exit code."""
    asked = _parser().parse_args(arguments)
    odoo = OdooCommand(tuple(shlex.split(asked.odoo)), asked.config, asked.log)
    copy = f"{asked.database}_contract_{os.getpid()}"
    try:
        asked.log.parent.mkdir(parents=True, exist_ok=True)
        asked.log.write_bytes(b"")
        app = odoo.subscriptions()
        print(f"sale_subscription is {app.get('author')}'s, {app.get('license')}: {app['path']}")
        if app.get("author") == _STAND_IN:
            print("That is the stand-in: this run proves nothing about Odoo Enterprise.")
        with odoo.copy_of(asked.database, copy):
            odoo.test(copy, only_contract=asked.only_contract)
    except EnterpriseError as fault:
        print(fault, file=sys.stderr)
        return 2
    verdict = read_verdict(asked.log.read_text(errors="replace"), read_facts())
    print(told(verdict, only_contract=asked.only_contract))
    print(f"Odoo's log: {asked.log}")
    return 0 if verdict.ok else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deployments.enterprise", description=__doc__)
    parser.add_argument("--odoo", default="odoo-bin", help="how Odoo is started (odoo-bin)")
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("/etc/odoo/odoo.conf"),
        help="Odoo's configuration; its addons_path has Enterprise's folder",
    )
    parser.add_argument("--database", required=True, help="trial database; only a copy is used")
    parser.add_argument(
        "--only-contract",
        action="store_true",
        help="leave the addons' own tests out: they expect a database that nothing was loaded into",
    )
    parser.add_argument(
        "--log",
        type=Path,
        default=Path("reports/enterprise/odoo.log"),
        help="where Odoo's output goes",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

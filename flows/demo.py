"""What ``make demo`` shows, step after step; also ``python -m flows.demo 2026-05..2026-09``.

One process runs the flows, because Prefect and Great Expectations take seconds to import. What is
not a flow runs beside it: the pilot, a subscription that Odoo bills for real.
"""

from __future__ import annotations

import subprocess
import sys

from flows.__main__ import main

PILOT = "deployments.sample.pilot"
LAGO = ("backfill", "--source", "lago", "--service", "nexadesk")
RECONCILE = ("reconcile", "--service", "nexacloud,nexadesk", "--period")
WEBHOOKS = ("webhooks", "--service", "pilot")
STEPS = (
    (("backfill",), "Copy NexaCloud's customers, plans and deployments into Odoo, as a shadow."),
    (("backfill",), "The same again: nothing changed, so nothing is written."),
    (("usage",), "Meter the usage of every billing period; Odoo says what it would cost."),
    (LAGO, "Copy a service that bills through Lago, from Lago's API."),
    (RECONCILE, "Compare what was billed with what Odoo would bill, and explain each cent."),
    ((PILOT, "subscribe"), "A pilot that Odoo bills for real: a subscription and its invoice."),
    ((PILOT, "refuse"), "Its card is declined ..."),
    (WEBHOOKS, "... Odoo tells NexaCloud ..."),
    ((PILOT, "deployment"), "... which suspends the deployment."),
    ((PILOT, "pay"), "The customer pays ..."),
    (WEBHOOKS, "... Odoo tells NexaCloud ..."),
    ((PILOT, "deployment"), "... and the deployment runs again."),
)


def demo(months: str) -> int:
    """Run the steps in order and return the first exit code that is not 0.

    Args:
        months: Those that the sample has billed in full: ``2026-05..2026-09``.
    """
    for number, (command, title) in enumerate(STEPS, start=1):
        print(f"\n{number}. {title}\n", flush=True)
        if exit_code := _run((*command, months) if command == RECONCILE else command):
            return exit_code
    return 0


def _run(command: tuple[str, ...]) -> int:
    if command[0] == PILOT:
        return subprocess.run([sys.executable, "-m", *command], check=False).returncode
    return main(command)


if __name__ == "__main__":
    sys.exit(demo(sys.argv[1]))

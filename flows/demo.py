"""What ``make demo`` shows, step after step; also ``python -m flows.demo 2026-05..2026-09``.

One process runs the flows, because Prefect and Great Expectations take seconds to import. What is
not a flow runs beside it: the pilot, a subscription that Odoo bills for real.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date

from flows.__main__ import main

PILOT = "deployments.sample.pilot"
LAGO = ("backfill", "--source", "lago", "--service", "nexadesk")
RECONCILE = ("reconcile", "--service", "nexacloud,nexadesk", "--period")
WEBHOOKS = ("webhooks", "--service", "pilot")
#: A service left at Lago's defaults, in which nothing is wrong: its gate opens.
MEMBERSHIPS = "deployments.sample.memberships"
OF_MEMBERS = ("--service", "memberships")
DUAL_RUN = ("dual-run", *OF_MEMBERS)
# Cards are brought with a key of Stripe, which a demo has not.
GATE = ("cutover", *OF_MEMBERS, "--without-cards", "--dry-run")
CYCLES = 3
STEPS = (
    (("backfill",), "Copy NexaCloud's customers, plans and deployments into Odoo, as a shadow."),
    (("backfill",), "The same again: nothing changed, so nothing is written."),
    (("usage",), "Meter the usage of every billing period; Odoo says what it would cost."),
    (LAGO, "Copy a service that bills through Lago, from Lago's API."),
    (RECONCILE, "Compare what was billed with what Odoo would bill, and explain each cent."),
    ((MEMBERSHIPS,), "A service with Lago's defaults: finance says what Lago's taxes are in Odoo."),
    (DUAL_RUN, "Three months of it, billed by both sides and compared."),
    (GATE, "Who is ready, and what a cutover would do: nobody is switched."),
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
        for one in _in_full(command, months):
            if exit_code := _run(one):
                return exit_code
    return 0


def _in_full(command: tuple[str, ...], months: str) -> Iterator[tuple[str, ...]]:
    if command == DUAL_RUN:
        last = date.fromisoformat(f"{months.rpartition('..')[2]}-01")
        for ago in reversed(range(CYCLES)):
            year, month = divmod(12 * last.year + last.month - 1 - ago, 12)
            yield (*command, "--period", f"{year}-{month + 1:02}")
    else:
        yield (*command, months) if command == RECONCILE else command


def _run(command: tuple[str, ...]) -> int:
    if command[0] in (PILOT, MEMBERSHIPS):
        return subprocess.run([sys.executable, "-m", *command], check=False).returncode
    return main(command)


if __name__ == "__main__":
    sys.exit(demo(sys.argv[1]))

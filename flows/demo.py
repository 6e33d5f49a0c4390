"""What ``make demo`` shows, step after step; also ``python -m flows.demo``.

One process does it all, because Prefect and Great Expectations take seconds to import.
"""

from __future__ import annotations

import sys

from flows.__main__ import main

STEPS = (
    ("backfill", "Copy NexaCloud's customers, plans and deployments into Odoo, as a shadow."),
    ("backfill", "The same again: nothing changed, so nothing is written."),
    ("usage", "Meter the usage of every billing period; Odoo says what it would cost."),
    ("reconcile", "Compare what was billed with what Odoo would bill, and explain each cent."),
)


def demo() -> int:
    """Run the steps in order and return the first exit code that is not 0."""
    for number, (command, title) in enumerate(STEPS, start=1):
        print(f"\n{number}. {title}\n", flush=True)
        if exit_code := main([command]):
            return exit_code
    return 0


if __name__ == "__main__":
    sys.exit(demo())

"""Usage as Odoo reads it: batches of quantities, each of one order, metric and period."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from tasks.model.money import decimal_text

USAGE_FORMAT = 1


def usage_batch(
    service: str, run: str | None, key: str, rows: Iterable[list[str]]
) -> dict[str, Any]:
    """Make a batch of usage as Odoo reads it; without a run it is only tried.

    Args:
        service: Code of the service in Odoo.
        run: Key of the run in Odoo's log.
        key: The batch's own.
        rows: As ``usage_cells`` makes them.
    """
    return {
        "format": USAGE_FORMAT,
        "service": service,
        "run": run,
        "key": key,
        "dry_run": run is None,
        "rows": list(rows),
    }


def usage_cells(
    order: str, metric: str, start: datetime, end: datetime, quantity: Decimal, prefix: str
) -> list[str]:
    """Write a quantity of a period as Odoo reads it; its key there is prefix and start."""
    begins = start.isoformat()
    amount = decimal_text(quantity)
    return [order, metric, begins, end.isoformat(), amount, f"{prefix}{begins}"]

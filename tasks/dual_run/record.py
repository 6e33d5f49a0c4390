"""The gate record: what a cycle came to, kept in Odoo, and the cycles before it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from tasks.clients.odoo.cutover import cycles, record_cycle
from tasks.dual_run.cycles import Cycle, CycleFigures, history_row
from tasks.reconcile.figures import add_up, condense
from tasks.reconcile.results import ReconcileResults
from tasks.run.retries import io_task
from tasks.run.settings import load_settings

HISTORY = 36


def figures_of(results: ReconcileResults, currency: str) -> CycleFigures:
    """Sum a reconciliation up; of other currencies than the company's only what is unexplained."""
    condensed = condense(results.lines)
    (whole,) = add_up(condensed)
    home = [each for each in add_up(condensed, "currency") if each.key == (currency,)]
    return CycleFigures(
        lines=whole.rows,
        matched=whole.matched,
        unexplained_lines=whole.unexplained_rows,
        odoo_total=sum((each.odoo for each in home), Decimal(0)),
        external_total=sum((each.external for each in home), Decimal(0)),
        unexplained=whole.unexplained,
        currency=currency,
    )


@io_task("record-cycle")
def record(
    cycle: Cycle, since: datetime, until: datetime, run: str, links: list[tuple[str, str]]
) -> None:
    """Record a cycle in Odoo; recording it again replaces it."""
    record_cycle(
        load_settings().odoo(),
        {
            "service": cycle.service,
            "key": cycle.key,
            "period_from": since.isoformat(),
            "period_to": until.isoformat(),
            "green": cycle.green,
            "reasons": list(cycle.reasons),
            "figures": cycle.figures.as_json() if cycle.figures else {},
            "run": run,
            "links": [list(link) for link in links],
        },
    )


@io_task("read-cycles")
def history(services: list[str]) -> list[dict[str, Any]]:
    """Read the services' recorded cycles, latest first."""
    settings = load_settings()
    odoo = settings.odoo()
    return [
        history_row(service, cycle, settings.timezone)
        for service in services
        for cycle in cycles(odoo, service, HISTORY)
    ]

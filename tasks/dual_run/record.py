"""The gate record: how a cycle's flows ended and what it came to, kept in Odoo; who is ready."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tasks.clients.odoo import cutover
from tasks.dual_run.customers import COLUMNS, customers_of
from tasks.dual_run.cycles import CycleFigures, StepEnd, history_row
from tasks.dual_run.readiness import Standing, standing_of
from tasks.model.errors import ConfigError
from tasks.model.rows import cut
from tasks.reconcile.figures import add_up
from tasks.reconcile.results import ReconcileResults
from tasks.run.doctor import NEXACLOUD, sources_of
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings
from tasks.run.states import Ended

HISTORY = 36
PAGE = 1_000


def figures_of(results: ReconcileResults, currency: str) -> CycleFigures:
    """Sum a reconciliation up; of other currencies than the company's only what is unexplained."""
    condensed = results.lines.sums
    (whole,) = add_up(condensed)
    home = [each for each in add_up(condensed, "currency") if each.key == (currency,)]
    return CycleFigures(
        lines=whole.rows,
        settled=whole.matched,
        unexplained_lines=whole.unexplained_rows,
        odoo_total=sum((each.odoo for each in home), Decimal(0)),
        external_total=sum((each.external for each in home), Decimal(0)),
        unexplained=whole.unexplained,
        currency=currency,
    )


@io_task("record-cycle")
def record(values: dict[str, Any], results: ReconcileResults | None) -> dict[str, Any]:
    """Record a cycle in Odoo, which judges it; the same again is the same record.

    Args:
        values: What Odoo's ``record_cycle`` is told but for the customers.
        results: The comparison; None if there was none.
    """
    rows = []
    if results is not None:
        rows = customers_of(results.lines.whole(*COLUMNS), results.long.periods)
    return cutover.record_cycle(load_settings().odoo(), values, cut(rows, PAGE))


@io_task("read-readiness")
def standings(services: list[str]) -> list[Standing]:
    """Read who of the services is ready, as Odoo last worked it out."""
    odoo = load_settings().odoo()
    return [
        standing_of(service, row)
        for service in services
        for row in cutover.readiness(odoo, service)
    ]


@io_task("read-cycles")
def history(services: list[str]) -> list[dict[str, Any]]:
    """Read the services' recorded cycles, latest first."""
    settings = load_settings()
    odoo = settings.odoo()
    return [
        history_row(service, cycle, settings.timezone)
        for service in services
        for cycle in cutover.cycles(odoo, service, HISTORY)
    ]


def services_of(service: str) -> list[str]:
    """Read the codes of services that commas join.

    Raises:
        ConfigError: There is none.
    """
    services = [code.strip() for code in service.split(",") if code.strip()]
    if not services:
        raise ConfigError("Name a service: its code in Odoo, like nexacloud.")
    return services


def is_metered(run: Run, service: str) -> bool:
    """Say whether a service's usage is read from a database, which its record in Odoo tells."""
    return sources_of(run.settings).get(service) == NEXACLOUD


def step_end(run: Run, flow: str, end: Ended) -> StepEnd:
    """Tell how a flow ended, with a link to its report if there is one."""
    page = run.link(end.result.folder / "index.html") if end.result else None
    return StepEnd(flow, end.name, end.message, end.exit_code, page)

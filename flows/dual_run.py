"""dual_run: one billing cycle, billed by both sides and compared, for one service or many.

backfill -> usage -> reconcile -> gate record. Cutover asks for so many green cycles in a row.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.utilities.annotations import quote
from pydantic import Field

from flows.backfill import backfill
from flows.reconcile import reconcile
from flows.usage import meter_usage
from tasks.dual_run.cycles import Cycle, StepEnd, judge
from tasks.dual_run.record import figures_of, history, record
from tasks.dual_run.report import dual_run_report
from tasks.model.errors import ConfigError
from tasks.reconcile.reconcile_report import ReconcileReport
from tasks.reconcile.window import reconcile_window
from tasks.report.publish import publish
from tasks.run.naming import run_name
from tasks.run.run import Run, RunResult, new_run
from tasks.run.runner import task_runner
from tasks.run.settings import load_settings
from tasks.run.states import Ended, ended, final_state, not_configured

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


@flow(
    name="dual-run",
    flow_run_name=run_name("dual-run"),
    task_runner=task_runner(),
    persist_result=False,
)
def dual_run(
    service: str = "nexacloud",
    period: str | None = None,
    dry_run: bool = False,
    match_rate: Share = 0.99,
    max_unexplained: Amount = 0,
    max_bad_share: Share = 0.20,
    max_failed_rows: Annotated[int, Field(ge=0)] = 0,
    workers: Positive = 2,
) -> State[Any]:
    """Bill one cycle on both sides, compare them, and put on record whether it is green.

    Running a month again is safe: of its runs the last one counts.

    Args:
        service: Code of the service in Odoo; several are joined by commas.
        period: The month (2026-10) whose billing periods are compared. Empty: the last one
            of which all periods have ended and been billed.
        dry_run: Write nothing and record nothing.
        match_rate: Least share of lines that must match (0 to 1).
        max_unexplained: Largest sum of differences that nothing explains, in the company's
            currency.
        max_bad_share: Above this share of quarantined rows nothing is written (0 to 1).
        max_failed_rows: So many rows may be refused by Odoo.
        workers: Calls to Odoo at once.
    """
    parameters = {name: str(value) for name, value in locals().items() if value is not None}
    log = get_run_logger()
    services = [code.strip() for code in service.split(",") if code.strip()]
    try:
        if not services:
            raise ConfigError("Name a service: its code in Odoo, like nexacloud.")
        settings = load_settings()
        run = new_run("dual-run", settings.reports_dir)
        window = reconcile_window(period, as_of=run.started_at, zone=settings.timezone)
    except ConfigError as error:
        return not_configured(error)
    limits = {"max_bad_share": max_bad_share, "max_failed_rows": max_failed_rows}
    url = flow_run.get_flow_run_ui_url()

    cycles = []
    for code in services:
        with run.step(code):
            steps, report = _run_steps(
                run,
                code,
                window.period,
                dry_run=dry_run,
                workers=workers,
                limits=limits,
                max_unexplained=max_unexplained,
            )
        figures = figures_of(report) if report else None
        reasons = judge(
            steps,
            figures,
            match_rate=Decimal(str(match_rate)),
            max_unexplained=Decimal(str(max_unexplained)),
            has_ended=window.has_ended(run.started_at, settings.timezone),
        )
        cycle = Cycle(code, f"{run.key}-{code}", not reasons, reasons, figures, steps)
        log.info("%s %s: %s", code, window.period, " ".join(reasons) or "green")
        if not dry_run:
            links = [("Run in Prefect", url)] if url else []
            record(quote(cycle), window.since, window.until, run.key, links)
        cycles.append(cycle)

    result = dual_run_report(
        run,
        cycles,
        history(services),
        period=window.period,
        dry_run=dry_run,
        odoo_url=settings.odoo_url,
        run_url=url,
        parameters=parameters,
    )
    publish(quote(result), run.folder)
    return final_state(RunResult(run.folder, result))


def _run_steps(
    run: Run,
    service: str,
    month: str,
    *,
    dry_run: bool,
    workers: int,
    limits: dict[str, Any],
    max_unexplained: float,
) -> tuple[tuple[StepEnd, ...], ReconcileReport | None]:
    """Run the flows in order; what comes after one that failed would speak of half a copy."""
    common = {"service": service, "dry_run": dry_run}
    load = {**limits, "workers": workers}
    metered = [("usage", meter_usage, {**load, "period": month})]
    chain: list[tuple[str, Any, dict[str, Any]]] = [
        ("backfill", backfill, {**load, "source": "nexacloud" if _is_metered(service) else "lago"}),
        # What another service has used comes with its copy, from Lago.
        *(metered if _is_metered(service) else ()),
        ("reconcile", reconcile, {"period": month, "max_unexplained_amount": max_unexplained}),
    ]
    steps: list[StepEnd] = []
    for name, step, parameters in chain:
        end = ended(step(**common, **parameters, return_state=True))
        steps.append(_step_end(run, name, end))
        if end.result and isinstance(end.result.report, ReconcileReport):
            return tuple(steps), end.result.report
        if end.exit_code:
            break
    return tuple(steps), None


def _is_metered(service: str) -> bool:
    """Say whether its usage is read from NexaCloud's database."""
    return service == "nexacloud"


def _step_end(run: Run, name: str, end: Ended) -> StepEnd:
    page = run.link(end.result.folder / "index.html") if end.result else None
    return StepEnd(name, end.name, end.message, end.exit_code, page)

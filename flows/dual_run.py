"""dual_run: one billing cycle, billed by both sides and compared, for one service or many.

backfill -> usage -> reconcile -> gate record. Cutover asks for so many green cycles in a row.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from prefect.utilities.annotations import quote

from flows.backfill import backfill
from flows.reconcile import reconcile
from flows.usage import meter_usage
from tasks.dual_run.cycles import Cycle, StepEnd, beyond_limits, blockers, judged
from tasks.dual_run.record import (
    figures_of,
    history,
    is_metered,
    record,
    services_of,
    standings,
    step_end,
)
from tasks.dual_run.report import build_report
from tasks.model.money import decimal_text
from tasks.model.report import Report
from tasks.reconcile.results import ReconcileResults
from tasks.reconcile.window import reconcile_window
from tasks.run.options import Amount, Count, Positive, Share
from tasks.run.perform import perform
from tasks.run.run import Run
from tasks.run.states import ended


@perform("dual-run")
def dual_run(
    run: Run,
    service: str = "nexacloud",
    period: str | None = None,
    dry_run: bool = False,
    match_rate: Share = 0.99,
    max_unexplained: Amount = 0,
    max_bad_share: Share = 0.20,
    max_failed_rows: Count = 0,
    workers: Positive = 2,
) -> Report:
    """Bill one cycle on both sides, compare them, put it on record, and say who is ready.

    Running a month again is safe: of its runs the last one counts. Whether the cycle is green
    and who is ready for the switch is worked out by Odoo: of what is compared, decided, kept out.

    Args:
        service: Code of the service in Odoo; several are joined by commas.
        period: The month (2026-10) whose billing periods are compared. Empty: the last one
            of which all periods have ended and been billed.
        dry_run: Write nothing and record nothing.
        match_rate: Least share of lines that must be settled or decided (0 to 1).
        max_unexplained: Largest sum of open differences that nothing explains, in the company's
            currency.
        max_bad_share: Above this share of quarantined rows nothing is written (0 to 1).
        max_failed_rows: So many rows may be refused by Odoo without their flow counting as failed;
            more keep back whose they are, and nobody else.
        workers: Calls to Odoo at once.
    """
    services = services_of(service)
    window = reconcile_window(period, as_of=run.started_at, zone=run.settings.timezone)
    load = {
        "max_bad_share": max_bad_share,
        "max_failed_rows": max_failed_rows,
        "workers": workers,
    }
    compare = {"period": window.period, "max_unexplained_amount": max_unexplained}

    cycles = []
    for code in services:
        common = {"service": code, "dry_run": dry_run}
        with run.step(code):
            steps, report = _run_steps(run, code, {**common, **load}, {**common, **compare})
        figures = figures_of(report.results, report.head.currency) if report else None
        did_not = blockers(
            steps, figures, has_ended=window.has_ended(run.started_at, run.settings.timezone)
        )
        limits = {
            "match_rate": Decimal(str(match_rate)),
            "max_unexplained": Decimal(str(max_unexplained)),
        }
        key = f"{run.key}-{code}"
        if dry_run:
            reasons = (*did_not, *beyond_limits(figures, **limits))
            cycle = Cycle(code, key, not reasons, reasons, figures, steps)
        else:
            values = {
                "service": code,
                "key": key,
                "period_from": window.since.isoformat(),
                "period_to": window.until.isoformat(),
                "reasons": list(did_not),
                "limits": {
                    "match_rate": decimal_text(limits["match_rate"]),
                    "unexplained": decimal_text(limits["max_unexplained"]),
                },
                "figures": figures.as_json() if figures else {},
                "run": run.key,
                "links": [["Run in Prefect", run.url]] if run.url else [],
            }
            verdict = record(values, quote(report.results) if report else None)
            cycle = judged(code, key, figures, steps, verdict)
        run.log.info("%s %s: %s", code, window.period, " ".join(cycle.reasons) or "green")
        cycles.append(cycle)
    head = run.head(
        service=", ".join(services),
        source="The services and what billed for them",
        dry_run=dry_run,
    )
    return build_report(head, cycles, history(services), window.period, standings(services))


def _run_steps(
    run: Run, service: str, load: dict[str, Any], compare: dict[str, Any]
) -> tuple[tuple[StepEnd, ...], Report | None]:
    """Run the flows in order; what comes after one that failed would speak of half a copy."""
    metered = [("usage", meter_usage, {**load, "period": compare["period"]})]
    chain: list[tuple[str, Any, dict[str, Any]]] = [
        ("backfill", backfill, load),
        # What another service has used comes with its copy, from Lago.
        *(metered if is_metered(run, service) else ()),
        ("reconcile", reconcile, compare),
    ]
    steps: list[StepEnd] = []
    for name, step, parameters in chain:
        end = ended(step(**parameters, return_state=True))
        steps.append(step_end(run, name, end))
        if end.result and isinstance(end.result.report.results, ReconcileResults):
            return tuple(steps), end.result.report
        if not steps[-1].goes_on:
            break
    return tuple(steps), None

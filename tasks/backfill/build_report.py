"""reckon: close the accounts of a backfill and put everything into its one report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tasks.backfill.outcomes import close_accounts
from tasks.backfill.verdict import verdict
from tasks.model.records import Finding, LoadedRow, RuleStat, RunReport, Severity, Total
from tasks.run.run import Run

Rows = Sequence[Mapping[str, Any]]


def reckon(
    run: Run,
    tables: Mapping[str, Rows],
    *,
    service: str,
    source: str = "NexaCloud (PostgreSQL)",
    company: Mapping[str, Any],
    odoo_url: str,
    run_url: str | None,
    docs_url: str | None,
    parameters: dict[str, str],
    findings: tuple[Finding, ...],
    checks: tuple[RuleStat, ...],
    out_of_scope: Mapping[str, Mapping[str, str]],
    selected: frozenset[str],
    refused: str | None,
    stopped: str | None,
    answers: Mapping[tuple[str, str], LoadedRow],
    readback: tuple[RuleStat, ...] | None,
    readback_findings: tuple[Finding, ...],
    totals: tuple[Total, ...],
    dry_run: bool,
    max_failed_rows: int,
) -> RunReport:
    """Give every source row its outcome and the run its verdict.

    Args:
        run: Whose report it is.
        tables: The source rows as they were read.
        service: Code of the service in Odoo.
        source: Where the rows were read, in words.
        company: Odoo's company: ``name`` and ``currency``.
        odoo_url: Where Odoo is, for people to open.
        run_url: The run's page in Prefect, if there is one.
        docs_url: Data Docs, as seen from the run's folder.
        parameters: What the run was asked to do.
        findings: Broken rules of the source, warnings too.
        checks: How each rule on the source fared.
        out_of_scope: Table -> row id -> why there is nothing to copy.
        selected: Entities that the run was to load.
        refused: Why nothing was loaded at all.
        stopped: Why the load is not whole.
        answers: Odoo's answers by (entity, external id).
        readback: How each rule on Odoo's copy fared; None when it was not read back.
        readback_findings: Broken rules of the copy.
        totals: Control totals of both sides.
        dry_run: Nothing was to be written.
        max_failed_rows: Failed rows that still count as completed.
    """
    rows = close_accounts(
        tables,
        findings=findings,
        out_of_scope=out_of_scope,
        answers=answers,
        selected=selected,
        refused=refused,
        stopped=stopped,
    )
    safe = None if readback is None else _is_safe(readback_findings)
    ended = verdict(
        rows,
        dry_run=dry_run,
        refused=refused,
        stopped=stopped,
        safe=safe,
        max_failed_rows=max_failed_rows,
    )
    links = {"data_docs": docs_url, "odoo": odoo_url, "prefect": run_url}
    return RunReport(
        flow=run.flow,
        run=run.key,
        service=service,
        source=source,
        target=odoo_url,
        company=company["name"],
        currency=company["currency"],
        dry_run=dry_run,
        started_at=run.started_at,
        finished_at=datetime.now(UTC),
        state_name=ended.name,
        state_message=ended.message,
        exit_code=ended.exit_code,
        rows=rows,
        findings=findings,
        checks=checks,
        readback=readback or (),
        readback_findings=readback_findings,
        safe=safe,
        totals=totals,
        timings=dict(run.timings),
        links={name: link for name, link in links.items() if link is not None},
        parameters=parameters,
    )


def _is_safe(findings: Sequence[Finding]) -> bool:
    return all(finding.severity is Severity.WARNING for finding in findings)

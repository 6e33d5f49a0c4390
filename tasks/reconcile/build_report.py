"""Reckon a reconciliation: what each side came to, the verdict, and its one report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from tasks.check.result import CheckResult
from tasks.model.ledger import MICRO
from tasks.model.records import Outcome, Severity
from tasks.reconcile.match.footing import side_totals
from tasks.reconcile.match.sides import minor_units
from tasks.reconcile.read import LagoLedger
from tasks.reconcile.read_nexacloud import NexaCloudLedger
from tasks.reconcile.read_odoo import OdooLedger
from tasks.reconcile.reconcile_report import LedgerSource, ReconcileReport
from tasks.reconcile.verdict import Threshold, reconcile_verdict
from tasks.reconcile.window import ReconcileWindow
from tasks.report.write import past_runs
from tasks.run.batches import Loaded
from tasks.run.run import Run

_ACTION = "fusion_centralize_billing_reconciliation.fusion_billing_reconciliation_action"


def reckon_reconciliation(
    run: Run,
    lines: pl.DataFrame,
    *,
    odoo: OdooLedger,
    nexacloud: NexaCloudLedger | None,
    lago: LagoLedger | None,
    loaded: Loaded,
    checked: CheckResult | None,
    window: ReconcileWindow,
    threshold: Threshold,
    services: Sequence[str],
    company: Mapping[str, Any],
    odoo_url: str,
    run_url: str | None,
    parameters: dict[str, str],
    dry_run: bool,
) -> ReconcileReport:
    """Give the run its verdict and put together all that its report tells.

    Args:
        run: Whose report it is.
        lines: The comparison.
        odoo: Odoo's side.
        nexacloud: NexaCloud's database; None if it was not asked.
        lago: Lago; None if it was not asked.
        loaded: What Odoo answered to the differences.
        checked: How NexaCloud's invoices fared; None if they were not read.
        window: Which periods were compared.
        threshold: How much may stay unexplained.
        services: Codes of the services.
        company: Odoo's company: ``name``, ``currency`` and ``timezone``.
        odoo_url: Where Odoo is, for people to open.
        run_url: The run's page in Prefect, if there is one.
        parameters: What the run was asked to do.
        dry_run: Odoo was to keep nothing of it.
    """
    kept_out = _kept_out(checked)
    refused = [answer for answer in loaded.answers if answer.outcome is Outcome.FAILED]
    ended = reconcile_verdict(
        lines,
        threshold,
        dry_run=dry_run,
        stopped=loaded.stopped,
        refused=refused,
        unrated=len(odoo.failed),
        kept_out=kept_out,
    )
    names = [name for name, side in (("NexaCloud", nexacloud), ("Lago", lago)) if side is not None]
    links = {
        "data_docs": run.link(checked.docs_index) if checked else None,
        "odoo": odoo_url,
        "odoo_reconciliation": f"{odoo_url}/odoo/action-{_ACTION}",
        "prefect": run_url,
    }
    return ReconcileReport(
        flow=run.flow,
        run=run.key,
        service=",".join(services),
        source=" and ".join(names),
        target=odoo_url,
        company=company["name"],
        currency=company["currency"],
        timezone=company["timezone"],
        dry_run=dry_run,
        started_at=run.started_at,
        finished_at=datetime.now(UTC),
        state_name=ended.name,
        state_message=ended.message,
        exit_code=ended.exit_code,
        period_start=window.since,
        period_end=window.until,
        tolerances=_tolerances(lines),
        sources=(*_external(lines, nexacloud, lago, kept_out), _odoo(lines, odoo)),
        lines=lines,
        findings=checked.findings if checked else (),
        checks=checked.checks if checked else (),
        history=past_runs(run.folder),
        timings=dict(run.timings),
        links={name: link for name, link in links.items() if link is not None},
        parameters=parameters,
    )


def _tolerances(lines: pl.DataFrame) -> dict[str, Decimal]:
    return {
        currency: Decimal(unit) / 2 / MICRO
        for currency, unit in sorted(minor_units(lines["currency"]).items())
    }


def _external(
    lines: pl.DataFrame,
    nexacloud: NexaCloudLedger | None,
    lago: LagoLedger | None,
    kept_out: int,
) -> tuple[LedgerSource, ...]:
    documents: dict[str, int] = dict(nexacloud.invoices) if nexacloud else {}
    notes: dict[str, str] = {}
    if nexacloud and nexacloud.void:
        notes = dict.fromkeys(documents, f"{nexacloud.void:,} void invoices are left out.")
    if lago:
        documents["lago"] = lago.invoices
        notes["lago"] = ". ".join(("Every invoice is the sum of its fees", *lago.notes)) + "."
    found: list[LedgerSource] = []
    for origin in sorted(documents):
        own = lines.filter(pl.col("external_origin") == origin)
        found.append(
            LedgerSource(
                origin=origin,
                documents=documents[origin],
                lines=int(own["external_lines"].sum()),
                # They have no lines, so their origin is not known here: the first one tells them.
                kept_out=kept_out if not found else 0,
                note=notes.get(origin, ""),
                totals=side_totals(own, "external"),
            )
        )
    return tuple(found)


def _kept_out(checked: CheckResult | None) -> int:
    findings = checked.findings if checked else ()
    return len({each.key for each in findings if each.severity is Severity.CRITICAL_ROW})


def _odoo(lines: pl.DataFrame, odoo: OdooLedger) -> LedgerSource:
    return LedgerSource(
        origin="odoo",
        documents=odoo.orders,
        lines=int(lines["odoo_lines"].sum()),
        kept_out=len(odoo.failed),
        note=" ".join(filter(None, (_unrated(odoo), _switched(odoo)))),
        totals=side_totals(lines, "odoo"),
    )


def _unrated(odoo: OdooLedger) -> str:
    if not odoo.failed:
        return ""
    first = odoo.failed[0]
    return (
        f"Odoo could not rate {len(odoo.failed):,} lines, so they are missing here; the first is"
        f" {first['metric']} of {first['subscription']}: {first['message']}"
    )


def _switched(odoo: OdooLedger) -> str:
    if not odoo.switched.height:
        return ""
    return (
        f"What Odoo alone bills of {odoo.switched.height:,} subscriptions since their cutover is"
        " left out."
    )

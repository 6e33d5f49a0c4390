"""What a cutover is to be approved on: Odoo's gates, the flow's own, and where to read more.

The evidence of a run is kept in its folder. A retry after a break-off reads it there: what a
person approved must be what they were shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from tasks.backfill.results import BackfillResults
from tasks.clients.odoo import cutover as odoo_cutover
from tasks.cutover.lago_boundary import renewals_stopped
from tasks.cutover.records import (
    Decision,
    Evidence,
    Gate,
    GateReport,
    Wave,
    gate_of,
    gate_report_of,
)
from tasks.model.records import Outcome
from tasks.report.files import replacing
from tasks.run.doctor import NEXACLOUD, sources_of
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings
from tasks.run.states import Ended

FILE = "evidence.json"
DECISION = "approval.json"
_EXAMPLES = 20


def approved_before(run: Run, wave: Wave) -> tuple[GateReport, Evidence] | None:
    """Give what was approved before this run broke off and was retried, if it was.

    A plan that nobody has said yes to is made anew, of what is true now.
    """
    evidence = _load_evidence(run.folder / FILE)
    if evidence is None:
        return None
    planned = plan_cutover(run.key, wave, evidence)
    return (planned, evidence) if planned.is_approved else None


def evidence_of_copy(run: Run, end: Ended, wave: Wave, *, dry_run: bool) -> Evidence:
    """Judge the backfill that a cutover begins with, and keep what was found.

    Args:
        run: The cutover's.
        end: How the backfill ended.
        wave: Whom it is about.
        dry_run: It was rolled back, so nothing could be read back.
    """
    page = {"backfill": str(end.result.folder / "index.html")} if end.result else {}
    gates = _copy_gates(end, is_whole=wave.customers is None, dry_run=dry_run)
    gates += renewals(wave.service)
    evidence = Evidence(run.key, tuple(gates), {**links_of(run), **page})
    _keep(run.folder / FILE, evidence.as_json())
    return evidence


def links_of(run: Run) -> dict[str, str]:
    """Say where a run can be looked at."""
    return {"odoo": run.settings.odoo_url} | ({"prefect": run.url} if run.url else {})


def keep_decision(run: Run, decision: Decision) -> None:
    """Write the decision down beside the evidence; Odoo holds the one that counts."""
    _keep(run.folder / DECISION, asdict(decision))


def load_decision(run: Run) -> Decision:
    """Give the yes that this run got before it broke off."""
    path = run.folder / DECISION
    if not path.exists():
        return Decision("yes", "on record in Odoo")
    return Decision(**json.loads(path.read_text(encoding="utf-8")))


@io_task("read-renewals")
def renewals(service: str) -> list[Gate]:
    """Ask Lago whether it still bills those whom Odoo bills; of other services nothing is asked."""
    settings = load_settings()
    live = set(odoo_cutover.live_customers(settings.odoo(), service))
    if not live or sources_of(settings).get(service) == NEXACLOUD:
        return []
    return [renewals_stopped(settings.lago().subscriptions(), live)]


@io_task("check-gate")
def check_gate(wave: Wave) -> GateReport:
    """Ask Odoo for its gates; nothing is put on record."""
    return gate_report_of(
        odoo_cutover.check(
            load_settings().odoo(), wave.service, wave.customers, wave.requirements.as_json()
        )
    )


@io_task("plan-cutover")
def plan_cutover(key: str, wave: Wave, evidence: Evidence) -> GateReport:
    """Put the cutover on record in Odoo, with what it is to be approved on."""
    return gate_report_of(
        odoo_cutover.plan(
            load_settings().odoo(),
            {
                "service": wave.service,
                "key": key,
                "customers": wave.customers,
                "requirements": wave.requirements.as_json(),
                "evidence": evidence.as_json(),
            },
        )
    )


def _load_evidence(path: Path) -> Evidence | None:
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return Evidence(found["run"], tuple(map(gate_of, found["gates"])), found["links"])


def _keep(path: Path, content: Mapping[str, object]) -> None:
    with replacing(path) as stream:
        json.dump(content, stream, ensure_ascii=False, indent=2)


def _copy_gates(end: Ended, *, is_whole: bool, dry_run: bool) -> list[Gate]:
    said = f"The backfill ended as {end.name}: {end.message}"
    gates = [Gate("copy_is_fresh", not end.exit_code, said)]
    results = end.result.report.results if end.result else None
    if not isinstance(results, BackfillResults):
        return gates
    if not dry_run:
        words = (
            "Read back from Odoo, every shadow order and charge is as it should be."
            if results.safe
            else "Reading Odoo back found faults, or was not done: see the backfill's report."
        )
        gates.append(Gate("shadow_suite", bool(results.safe), words))
    if is_whole:
        gates.append(_nobody_kept_out(results))
    return gates


def _nobody_kept_out(results: BackfillResults) -> Gate:
    kept_out = [
        row
        for row in results.rows
        if row.table == "subscriptions" and row.outcome in {Outcome.QUARANTINED, Outcome.FAILED}
    ]
    words = (
        f"{len(kept_out):,} subscriptions that are paid for are not in Odoo."
        if kept_out
        else "Every subscription that is paid for is in Odoo."
    )
    examples = tuple(row.source_id for row in kept_out[:_EXAMPLES])
    return Gate("nobody_kept_out", not kept_out, words, len(kept_out), examples)

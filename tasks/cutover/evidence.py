"""What a cutover is to be approved on: Odoo's gates, the flow's own, and where to read more.

The evidence of a run is kept in its folder. A retry after a break-off reads it there: what a
person approved must be what they were shown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from prefect.runtime import flow_run
from prefect.utilities.annotations import quote

from tasks.backfill.results import BackfillResults
from tasks.clients.odoo import cutover as odoo_cutover
from tasks.cutover.billed import kept_out
from tasks.cutover.gates import Gate, gate_of
from tasks.cutover.lago_boundary import renewals_stopped
from tasks.cutover.read_billed import read_billed
from tasks.cutover.records import Evidence, GateReport, Wave, gate_report_of
from tasks.cutover.rehearsed import Rehearsed, gate_of_rehearsal, kept_back, rehearsed_of
from tasks.model.end_state import can_be_built_upon
from tasks.report.files import replacing
from tasks.run.doctor import NEXACLOUD, sources_of
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings
from tasks.run.states import Ended

FILE = "evidence.json"


def approved_before(run: Run, wave: Wave) -> tuple[GateReport, Evidence] | None:
    """Give what was approved before this run broke off and was retried, if it was.

    A plan that nobody has said yes to is made anew, of what is true now.
    """
    evidence = _load_evidence(run.folder / FILE)
    if evidence is None:
        return None
    planned = plan_cutover(run.key, wave, quote(evidence))
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
    results = end.result.report.results if end.result else None
    copied = results if isinstance(results, BackfillResults) else None
    gates = _copy_gates(end, copied, dry_run=dry_run)
    gates += renewals(wave.service)
    out = kept_out(copied.rows if copied else ())
    billed = read_billed(wave.service, quote(out))
    with run.step("rehearsal"):
        shadows = set(in_shadow(wave.service))
        about = billed if wave.customers is None else wave.customers
        rehearsed = rehearse(wave.service, sorted(shadows.intersection(about)))
    gates.append(gate_of_rehearsal(rehearsed))
    billed = kept_back(billed, rehearsed)
    evidence = Evidence(run.key, tuple(gates), {**links_of(run), **page}, billed, rehearsed)
    with replacing(run.folder / FILE) as stream:
        json.dump({**evidence.as_json(), "billed": billed}, stream, ensure_ascii=False, indent=2)
    return evidence


def links_of(run: Run) -> dict[str, str]:
    """Say where a run can be looked at."""
    return {"odoo": run.settings.odoo_url} | ({"prefect": run.url} if run.url else {})


@io_task("read-renewals")
def renewals(service: str) -> list[Gate]:
    """Ask Lago whether it still bills those whom Odoo bills; of other services nothing is asked."""
    settings = load_settings()
    live = set(odoo_cutover.live_customers(settings.odoo(), service))
    if not live or sources_of(settings).get(service) == NEXACLOUD:
        return []
    return [renewals_stopped(settings.lago().subscriptions(), live)]


@io_task("check-gate")
def check_gate(wave: Wave, evidence: Evidence) -> GateReport:
    """Ask Odoo who is ready; nothing is put on record."""
    return gate_report_of(
        odoo_cutover.check(
            load_settings().odoo(),
            wave.service,
            wave.customers,
            wave.requirements.as_json(),
            evidence.billed,
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
                "billed": evidence.billed,
                # Who asked for it in Odoo does not decide about it.
                "flow_run": flow_run.root_flow_run_id,
            },
        )
    )


def _load_evidence(path: Path) -> Evidence | None:
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    gates = tuple(map(gate_of, found["gates"]))
    return Evidence(found["run"], gates, found["links"], found["billed"])


def _copy_gates(end: Ended, copied: BackfillResults | None, *, dry_run: bool) -> list[Gate]:
    said = f"The backfill ended as {end.name}: {end.message}"
    gates = [Gate("copy_is_fresh", can_be_built_upon(end.name, end.exit_code), said)]
    if copied is None or dry_run:
        return gates
    words = (
        "Read back from Odoo, every shadow order and charge is as it should be."
        if copied.safe
        else "Reading Odoo back found faults, or was not done: see the backfill's report."
    )
    return [*gates, Gate("shadow_suite", bool(copied.safe), words)]


@io_task("rehearse")
def rehearse(service: str, customers: Sequence[str]) -> tuple[Rehearsed, ...]:
    """Let Odoo make the first invoices of these customers; nothing of them stays."""
    odoo = load_settings().odoo()
    return tuple(map(rehearsed_of, odoo_cutover.rehearse(odoo, service, customers)))


@io_task("read-shadows")
def in_shadow(service: str) -> tuple[str, ...]:
    """Give the external ids of those who are still in shadow."""
    return tuple(odoo_cutover.shadow_customers(load_settings().odoo(), service))

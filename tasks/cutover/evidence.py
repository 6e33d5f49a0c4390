"""What a cutover is to be approved on: Odoo's gates, the flow's own, and where to read more.

The evidence of a run is kept in its folder. A retry after a break-off reads it there: what a
person approved must be what they were shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tasks.clients.odoo import cutover as odoo_cutover
from tasks.cutover.records import Decision, Gate, gate_of
from tasks.model.records import Outcome, RunReport
from tasks.report.files import replacing
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings
from tasks.run.states import Ended

FILE = "evidence.json"
DECISION = "approval.json"
_EXAMPLES = 20


def refresh_gates(end: Ended, customers: Sequence[str] | None, *, dry_run: bool) -> list[Gate]:
    """Judge the backfill that a cutover begins with.

    Args:
        end: How it ended.
        customers: A pilot group, or None for the whole service.
        dry_run: It was rolled back, so nothing could be read back.
    """
    said = f"The backfill ended as {end.name}: {end.message}"
    gates = [Gate("copy_is_fresh", not end.exit_code, said)]
    report = end.result.report if end.result else None
    if not isinstance(report, RunReport):
        return gates
    if not dry_run:
        words = (
            "Read back from Odoo, every shadow order and charge is as it should be."
            if report.safe
            else "Reading Odoo back found faults, or was not done: see the backfill's report."
        )
        gates.append(Gate("shadow_suite", bool(report.safe), words))
    if customers is None:
        gates.append(_nobody_kept_out(report))
    return gates


def load_evidence(run: Run) -> dict[str, Any] | None:
    """Give the evidence of an earlier attempt of this run, if it got so far."""
    path = run.folder / FILE
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def keep_evidence(run: Run, gates: Sequence[Gate], links: Mapping[str, str]) -> dict[str, Any]:
    """Write the evidence down and return it as JSON types."""
    evidence = {
        "run": run.key,
        "gates": [asdict(gate) for gate in gates],
        "links": dict(links),
    }
    with replacing(run.folder / FILE) as stream:
        json.dump(evidence, stream, ensure_ascii=False, indent=2)
    # As it is read again: tuples have become lists.
    found: dict[str, Any] = json.loads((run.folder / FILE).read_text(encoding="utf-8"))
    return found


def keep_decision(run: Run, decision: Decision) -> None:
    """Write the decision down beside the evidence; Odoo holds the one that counts."""
    with replacing(run.folder / DECISION) as stream:
        json.dump(asdict(decision), stream, ensure_ascii=False, indent=2)


def load_decision(run: Run) -> Decision:
    """Give the yes that this run got before it broke off."""
    path = run.folder / DECISION
    if not path.exists():
        return Decision("yes", "on record in Odoo")
    return Decision(**json.loads(path.read_text(encoding="utf-8")))


def gates_of(evidence: Mapping[str, Any], facts: Mapping[str, Any]) -> tuple[Gate, ...]:
    """Put the flow's gates and Odoo's together."""
    own = [
        Gate(each["name"], each["ok"], each["sentence"], each["count"], tuple(each["examples"]))
        for each in evidence["gates"]
    ]
    return (*own, *map(gate_of, facts["gates"]))


@io_task("check-gate")
def check_gate(
    service: str, customers: list[str] | None, requirements: dict[str, Any]
) -> dict[str, Any]:
    """Ask Odoo for its gates; nothing is put on record."""
    odoo = load_settings().odoo()
    return odoo_cutover.check(odoo, service, customers, requirements)


@io_task("plan-cutover")
def plan_cutover(
    key: str,
    service: str,
    customers: list[str] | None,
    requirements: dict[str, Any],
    evidence: dict[str, Any],
) -> dict[str, Any]:
    """Put the cutover on record in Odoo, with the facts that it is to be approved on."""
    return odoo_cutover.plan(
        load_settings().odoo(),
        {
            "service": service,
            "key": key,
            "customers": customers,
            "requirements": requirements,
            "evidence": evidence,
        },
    )


def _nobody_kept_out(report: RunReport) -> Gate:
    kept_out = [
        row
        for row in report.rows
        if row.table == "subscriptions" and row.outcome in {Outcome.QUARANTINED, Outcome.FAILED}
    ]
    words = (
        f"{len(kept_out):,} subscriptions that are paid for are not in Odoo."
        if kept_out
        else "Every subscription that is paid for is in Odoo."
    )
    examples = tuple(row.source_id for row in kept_out[:_EXAMPLES])
    return Gate("nobody_kept_out", not kept_out, words, len(kept_out), examples)

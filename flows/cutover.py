"""cutover: whoever is ready of a service from shadow to live, approved by a second person.

refresh -> gate -> approval -> switch -> report; with ``rollback`` the way back. Nobody is switched
without the yes of a second person, given in Odoo.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

from prefect.utilities.annotations import quote
from pydantic import Field

from flows.backfill import backfill
from tasks.cutover.approval import approve, evidence_text
from tasks.cutover.evidence import (
    approved_before,
    check_gate,
    evidence_of_copy,
    plan_cutover,
)
from tasks.cutover.records import CutoverResult, Evidence, Order, Requirements, Wave
from tasks.cutover.report import build_report, build_rollback_report
from tasks.cutover.switch import finish, planned_switches, require_order, roll_back, switch_all
from tasks.model.report import Report
from tasks.run.doctor import diagnose
from tasks.run.options import Amount, Count, Share
from tasks.run.perform import perform
from tasks.run.retries import ask as ask_odoo
from tasks.run.run import Run
from tasks.run.states import ended


@perform("cutover")
def cutover(
    run: Run,
    service: str = "nexacloud",
    customers: list[str] | None = None,
    rollback: bool = False,
    dry_run: bool = False,
    green_cycles: Count = 3,
    match_rate: Share = 0.99,
    max_unexplained: Amount = 0,
    stripe_ids: bool = True,
    cards: bool = True,
    ask: Literal["form", "terminal"] = "form",
    approval_hours: Annotated[float, Field(gt=0, le=168)] = 24,
    who: str = "",
    reason: str = "",
    batch_customers: Annotated[int, Field(ge=1, le=500)] = 50,
    max_bad_share: Share = 0.20,
    max_failed_rows: Count = 0,
) -> Report:
    """Switch whoever is ready to live, once a second person has approved it in Odoo.

    Who is not ready stops nobody; the report says what each of them waits for. Running or
    retrying it again is safe: who is live stays as they are.

    Args:
        service: Code of the service in Odoo.
        customers: External ids of a pilot group. Empty: everybody of the service. Whoever of
            them is ready is switched.
        rollback: Return customers to shadow instead, as long as nothing was posted for them.
        dry_run: Only the gate and who is ready; nobody is asked and nothing is changed.
        green_cycles: So many dual runs in a row must be green. What asks for less than the
            default here or below is waived by the approver, with a reason.
        match_rate: Least share of lines that must match in the latest (0 to 1).
        max_unexplained: Largest unexplained difference in the latest, in the company's currency.
        stripe_ids: Whether everybody who pays must have a Stripe id.
        cards: Whether everybody who pays by card must have one that Odoo can charge.
        ask: Where somebody says that it is decided in Odoo: in Prefect's form, or on the terminal
            of this run (what the command line does by itself, on a terminal).
        approval_hours: So long the form waits; without a yes in Odoo by then it is a no.
        who: For the way back: who orders it.
        reason: For the way back: why.
        batch_customers: Customers in one call to Odoo.
        max_bad_share: Above this share of quarantined rows the copy is not brought up to date, and
            nobody is switched (0 to 1).
        max_failed_rows: So many rows may be refused by Odoo; whoever they are of is kept back.
    """
    diagnose(run.settings, service, may_be_live=True).require_health()
    head = partial(run.head, service=service, source="The old side", dry_run=dry_run)
    if rollback:
        order = require_order(Order(who, reason), dry_run=dry_run)
        back = roll_back(run, service, customers, order, batch_customers, dry_run=dry_run)
        return build_rollback_report(head(), back)

    requirements = Requirements(green_cycles, match_rate, max_unexplained, stripe_ids, cards)
    wave = Wave(service, tuple(customers) if customers is not None else None, requirements)

    limits = {"max_bad_share": max_bad_share, "max_failed_rows": max_failed_rows}

    with run.step("refresh"):
        approved = approved_before(run, wave)
        evidence = approved[1] if approved else _refresh(run, wave, limits, dry_run=dry_run)
    with run.step("gate"):
        if dry_run:
            found = check_gate(wave, quote(evidence))
        else:
            found = approved[0] if approved else plan_cutover(run.key, wave, quote(evidence))
    result = CutoverResult((*evidence.gates, *found.gates), found, rehearsed=evidence.rehearsed)
    if dry_run or not all(gate.ok for gate in result.gates):
        return build_report(head(), result)

    with run.step("approval"):
        shown = evidence_text(found, result.gates, evidence.links, run.settings.odoo_url)
        decision = approve(run, found, shown, where=ask, hours=approval_hours)
    result = replace(result, decision=decision)
    run.log.info("%s said %s.", decision.who, decision.decision)
    if not decision.is_yes:
        return build_report(head(), result)

    with run.step("switch"):
        switches = planned_switches(run.key, service, run.started_at)
        sent = switch_all(run, switches, batch_customers)
        result = replace(result, switches=switches.days, sent=sent)
        if sent.stopped is None and any(each.outcome != "failed" for each in sent.customers):
            finished, stopped = ask_odoo(finish, run.key)
            result = replace(result, sent=replace(sent, stopped=stopped), finished=finished)
    return build_report(head(), result)


def _refresh(run: Run, wave: Wave, limits: dict[str, Any], *, dry_run: bool) -> Evidence:
    """Bring the copy up to date first: what is switched must be what the service has now."""
    end = ended(
        backfill(
            service=wave.service,
            dry_run=dry_run,
            return_state=True,
            **limits,
        )
    )
    return evidence_of_copy(run, end, wave, dry_run=dry_run)

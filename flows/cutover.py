"""cutover: a service's customers from shadow to live, through a gate and a person's approval.

refresh -> gate -> approval -> switch -> report; with ``rollback`` the way back. Nobody is switched
without a yes that is on record in Odoo.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from prefect.utilities.annotations import quote
from pydantic import Field

from flows.backfill import backfill
from tasks.cutover.approval import (
    approval_key,
    ask_in_prefect,
    ask_on_terminal,
    evidence_text,
    record_decision,
)
from tasks.cutover.evidence import (
    check_gate,
    gates_of,
    keep_decision,
    keep_evidence,
    load_decision,
    load_evidence,
    plan_cutover,
    refresh_gates,
)
from tasks.cutover.records import YES, Decision, Switched
from tasks.cutover.report import cutover_report, rollback_report
from tasks.cutover.switch import (
    check_rollback,
    finish,
    live_customers,
    planned_switches,
    return_all,
    switch_all,
)
from tasks.model.errors import ConfigError
from tasks.report.plain_report import PlainReport
from tasks.report.publish import publish
from tasks.run.doctor import diagnose
from tasks.run.options import Amount, Count, Share
from tasks.run.perform import perform
from tasks.run.run import Run
from tasks.run.states import ended

#: States of a plan that somebody has said yes to.
APPROVED = ("approved", "running", "done")


@perform("cutover", publish)
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
    ask: Literal["form", "terminal"] = "form",
    approval_hours: Annotated[float, Field(gt=0, le=168)] = 24,
    who: str = "",
    reason: str = "",
    batch_customers: Annotated[int, Field(ge=1, le=500)] = 50,
) -> PlainReport:
    """Switch customers to live, once the gate is open and a person has said yes.

    Running or retrying it again is safe: who is live stays as they are.

    Args:
        service: Code of the service in Odoo.
        customers: External ids of a pilot group. Empty: everybody of the service.
        rollback: Return customers to shadow instead, as long as nothing was posted for them.
        dry_run: Only the gate and the plan; nobody is asked and nothing is changed.
        green_cycles: So many dual runs in a row must be green.
        match_rate: Least share of lines that must match in the latest (0 to 1).
        max_unexplained: Largest unexplained difference in the latest, in the company's currency.
        stripe_ids: Whether everybody who pays must have a Stripe id.
        ask: Where the approval is asked for: in Prefect's form, or on the terminal of this run
            (what the command line does by itself, on a terminal).
        approval_hours: So long the form waits; then it is a no.
        who: For the way back: who orders it.
        reason: For the way back: why.
        batch_customers: Customers in one call to Odoo.
    """
    diagnose(run.settings, service, may_be_live=True).require_health()
    if rollback and not (dry_run or (who.strip() and reason.strip())):
        raise ConfigError("A rollback is put on record: say who orders it, and the reason.")
    links, parameters = _links(run), run.parameters
    if rollback:
        return _roll_back(
            run, service, customers, dry_run, who, reason, batch_customers, links, parameters
        )
    requirements = {
        "green_cycles": green_cycles,
        "match_rate": str(match_rate),
        "unexplained": str(max_unexplained),
        "stripe_ids": stripe_ids,
    }
    return _cut_over(
        run,
        service,
        customers,
        requirements,
        dry_run=dry_run,
        ask=ask,
        hours=approval_hours,
        batch_customers=batch_customers,
        links=links,
        parameters=parameters,
    )


def _cut_over(
    run: Run,
    service: str,
    customers: list[str] | None,
    requirements: dict[str, Any],
    *,
    dry_run: bool,
    ask: str,
    hours: float,
    batch_customers: int,
    links: dict[str, str],
    parameters: dict[str, str],
) -> PlainReport:
    with run.step("refresh"):
        planned = _approved_before(run, service, customers, requirements)
        evidence = load_evidence(run) if planned else None
        if evidence is None:
            evidence = _evidence(run, service, customers, dry_run, links)
    with run.step("gate"):
        if dry_run:
            facts = check_gate(service, customers, requirements)
        else:
            facts = planned or plan_cutover(run.key, service, customers, requirements, evidence)
    gates = gates_of(evidence, facts)
    told: dict[str, Any] = {
        "gates": gates,
        "facts": facts,
        "decision": None,
        "switches": (),
        "switched": (),
        "stopped": None,
        "finished": None,
        "dry_run": dry_run,
        "links": links,
        "parameters": parameters,
    }
    if dry_run or not all(gate.ok for gate in gates):
        return cutover_report(run, service, **told)

    with run.step("approval"):
        decision, approval = _approval(run, facts, gates, evidence, ask, hours)
    run.log.info("%s said %s.", decision.who, decision.decision)
    told["decision"] = decision
    if not decision.is_yes:
        return cutover_report(run, service, **told)

    with run.step("switch"):
        told["switches"] = planned_switches(run.key, service, run.started_at)
        told["switched"], told["stopped"] = switch_all(
            run, told["switches"], approval, batch_customers
        )
        told["finished"] = finish(run.key)
    return cutover_report(run, service, **told)


def _approved_before(
    run: Run, service: str, customers: list[str] | None, requirements: dict[str, Any]
) -> dict[str, Any] | None:
    """Give the plan that was approved before this run broke off and was retried, if it was.

    A plan that nobody has said yes to is made anew, of what is true now.
    """
    evidence = load_evidence(run)
    if evidence is None:
        return None
    planned: dict[str, Any] = plan_cutover(run.key, service, customers, requirements, evidence)
    return planned if planned["state"] in APPROVED else None


def _evidence(
    run: Run, service: str, customers: list[str] | None, dry_run: bool, links: dict[str, str]
) -> dict[str, Any]:
    """Bring the copy up to date first: what is switched must be what the service has now."""
    end = ended(
        backfill(
            service=service,
            source="nexacloud" if service == "nexacloud" else "lago",
            dry_run=dry_run,
            return_state=True,
        )
    )
    page = {"backfill": str(end.result.folder / "index.html")} if end.result else {}
    gates = refresh_gates(end, customers, dry_run=dry_run)
    return keep_evidence(run, gates, {**links, **page})


def _approval(
    run: Run, facts: Any, gates: Any, evidence: Any, ask: str, hours: float
) -> tuple[Decision, str]:
    """Ask, unless a yes on this very plan is on record from before a break-off."""
    if facts["state"] in APPROVED:
        return load_decision(run), approval_key(run.key, facts["digest"], YES)
    text = evidence_text(facts, gates, evidence["links"])
    decision = (
        ask_on_terminal(text, facts["digest"])
        if ask == "terminal"
        else ask_in_prefect(text, facts["digest"], hours)
    )
    key = approval_key(run.key, facts["digest"], decision.decision)
    record_decision(run.key, facts["digest"], key, quote(decision))
    keep_decision(run, decision)
    return decision, key


def _roll_back(
    run: Run,
    service: str,
    customers: list[str] | None,
    dry_run: bool,
    who: str,
    reason: str,
    batch_customers: int,
    links: dict[str, str],
    parameters: dict[str, str],
) -> PlainReport:
    with run.step("check"):
        facts = check_rollback(service, customers)
        blocked = facts["rows"]
        stay = {row["customer"] for row in blocked}
        wanted = customers if customers is not None else live_customers(service)
        able = [each for each in wanted if each not in stay]
    returned: list[Switched] = []
    stopped = None
    if able and not dry_run:
        with run.step("return"):
            returned, stopped = return_all(
                run, service, able, who=who, reason=reason, batch_customers=batch_customers
            )
    return rollback_report(
        run,
        service,
        blocked=blocked,
        returned=returned,
        stopped=stopped,
        returnable=facts["returnable"],
        dry_run=dry_run,
        links=links,
        parameters=parameters,
    )


def _links(run: Run) -> dict[str, str]:
    return {"odoo": run.settings.odoo_url} | ({"prefect": run.url} if run.url else {})

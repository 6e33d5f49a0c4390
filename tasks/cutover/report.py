"""The reports of a cutover and of the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tasks.cutover.records import Decision, Gate, Switch, Switched
from tasks.model.end_state import CLEAN, CRASH, REFUSED
from tasks.report.plain_report import Answer, PlainReport, Table, Verdict
from tasks.run.run import Run


def cutover_report(
    run: Run,
    service: str,
    *,
    gates: Sequence[Gate],
    facts: Mapping[str, Any],
    decision: Decision | None,
    switches: Sequence[Switch],
    switched: Sequence[Switched],
    stopped: str | None,
    finished: Mapping[str, Any] | None,
    dry_run: bool,
    links: dict[str, str],
    parameters: dict[str, str],
) -> PlainReport:
    """Tell a cutover, whichever step it came to.

    Args:
        run: The run.
        service: The service's code.
        gates: All conditions.
        facts: What Odoo said of the plan.
        decision: What a person decided; None if nobody was asked.
        switches: What was planned, by subscription.
        switched: What became of each customer.
        stopped: Why the switch is not whole.
        finished: What closing it said; None if it did not come to that.
        dry_run: Only the gate and the plan.
        links: Where to read more.
        parameters: The flow's.
    """
    counts = Counter(each.outcome for each in switched)
    name, message, exit_code = _ending(gates, facts, decision, counts, stopped, dry_run)
    return PlainReport(
        **_common(run, service, dry_run, name, message, exit_code, links, parameters),
        about=f"Cutover of {service}",
        verdict=_verdict(service, name, message, finished),
        answers=_answers(gates, decision, counts, facts),
        tables=(
            _gates(gates),
            _failed(switched),
            _plan(switches),
            _outcomes(switched),
        ),
        figures={
            "gates": {gate.name: gate.ok for gate in gates},
            "digest": facts.get("digest"),
            "customers": facts.get("customers"),
            "subscriptions": facts.get("subscriptions"),
            "approval": _approval(decision),
            "outcomes": dict(counts),
            "finished": dict(finished) if finished else None,
        },
    )


def rollback_report(
    run: Run,
    service: str,
    *,
    blocked: Sequence[Mapping[str, Any]],
    returned: Sequence[Switched],
    stopped: str | None,
    returnable: int,
    dry_run: bool,
    links: dict[str, str],
    parameters: dict[str, str],
) -> PlainReport:
    """Tell a return to shadow: who returned, and who cannot and why."""
    counts = Counter(each.outcome for each in returned)
    stays = len(blocked) + counts["failed"]
    message = (
        f"{counts['returned']:,} returned, {counts['unchanged']:,} were in shadow,"
        f" {stays:,} cannot return"
    )
    name, exit_code = ("Completed", CLEAN) if not stays else ("SomeCannotReturn", REFUSED)
    if dry_run:
        message = f"Dry run, nothing changed: {returnable:,} can return, {len(blocked):,} cannot"
    if stopped:
        name, message, exit_code = "ReturnStopped", f"{message}. {stopped}", CRASH
    why = tuple((row["customer"], row["code"], row["message"]) for row in blocked) + tuple(
        (each.customer, each.code, each.message) for each in returned if each.outcome == "failed"
    )
    return PlainReport(
        **_common(run, service, dry_run, name, message, exit_code, links, parameters),
        about=f"The way back of {service}",
        verdict=Verdict(
            "good" if not exit_code else "warn",
            "They are back in shadow" if not exit_code else "Not everybody is back in shadow",
            message + ".",
            "The old side bills them again: switch its renewals on."
            if not exit_code
            else "Read below what stands in the way; what was posted is corrected in Odoo by a"
            " credit note, and the customer stays.",
        ),
        answers=(
            Answer(
                "Who is back?", "good", f"{counts['returned']:,}", "customers returned to shadow"
            ),
            Answer(
                "Who stays?",
                "bad" if stays else "good",
                f"{stays:,}",
                "customers who cannot return",
            ),
        ),
        tables=(
            Table(
                "Who cannot return, and why",
                ("Customer", "Code", "Why"),
                why,
                file="blocked.csv",
                brief=True,
            ),
            _outcomes(returned),
        ),
        figures={"outcomes": dict(counts), "blocked": len(blocked), "returnable": returnable},
    )


def _common(
    run: Run,
    service: str,
    dry_run: bool,
    name: str,
    message: str,
    exit_code: int,
    links: dict[str, str],
    parameters: dict[str, str],
) -> dict[str, Any]:
    return {
        "flow": run.flow,
        "run": run.key,
        "service": service,
        "source": "The old side",
        "target": links.get("odoo", "Odoo"),
        "dry_run": dry_run,
        "started_at": run.started_at,
        "finished_at": datetime.now(UTC),
        "state_name": name,
        "state_message": message,
        "exit_code": exit_code,
        "timings": dict(run.timings),
        "links": links,
        "parameters": parameters,
    }


def _ending(
    gates: Sequence[Gate],
    facts: Mapping[str, Any],
    decision: Decision | None,
    counts: Counter[str],
    stopped: str | None,
    dry_run: bool,
) -> tuple[str, str, int]:
    closed = [gate for gate in gates if not gate.ok]
    if closed:
        said = " ".join(gate.sentence for gate in closed)
        return "GateClosed", f"Nobody was switched: {said}", REFUSED
    if dry_run:
        who = f"{facts['customers']:,} customers, {facts['subscriptions']:,} subscriptions"
        return "Completed", f"Dry run: the gate is open for {who}", CLEAN
    if decision is not None and not decision.is_yes:
        note = f" {decision.note}" if decision.note else ""
        return "NotApproved", f"Nobody was switched: {decision.who} said no.{note}", REFUSED
    said = (
        f"{counts['switched']:,} switched, {counts['unchanged']:,} were live,"
        f" {counts['failed']:,} failed"
    )
    if stopped:
        return "SwitchStopped", f"{said}. {stopped}", CRASH
    if counts["failed"]:
        return "CustomersFailed", said, REFUSED
    return "Completed", said, CLEAN


def _verdict(service: str, name: str, message: str, finished: Mapping[str, Any] | None) -> Verdict:
    again = f"python -m flows cutover --service {service}"
    match name:
        case "Completed" if finished:
            return Verdict(
                "good",
                f"{finished['live']:,} customers of {service} are live",
                message,
                "Switch renewals off at the old side for them, and watch the first invoices.",
            )
        case "Completed":
            return Verdict("good", "The gate is open", message, "Ask for the approval.", again)
        case "GateClosed":
            return Verdict("bad", "The gate is closed", message, "See below what is in the way.")
        case "NotApproved":
            return Verdict("info", "It was not approved", message, "Ask again when it is settled.")
        case "CustomersFailed":
            return Verdict(
                "warn", "Not everybody could be switched", message, "See why below.", again
            )
    return Verdict("bad", "The switch broke off", message, "Retry the run in Prefect.")


def _answers(
    gates: Sequence[Gate],
    decision: Decision | None,
    counts: Counter[str],
    facts: Mapping[str, Any],
) -> tuple[Answer, ...]:
    closed = sum(not gate.ok for gate in gates)
    tone, answer = ("bad", "closed") if closed else ("good", "open")
    asked = (
        Answer("Who approved it?", "info", "nobody was asked", "no approval was needed so far")
        if decision is None
        else Answer(
            "Who approved it?",
            "good" if decision.is_yes else "bad",
            f"{decision.who}: {decision.decision}",
            f"evidence {str(facts.get('digest'))[:12]}",
        )
    )
    return (
        Answer("Is the gate open?", tone, answer, f"{closed} of {len(gates)} conditions unmet"),
        asked,
        Answer(
            "Is everybody live?",
            "bad" if counts["failed"] else "info",
            f"{counts['switched'] + counts['unchanged']:,} of {facts.get('customers') or 0:,}",
            f"{counts['failed']:,} failed",
        ),
    )


def _gates(gates: Sequence[Gate]) -> Table:
    rows = tuple(
        (gate.name, "ok" if gate.ok else "not ok", gate.sentence, ", ".join(gate.examples[:3]))
        for gate in gates
    )
    return Table("Gate", ("Condition", "Is", "What was found", "Examples"), rows, brief=True)


def _failed(switched: Sequence[Switched]) -> Table:
    rows = tuple(
        (each.customer, each.code, each.message) for each in switched if each.outcome == "failed"
    )
    return Table(
        "Who could not be switched, and why", ("Customer", "Code", "Why"), rows, brief=True
    )


def _plan(switches: Sequence[Switch]) -> Table:
    return Table(
        "From when on Odoo bills",
        ("Customer", "Subscription", "Cycle", "Price from", "Usage from"),
        tuple(
            (each.customer, each.subscription, each.cycle, each.flat_from, each.usage_from)
            for each in switches
        ),
        intro="The old side bills everything before.",
        file="plan.csv",
    )


def _outcomes(switched: Sequence[Switched]) -> Table:
    return Table(
        "What became of each customer",
        ("Customer", "Outcome", "Code", "Message"),
        tuple((each.customer, each.outcome, each.code, each.message) for each in switched),
        file="outcomes.csv",
    )


def _approval(decision: Decision | None) -> dict[str, str] | None:
    if decision is None:
        return None
    return {"who": decision.who, "decision": decision.decision, "note": decision.note}

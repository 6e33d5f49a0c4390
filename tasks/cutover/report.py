"""The reports of a cutover and of the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial

from tasks.cutover.gates import Gate
from tasks.cutover.records import (
    CutoverResult,
    Decision,
    Finished,
    Returned,
    Standing,
    Switch,
    Switched,
)
from tasks.cutover.rehearsed import rehearsal_table
from tasks.model.end_state import CLEAN, CRASH, REFUSED, EndState
from tasks.model.report import Answer, Head, Headline, Report, Table

#: A table that the terminal and Prefect show, too.
_shown = partial(Table, where="everywhere", in_prefect=True)


def build_report(head: Head, result: CutoverResult) -> Report:
    """Tell a cutover, whichever step it came to."""
    found, switched = result.report, result.sent.customers
    counts = Counter(each.outcome for each in switched)
    end = _end_state(result, counts, dry_run=head.dry_run)
    return Report(
        head=head,
        end=end,
        about=f"Cutover of {head.service}",
        headline=_headline(head.service, end, result.finished),
        answers=_answers(result, counts),
        sections=(
            _gates(result.gates),
            _waiting(found.wave),
            _readiness(found.wave),
            rehearsal_table(result.rehearsed),
            _failed(switched),
            _plan(result.switches),
            _outcomes(switched),
        ),
        figures={
            "gates": {gate.name: gate.ok for gate in result.gates},
            "digest": found.digest,
            "customers": found.customers,
            "waiting": sum(not each.is_ready for each in found.wave),
            "subscriptions": found.subscriptions,
            "approval": _approval(result.decision),
            "outcomes": dict(counts),
            "finished": asdict(result.finished) if result.finished else None,
        },
    )


def build_rollback_report(head: Head, back: Returned) -> Report:
    """Tell a return to shadow: who returned, and who cannot and why."""
    blocked, returned = back.found.blocked, back.sent.customers
    returnable, stopped = back.found.returnable, back.sent.stopped
    counts = Counter(each.outcome for each in returned)
    stays = len(blocked) + counts["failed"]
    message = (
        f"{counts['returned']:,} returned, {counts['unchanged']:,} were in shadow,"
        f" {stays:,} cannot return"
    )
    name, exit_code = ("Completed", CLEAN) if not stays else ("SomeCannotReturn", REFUSED)
    if head.dry_run:
        message = f"Dry run, nothing changed: {returnable:,} can return, {len(blocked):,} cannot"
    if stopped:
        name, message, exit_code = "ReturnStopped", f"{message}. {stopped}", CRASH
    why = (*((each.customer, each.code, each.message) for each in blocked), *_whys(returned))
    return Report(
        head=head,
        end=EndState(name, message, exit_code),
        about=f"The way back of {head.service}",
        headline=Headline(
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
        sections=(
            _shown(
                "Who cannot return, and why", ("Customer", "Code", "Why"), why, file="blocked.csv"
            ),
            _outcomes(returned),
        ),
        figures={"outcomes": dict(counts), "blocked": len(blocked), "returnable": returnable},
    )


def _end_state(result: CutoverResult, counts: Counter[str], *, dry_run: bool) -> EndState:
    found, decision, stopped = result.report, result.decision, result.sent.stopped
    closed = [gate for gate in result.gates if not gate.ok]
    if closed:
        said = " ".join(gate.sentence for gate in closed)
        return EndState("GateClosed", f"Nobody was switched: {said}", REFUSED)
    waiting = sum(not each.is_ready for each in found.wave)
    rest = f"; {_are_not(waiting)} ready" if waiting else ""
    if dry_run:
        who = f"{found.customers:,} customers, {found.subscriptions:,} subscriptions"
        return EndState("Completed", f"Dry run: the gate is open for {who}{rest}", CLEAN)
    if decision is not None and not decision.is_yes:
        note = f" {decision.note}" if decision.note else ""
        return EndState(
            "NotApproved", f"Nobody was switched: {decision.who} said no.{note}", REFUSED
        )
    said = (
        f"{counts['switched']:,} switched, {counts['unchanged']:,} were live,"
        f" {counts['failed']:,} failed{rest}"
    )
    if stopped:
        return EndState("SwitchStopped", f"{said}. {stopped}", CRASH)
    if counts["failed"]:
        return EndState("CustomersFailed", said, REFUSED)
    return EndState("Completed", said, CLEAN)


def _headline(service: str, end: EndState, finished: Finished | None) -> Headline:
    again = f"python -m flows cutover --service {service}"
    message = end.message
    match end.name:
        case "Completed" if finished:
            return Headline(
                "good",
                f"{finished.live:,} customers of {service} are live",
                message,
                "Switch renewals off at the old side for them, and watch the first invoices.",
            )
        case "Completed":
            return Headline("good", "The gate is open", message, "Ask for the approval.", again)
        case "GateClosed":
            return Headline("bad", "The gate is closed", message, "See below what is in the way.")
        case "NotApproved":
            return Headline("info", "It was not approved", message, "Ask again when it is settled.")
        case "CustomersFailed":
            return Headline(
                "warn", "Not everybody could be switched", message, "See why below.", again
            )
    return Headline("bad", "The switch broke off", message, "Retry the run in Prefect.")


def _answers(result: CutoverResult, counts: Counter[str]) -> tuple[Answer, ...]:
    gates, decision = result.gates, result.decision
    closed = sum(not gate.ok for gate in gates)
    tone, answer = ("bad", "closed") if closed else ("good", "open")
    asked = (
        Answer("Who approved it?", "info", "nobody was asked", "no approval was needed so far")
        if decision is None
        else Answer(
            "Who approved it?",
            "good" if decision.is_yes else "bad",
            f"{decision.who}: {decision.decision}",
            f"evidence {result.report.digest[:12]}",
        )
    )
    waiting = sum(not each.is_ready for each in result.report.wave)
    return (
        Answer("Is the gate open?", tone, answer, f"{closed} of {len(gates)} conditions unmet"),
        Answer(
            "Who is ready?",
            "warn" if waiting else "good",
            f"{result.report.customers:,}",
            _are_not(waiting),
        ),
        asked,
        Answer(
            "Is everybody live?",
            "bad" if counts["failed"] else "info",
            f"{counts['switched'] + counts['unchanged']:,} of {result.report.customers:,}",
            f"{counts['failed']:,} failed",
        ),
    )


def _gates(gates: Sequence[Gate]) -> Table:
    rows = tuple(
        (gate.name, "ok" if gate.ok else "not ok", gate.sentence, ", ".join(gate.examples[:3]))
        for gate in gates
    )
    return _shown("Gate", ("Condition", "Is", "What was found", "Examples"), rows)


def _waiting(wave: Sequence[Standing]) -> Table:
    rows = tuple(
        (each.customer, " ".join(each.reasons), each.revenue, each.currency)
        for each in sorted(wave, key=lambda each: (-each.revenue, each.customer))
        if not each.is_ready
    )
    return _shown(
        "Who is not ready, and why",
        ("Customer", "Why", "Revenue", "Currency"),
        rows,
        intro="They stay at the old side, and stop nobody else.",
    )


def _readiness(wave: Sequence[Standing]) -> Table:
    rows = tuple(
        (
            each.customer,
            "yes" if each.is_ready else "no",
            " ".join(each.reasons),
            each.revenue,
            each.currency,
        )
        for each in wave
    )
    return Table(
        "Who is ready",
        ("customer", "ready", "reasons", "revenue", "currency"),
        rows,
        intro="Revenue: the first invoices, before tax and usage.",
        file="readiness.csv",
    )


def _failed(switched: Sequence[Switched]) -> Table:
    return _shown(
        "Who could not be switched, and why", ("Customer", "Code", "Why"), tuple(_whys(switched))
    )


def _whys(customers: Iterable[Switched]) -> Iterator[tuple[str, str | None, str | None]]:
    for each in customers:
        if each.outcome == "failed":
            yield each.customer, each.code, each.message


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


def _are_not(count: int) -> str:
    return f"{count:,} {'is' if count == 1 else 'are'} not"

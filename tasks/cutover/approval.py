"""Ask a person, in Prefect's own form or on the terminal, and put the answer on record in Odoo.

Nothing here decides in a person's place: no answer, no name and no terminal are all a no, and Odoo
refuses to switch anybody without the yes that it holds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput
from prefect.utilities.annotations import quote
from pydantic import Field

from tasks.clients.odoo import cutover as odoo_cutover
from tasks.cutover.evidence import keep_decision, load_decision
from tasks.cutover.records import NO, YES, Decision, Gate, GateReport, RecordedDecision, decided
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings

_POLL_SECONDS = 2
_KEY_DIGITS = 12


class Approval(RunInput):
    """Shall these customers be billed by Odoo from now on?"""

    who: str = Field(description="Your name; it is put on record with your decision")
    decision: Literal["no", "yes"] = Field(description="yes: switch them; no: leave them")
    note: str = Field(description="What you looked at, or why not")


def approve(
    run: Run,
    report: GateReport,
    evidence: str,
    *,
    where: Literal["form", "terminal"],
    hours: float,
) -> RecordedDecision:
    """Ask, unless a yes on this very plan is on record from before a break-off.

    Args:
        run: The cutover's.
        report: What Odoo found.
        evidence: What a person is to decide on, in words.
        where: In Prefect's form, or on the terminal of this run.
        hours: So long the form waits.
    """
    if report.is_approved:
        return RecordedDecision(load_decision(run), _key(run, report, YES))
    decision = (
        ask_on_terminal(evidence, report.digest)
        if where == "terminal"
        else ask_in_prefect(evidence, report.digest, hours)
    )
    key = _key(run, report, decision.decision)
    record_decision(run.key, report.digest, key, quote(decision))
    keep_decision(run, decision)
    return RecordedDecision(decision, key)


def ask_in_prefect(evidence: str, digest: str, hours: float) -> Decision:
    """Pause the flow run until someone fills the form in; a time-out is a no."""
    form = Approval.with_initial_data(description=evidence, who="", decision=NO, note="")
    try:
        given = pause_flow_run(
            wait_for_input=form,
            timeout=int(hours * 3600),
            poll_interval=_POLL_SECONDS,
            key=f"approval-{digest[:_KEY_DIGITS]}",
        )
    except FlowPauseTimeout:
        return Decision(NO, "nobody", f"Nobody answered within {hours:g} hours.")
    return decided(given.who, given.decision, given.note)


def ask_on_terminal(evidence: str, digest: str, read: Callable[[str], str] = input) -> Decision:
    """Ask whoever sits there; without a terminal it is a no.

    Args:
        evidence: What they are to decide on.
        digest: Of the evidence.
        read: Asks one question and gives the answer.
    """
    print(f"\n{evidence}\n\nDigest of this evidence: {digest}\n", file=sys.stderr)
    try:
        who = read("Your name: ")
        decision = read("Switch these customers to Odoo? (yes/no): ").strip().lower()
        note = read("Note: ")
    except EOFError:
        return Decision(NO, "nobody", "There was no terminal to ask on.")
    return decided(who, decision, note)


def evidence_text(report: GateReport, gates: Sequence[Gate], links: Mapping[str, str]) -> str:
    """Lay the evidence out, in Markdown that is readable as it stands."""
    counts = f"{report.customers:,} customers with {report.subscriptions:,} subscriptions"
    lines = [
        f"**{report.service}: {counts} are to be billed by Odoo.**",
        "",
        *(f"- {'[x]' if gate.ok else '[ ]'} {gate.name}: {gate.sentence}" for gate in gates),
        "",
        *(f"- {name}: {target}" for name, target in links.items()),
        "",
        f"Evidence {report.digest}",
    ]
    return "\n".join(lines)


@io_task("record-approval")
def record_decision(cutover: str, digest: str, key: str, decision: Decision) -> None:
    """Put the decision on record in Odoo, for good; the same key again changes nothing."""
    odoo_cutover.approve(
        load_settings().odoo(),
        {
            "cutover": cutover,
            "key": key,
            "digest": digest,
            "decision": decision.decision,
            "who": decision.who,
            "note": decision.note,
            "decided_at": datetime.now(UTC).isoformat(),
        },
    )


def _key(run: Run, report: GateReport, decision: str) -> str:
    """Name a decision: one of each kind for each evidence that was shown."""
    return f"{run.key}-{report.digest[:_KEY_DIGITS]}-{decision}"

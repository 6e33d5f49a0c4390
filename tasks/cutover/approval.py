"""Lead a second person to the cutover in Odoo, wait for their word, and take Odoo's for it.

Nothing here decides, and what is answered here is no approval: a person of the Manager group who
has not planned the cutover decides in Odoo, and Odoo refuses to switch anybody without that yes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput
from pydantic import Field

from tasks.clients.odoo import cutover as odoo_cutover
from tasks.cutover.gates import Gate
from tasks.cutover.records import NO, YES, Decision, GateReport, decision_of
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings

_POLL_SECONDS = 2
_KEY_DIGITS = 12
_ACTION = "fusion_centralize_billing_cutover.fusion_billing_cutover_action"
_QUESTION = "Has a second person decided in Odoo? (yes/no): "


class Approval(RunInput):
    """Has a second person decided about this cutover in Odoo?"""

    decision: Literal["no", "yes"] = Field(
        description="yes: it is approved in Odoo, go on; no: switch nobody"
    )
    who: str = Field(default="", description="Your name, for the report")
    note: str = Field(default="", description="Why not, if it is a no")


def approve(
    run: Run,
    report: GateReport,
    evidence: str,
    *,
    where: Literal["form", "terminal"],
    hours: float,
) -> Decision:
    """Wait until somebody says that it is decided in Odoo, and give what Odoo has on record.

    Args:
        run: The cutover's.
        report: What Odoo found.
        evidence: What a person is to decide on, in words, with the link.
        where: In Prefect's form, or on the terminal of this run.
        hours: So long the form waits.
    """
    said: Decision | None = None
    if not report.is_approved and where == "terminal":
        said = ask_on_terminal(evidence, lambda: recorded(run.key))
    elif not report.is_approved:
        said = ask_in_prefect(evidence, report.digest, hours)
    if said is not None and not said.is_yes:
        return said
    on_record: Decision = recorded(run.key)
    return on_record


def ask_in_prefect(evidence: str, digest: str, hours: float) -> Decision | None:
    """Pause the flow run until someone fills the form in; None: nobody has."""
    form = Approval.with_initial_data(description=evidence, who="", decision=NO, note="")
    try:
        given = pause_flow_run(
            wait_for_input=form,
            timeout=int(hours * 3600),
            poll_interval=_POLL_SECONDS,
            key=f"approval-{digest[:_KEY_DIGITS]}",
        )
    except FlowPauseTimeout:
        return None
    return Decision(given.decision, given.who.strip() or "somebody", given.note.strip())


def ask_on_terminal(
    evidence: str, look: Callable[[], Decision], read: Callable[[str], str] = input
) -> Decision:
    """Ask whoever sits there until Odoo has a yes; without a terminal it is a no.

    Args:
        evidence: What is to be decided on, and where.
        look: Reads what Odoo has on record.
        read: Asks one question and gives the answer.
    """
    print(f"\n{evidence}\n", file=sys.stderr)
    try:
        while read(_QUESTION).strip().lower() == YES:
            found = look()
            if found.is_yes or found.is_on_record:
                return found
            print(found.note, file=sys.stderr)
    except EOFError:
        return Decision(NO, "nobody", "There was nobody to ask on this terminal.")
    return Decision(NO, "somebody", "On the terminal.")


def evidence_text(
    report: GateReport, gates: Sequence[Gate], links: Mapping[str, str], odoo_url: str
) -> str:
    """Lay the evidence out, in Markdown that is readable as it stands."""
    counts = f"{report.customers:,} customers with {report.subscriptions:,} subscriptions"
    lines = [
        f"**{report.service}: {counts} are to be billed by Odoo.**",
        "",
        "A person of the group Centralized Billing / Manager who has not planned it decides in"
        f" Odoo, with the button *Decide*: {cutover_url(odoo_url, report.cutover_id)}",
        "",
        *(f"- {'[x]' if gate.ok else '[ ]'} {gate.name}: {gate.sentence}" for gate in gates),
        *(f"- To be waived: {name}" for name in report.waivers),
        "",
        *(f"- {name}: {target}" for name, target in links.items()),
        "",
        f"Evidence {report.digest}",
    ]
    return "\n".join(lines)


def cutover_url(odoo_url: str, cutover_id: int) -> str:
    """Say where a cutover is decided about.

    >>> cutover_url("https://odoo.example.com/", 7).rpartition("/")[2]
    '7'
    """
    return f"{odoo_url.rstrip('/')}/odoo/action-{_ACTION}/{cutover_id}"


@io_task("read-decision")
def recorded(cutover: str) -> Decision:
    """Give what Odoo has on record about a cutover; a no if that is nothing that holds."""
    return decision_of(odoo_cutover.decision(load_settings().odoo(), cutover))

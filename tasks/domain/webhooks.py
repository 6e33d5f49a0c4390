"""Delivering webhooks: what was sent, what waits, and what a run of it amounts to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tasks.domain.records import Finding
from tasks.domain.verdict import CLEAN, CRASH, REFUSED, Verdict

DELIVERED, RETRY, GIVEN_UP, TAKEN_OVER = "delivered", "pending", "dead", "taken over"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver one message; a message can have several in a run.

    Attributes:
        odoo_id: Of the message in Odoo's outbox.
        unique_key: By which the app knows the message again.
        event_type: Lago's name of what happened.
        service: Code of the service.
        customer: External id of the account, "" if there is none.
        subscription: External id of the subscription, "" if it concerns the whole account.
        url: The endpoint.
        number: Which attempt it was, from 1.
        outcome: ``delivered``; ``pending``: it comes again; ``dead``: it was given up;
            ``taken over``: another worker has it by now.
        status: HTTP status; None without an answer.
        error: Why it was not delivered, "" if it was.
        milliseconds: How long it took.
        next_at: When it comes again, None if it does not.
    """

    odoo_id: int
    unique_key: str
    event_type: str
    service: str
    customer: str
    subscription: str
    url: str
    number: int
    outcome: str
    status: int | None
    error: str
    milliseconds: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message in the outbox that waits, or was given up."""

    odoo_id: int
    unique_key: str
    event_type: str
    service: str
    customer: str
    subscription: str
    url: str
    attempts: int
    status: int | None
    error: str
    happened_at: datetime
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is left in the outbox.

    Attributes:
        due: Could go now.
        pending: Waits: for its time, its turn, or because it is on its way.
        leased: On its way now.
        given_up: Waits for a person.
        next_due_at: When the next one can go, None if none waits.
    """

    due: int = 0
    pending: int = 0
    leased: int = 0
    given_up: int = 0
    next_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebhookReport:
    """Everything a delivery's report is made of."""

    flow: str
    run: str
    service: str
    target: str
    dry_run: bool
    started_at: datetime
    finished_at: datetime
    state_name: str
    state_message: str
    exit_code: int
    looked_at: int
    attempts: tuple[Attempt, ...]
    due: tuple[Message, ...]
    given_up: tuple[Message, ...]
    backlog: Backlog
    timings: Mapping[str, float] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    #: No quality rule looks at messages.
    findings: tuple[Finding, ...] = ()


def last_attempts(attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """Keep the last attempt of each message, in the order in which messages were first tried."""
    found: dict[str, Attempt] = {}
    for attempt in attempts:
        found[attempt.unique_key] = attempt
    return tuple(found.values())


def webhook_verdict(
    attempts: Sequence[Attempt],
    backlog: Backlog,
    *,
    dry_run: bool,
    stopped: str | None,
    max_given_up: int,
) -> Verdict:
    """Decide the run's final state.

    Args:
        attempts: All of the run.
        backlog: What is left.
        dry_run: Nothing was to be sent.
        stopped: Why the run ended before its time.
        max_given_up: Messages that may be given up in a run that still counts as completed.
    """
    if dry_run:
        return Verdict("Completed", f"Due now: {backlog.due:,}; nothing was sent.", CLEAN)
    outcomes = Counter(attempt.outcome for attempt in last_attempts(attempts))
    said = (
        f"Messages: {outcomes[DELIVERED]:,} delivered, {outcomes[RETRY]:,} to be sent again,"
        f" {outcomes[GIVEN_UP]:,} given up"
    )
    if stopped is not None:
        return Verdict("DeliveryStopped", f"{said}. {stopped}", CRASH)
    if outcomes[GIVEN_UP] > max_given_up:
        return Verdict("MessagesGivenUp", f"{said}. Mend the endpoint, then send again.", REFUSED)
    if outcomes[RETRY]:
        return Verdict("CompletedWithRetries", said, CLEAN)
    if backlog.given_up:
        waiting = f"{said}; {backlog.given_up:,} given up earlier wait for a person"
        return Verdict("CompletedWithAttention", waiting, CLEAN)
    return Verdict("Completed", said if attempts else "Nothing was due.", CLEAN)

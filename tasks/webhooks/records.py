"""Delivering webhooks: what was sent, what waits, and what a run of it amounts to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tasks.model.end_state import CLEAN, CRASH, REFUSED, EndState
from tasks.model.outbox import DELIVERED, GIVEN_UP, RETRY, Attempt, Backlog, Message
from tasks.model.records import Finding


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
) -> EndState:
    """Decide the run's final state.

    Args:
        attempts: All of the run.
        backlog: What is left.
        dry_run: Nothing was to be sent.
        stopped: Why the run ended before its time.
        max_given_up: Messages that may be given up in a run that still counts as completed.
    """
    if dry_run:
        return EndState("Completed", f"Due now: {backlog.due:,}; nothing was sent.", CLEAN)
    outcomes = Counter(attempt.outcome for attempt in last_attempts(attempts))
    said = (
        f"Messages: {outcomes[DELIVERED]:,} delivered, {outcomes[RETRY]:,} to be sent again,"
        f" {outcomes[GIVEN_UP]:,} given up"
    )
    if stopped is not None:
        return EndState("DeliveryStopped", f"{said}. {stopped}", CRASH)
    if outcomes[GIVEN_UP] > max_given_up:
        return EndState("MessagesGivenUp", f"{said}. Mend the endpoint, then send again.", REFUSED)
    if outcomes[RETRY]:
        return EndState("CompletedWithRetries", said, CLEAN)
    if backlog.given_up:
        waiting = f"{said}; {backlog.given_up:,} given up earlier wait for a person"
        return EndState("CompletedWithAttention", waiting, CLEAN)
    return EndState("Completed", said if attempts else "Nothing was due.", CLEAN)

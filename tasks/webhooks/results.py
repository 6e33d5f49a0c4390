"""What a delivery of webhooks found, and how its run ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.model.end_state import CLEAN, CRASH, REFUSED, EndState
from tasks.model.outbox import DELIVERED, GIVEN_UP, RETRY, Attempt, Backlog, Message


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the lanes have done.

    Attributes:
        attempts: All, lane by lane.
        backlog: What is left.
        stopped: Why it ended before nothing was due; None if that is why.
    """

    attempts: tuple[Attempt, ...]
    backlog: Backlog
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookResults:
    """All that a delivery's report is made of: attempts, what was due at first, what is left."""

    attempts: tuple[Attempt, ...]
    due: tuple[Message, ...]
    given_up: tuple[Message, ...]
    backlog: Backlog
    end: EndState


def collect_results(
    delivered: Delivered,
    *,
    due: tuple[Message, ...],
    given_up: tuple[Message, ...],
    dry_run: bool,
    max_given_up: int,
) -> WebhookResults:
    """Gather what a delivery found, and decide how its run ends.

    Args:
        delivered: What the lanes have done.
        due: What was due when the run began.
        given_up: What waits for a person.
        dry_run: Nothing was to be sent.
        max_given_up: Messages that may be given up in a run that still counts as completed.
    """
    end = end_state(
        delivered.attempts,
        delivered.backlog,
        dry_run=dry_run,
        stopped=delivered.stopped,
        max_given_up=max_given_up,
    )
    return WebhookResults(delivered.attempts, due, given_up, delivered.backlog, end)


def last_attempts(attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """Keep the last attempt of each message, in the order in which messages were first tried."""
    found: dict[str, Attempt] = {}
    for attempt in attempts:
        found[attempt.unique_key] = attempt
    return tuple(found.values())


def end_state(
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

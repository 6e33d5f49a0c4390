"""The report of a delivery: did the apps get to know, and what did they not take?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tasks.model.outbox import DELIVERED, GIVEN_UP, RETRY, TAKEN_OVER, Attempt, Backlog, Message
from tasks.model.report import Answer, Head, Headline, Report, Section, Table
from tasks.report import words
from tasks.report.files import csv_file
from tasks.webhooks.results import WebhookResults, last_attempts

_AGAIN = "python -m flows webhooks"
_OUTBOX = "Look at them in Odoo: Centralized Billing > Webhooks > Outbox, then Send Again."
_OUTCOMES = {
    DELIVERED: "delivered",
    RETRY: "to_be_sent_again",
    GIVEN_UP: "given_up",
    TAKEN_OVER: "taken_over",
}
_COLUMNS = ("unique_key", "event_type", "service", "customer", "subscription", "url")
_OUTCOME_COLUMNS = (
    *_COLUMNS,
    *("attempt", "outcome", "status", "error", "milliseconds", "next_attempt_at", "odoo_id"),
)
_GIVEN_UP_COLUMNS = (*_COLUMNS, *("attempts", "status", "error", "happened_at", "odoo_id"))

Line = tuple[str | int | None, ...]


def build_report(head: Head, results: WebhookResults) -> Report:
    """Tell a delivery; a message counts once, by its last attempt."""
    last = last_attempts(results.attempts)
    outcomes = Counter(attempt.outcome for attempt in last)
    events = by_event(last)
    endpoints = by_endpoint(results.attempts)
    lines = map(_due, results.due) if head.dry_run else map(_tried, results.attempts)
    return Report(
        head=head,
        end=results.end,
        about=f"Odoo to its apps · {head.service}",
        headline=_headline(head, results, outcomes),
        answers=(_what_is_left(results.backlog),),
        sections=_sections(head, results, events, endpoints),
        figures={
            "messages": _counted(outcomes),
            "attempts": len(results.attempts),
            "events": {event: _counted(counts) for event, counts in events},
            "endpoints": [
                {
                    "url": url,
                    "delivered": taken,
                    "failed": failed,
                    "median_milliseconds": median,
                }
                for url, taken, failed, median in endpoints
            ],
            "left": _left(results.backlog),
        },
        attachments=(
            csv_file(
                "outcomes.csv",
                "what is due" if head.dry_run else "every attempt of this run",
                _OUTCOME_COLUMNS,
                tuple(lines),
            ),
            csv_file(
                "quarantine.csv",
                "what was given up",
                _GIVEN_UP_COLUMNS,
                tuple(map(_given_up, results.given_up)),
            ),
        ),
        results=results,
    )


def by_event(last: Iterable[Attempt]) -> list[tuple[str, Counter[str]]]:
    """Count messages by event type and outcome."""
    found: dict[str, Counter[str]] = {}
    for attempt in last:
        found.setdefault(attempt.event_type, Counter())[attempt.outcome] += 1
    return sorted(found.items())


def by_endpoint(attempts: Iterable[Attempt]) -> list[tuple[str, int, int, int]]:
    """Count attempts by endpoint: delivered, not, and the time that half of them took at most."""
    found: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        found.setdefault(attempt.url, []).append(attempt)
    return [
        (
            url,
            taken := sum(each.outcome == DELIVERED for each in tried),
            len(tried) - taken,
            sorted(each.milliseconds for each in tried)[len(tried) // 2],
        )
        for url, tried in sorted(found.items())
    ]


def _headline(head: Head, results: WebhookResults, outcomes: Counter[str]) -> Headline:
    """Say in words what the run comes to, worst news first."""
    left, said = results.backlog, results.end.message
    if head.dry_run:
        detail = f"{words.counted(left.due, 'message')} could go now."
        next_step = ("Send them.", _AGAIN) if left.due else ("Nothing.",)
        return Headline("info", "Dry run: nothing was sent", detail, *next_step)
    if results.end.exit_code == 1:
        step = "Run it again: what was acknowledged is not sent twice."
        return Headline("bad", "The delivery broke off", said, step, _AGAIN)
    if outcomes[GIVEN_UP]:
        given_up = words.counted(outcomes[GIVEN_UP], "message")
        return Headline("bad", f"{given_up} given up", said, _OUTBOX)
    if outcomes[RETRY]:
        again = words.counted(outcomes[RETRY], "message")
        step = "Nothing: they come again by themselves."
        return Headline("warn", f"{again} not taken yet", said, step)
    if left.given_up:
        earlier = words.counted(left.given_up, "message")
        return Headline("warn", f"{earlier} given up earlier", said, _OUTBOX)
    title = "Everything that was due is delivered" if results.attempts else "Nothing was due"
    return Headline("good", title, said, "Nothing.")


def _what_is_left(left: Backlog) -> Answer:
    waiting = f"{words.number(left.pending)} waiting"
    if left.next_due_at:
        waiting += f", the next at {words.moment(left.next_due_at)}"
    given_up = f"{words.number(left.given_up)} given up"
    return Answer("What is left?", "warn" if left.given_up else "info", waiting, given_up)


def _sections(
    head: Head,
    results: WebhookResults,
    events: Sequence[tuple[str, Counter[str]]],
    endpoints: Sequence[tuple[str, int, int, int]],
) -> tuple[Section, ...]:
    messages = Table(
        "Messages",
        ("Event", "Delivered", "To be sent again", "Given up", "Taken over by another worker"),
        tuple((event, *(counts[outcome] for outcome in _OUTCOMES)) for event, counts in events),
        where="everywhere",
    )
    due = Table(
        "Due now",
        ("Event", "Subscription or account", "Endpoint", "Happened"),
        tuple(
            (each.event_type, each.subscription or each.customer, each.url, each.happened_at)
            for each in results.due
        ),
        where="everywhere",
    )
    receivers = Table(
        "Endpoints",
        ("Endpoint", "Taken", "Not taken", "Half took less than"),
        tuple((url, *counts, f"{words.number(median)} ms") for url, *counts, median in endpoints),
    )
    failed = Table(
        "Attempts that failed",
        ("Event", "Subscription or account", "Try", "What was said", "Comes again"),
        tuple(
            (
                each.event_type,
                each.subscription or each.customer,
                each.number,
                each.error,
                each.next_at if each.outcome == RETRY else None,
            )
            for each in results.attempts
            if each.outcome != DELIVERED
        ),
        intro="outcomes.csv has every attempt.",
    )
    given_up = Table(
        "Given up: they wait for a person",
        ("Event", "Subscription or account", "Endpoint", "Tries", "Last said", "Happened"),
        tuple(
            (
                each.event_type,
                each.subscription or each.customer,
                each.url,
                each.attempts,
                each.error,
                each.happened_at,
            )
            for each in results.given_up
        ),
        intro="Mend the endpoint, then send them again: Odoo, Centralized Billing, Webhooks,"
        " Outbox, filter Given Up, Send Again.",
        where="everywhere",
        in_prefect=True,
    )
    first = (due,) if head.dry_run else (messages,)
    return (*first, *(table for table in (receivers, failed, given_up) if table.rows))


def _counted(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[outcome] for outcome, name in _OUTCOMES.items()}


def _left(left: Backlog) -> dict[str, Any]:
    return {
        "due": left.due,
        "waiting": left.pending,
        "on_their_way": left.leased,
        "given_up": left.given_up,
        "next_due_at": left.next_due_at.isoformat() if left.next_due_at else None,
    }


def _message(each: Attempt | Message) -> Line:
    names = (each.service, each.customer, each.subscription, each.url)
    return (each.unique_key, each.event_type, *names)


def _tried(each: Attempt) -> Line:
    next_at = each.next_at.isoformat() if each.next_at else None
    told = (each.number, each.outcome, each.status, each.error, each.milliseconds, next_at)
    return (*_message(each), *told, each.odoo_id)


def _due(each: Message) -> Line:
    next_at = each.next_at.isoformat() if each.next_at else None
    return (
        *_message(each),
        *(each.attempts + 1, "due", None, each.error, None, next_at, each.odoo_id),
    )


def _given_up(each: Message) -> Line:
    happened_at = each.happened_at.isoformat()
    return (*_message(each), each.attempts, each.status, each.error, happened_at, each.odoo_id)

"""The ten-second answer of a delivery: did the apps get to know?"""

from __future__ import annotations

from collections import Counter

from tasks.model.outbox import DELIVERED, GIVEN_UP, RETRY
from tasks.report import words
from tasks.report.plain_report import Verdict
from tasks.webhooks.records import WebhookReport, last_attempts

_AGAIN = "python -m flows webhooks"
_OUTBOX = "Look at them in Odoo: Centralized Billing > Webhooks > Outbox, then Send Again."


def reach_verdict(report: WebhookReport) -> Verdict:
    """Say in words what the run comes to, worst news first."""
    outcomes = outcomes_of(report)
    if report.dry_run:
        detail = f"{words.counted(report.backlog.due, 'message')} could go now."
        headline = "Dry run: nothing was sent"
        if not report.backlog.due:
            return Verdict("info", headline, detail, "Nothing.")
        return Verdict("info", headline, detail, "Send them.", _AGAIN)
    if report.exit_code == 1:
        step = "Run it again: what was acknowledged is not sent twice."
        headline = "The delivery broke off"
        return Verdict("bad", headline, report.state_message, step, _AGAIN)
    if outcomes[GIVEN_UP]:
        headline = f"{words.counted(outcomes[GIVEN_UP], 'message')} given up"
        return Verdict("bad", headline, report.state_message, _OUTBOX)
    if outcomes[RETRY]:
        headline = f"{words.counted(outcomes[RETRY], 'message')} not taken yet"
        step = "Nothing: they come again by themselves."
        return Verdict("warn", headline, report.state_message, step)
    if report.backlog.given_up:
        headline = f"{words.counted(report.backlog.given_up, 'message')} given up earlier"
        return Verdict("warn", headline, report.state_message, _OUTBOX)
    headline = "Everything that was due is delivered" if report.attempts else "Nothing was due"
    return Verdict("good", headline, report.state_message, "Nothing.")


def outcomes_of(report: WebhookReport) -> Counter[str]:
    """Count messages by the outcome of their last attempt in the run."""
    return Counter(attempt.outcome for attempt in last_attempts(report.attempts))


def by_event(report: WebhookReport) -> list[tuple[str, Counter[str]]]:
    """Count messages by event type and outcome."""
    found: dict[str, Counter[str]] = {}
    for attempt in last_attempts(report.attempts):
        found.setdefault(attempt.event_type, Counter())[attempt.outcome] += 1
    return sorted(found.items())


def by_endpoint(report: WebhookReport) -> list[tuple[str, Counter[str], int]]:
    """Count attempts by endpoint: delivered or not, and the time that half of them took."""
    found: dict[str, list[tuple[bool, int]]] = {}
    for attempt in report.attempts:
        took = attempt.outcome == DELIVERED, attempt.milliseconds
        found.setdefault(attempt.url, []).append(took)
    return [
        (
            url,
            Counter("delivered" if delivered else "failed" for delivered, _ in took),
            sorted(milliseconds for _, milliseconds in took)[len(took) // 2],
        )
        for url, took in sorted(found.items())
    ]

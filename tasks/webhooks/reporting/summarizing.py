"""A delivery as data: what its ``summary.json`` holds."""

from __future__ import annotations

from typing import Any

from tasks.model.outbox import DELIVERED, GIVEN_UP, RETRY, TAKEN_OVER
from tasks.webhooks.records import WebhookReport
from tasks.webhooks.reporting.verdict import by_endpoint, by_event, outcomes_of

_NAMES = {
    DELIVERED: "delivered",
    RETRY: "to_be_sent_again",
    GIVEN_UP: "given_up",
    TAKEN_OVER: "taken_over",
}


def summary(report: WebhookReport) -> dict[str, Any]:
    """Sum the report up for programs: JSON types only; a message counts once."""
    outcomes, left = outcomes_of(report), report.backlog
    return {
        "flow": report.flow,
        "run": report.run,
        "service": report.service,
        "target": report.target,
        "dry_run": report.dry_run,
        "started_at": report.started_at.isoformat(),
        "finished_at": report.finished_at.isoformat(),
        "state": {"name": report.state_name, "message": report.state_message},
        "exit_code": report.exit_code,
        "messages": {name: outcomes[outcome] for outcome, name in _NAMES.items()},
        "attempts": len(report.attempts),
        "events": {
            event: {name: counts[outcome] for outcome, name in _NAMES.items()}
            for event, counts in by_event(report)
        },
        "endpoints": [
            {
                "url": url,
                "delivered": counts["delivered"],
                "failed": counts["failed"],
                "median_milliseconds": median,
            }
            for url, counts, median in by_endpoint(report)
        ],
        "left": {
            "due": left.due,
            "waiting": left.pending,
            "on_their_way": left.leased,
            "given_up": left.given_up,
            "next_due_at": left.next_due_at.isoformat() if left.next_due_at else None,
        },
        "timings": {step: round(seconds, 3) for step, seconds in report.timings.items()},
        "links": dict(report.links),
        "parameters": dict(report.parameters),
    }

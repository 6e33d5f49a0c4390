"""The tables of a delivery: every attempt (or what is due), and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from tasks.model.outbox import Attempt, Message
from tasks.report.files import write_csv
from tasks.webhooks.records import WebhookReport

COLUMNS = (
    "unique_key",
    "event_type",
    "service",
    "customer",
    "subscription",
    "url",
    "attempt",
    "outcome",
    "status",
    "error",
    "milliseconds",
    "next_attempt_at",
    "odoo_id",
)
GIVEN_UP_COLUMNS = (
    "unique_key",
    "event_type",
    "service",
    "customer",
    "subscription",
    "url",
    "attempts",
    "status",
    "error",
    "happened_at",
    "odoo_id",
)


def write_files(report: WebhookReport, folder: Path) -> None:
    """Write the tables into the run's folder."""
    write_given_up(report, folder / "quarantine.csv")
    write_outcomes(report, folder / "outcomes.csv")


def write_outcomes(report: WebhookReport, path: Path) -> None:
    """Write one line for each attempt; of a dry run one for each message that is due."""
    lines = _due(report.due) if report.dry_run else _attempts(report.attempts)
    write_csv(path, COLUMNS, lines)


def write_given_up(report: WebhookReport, path: Path) -> None:
    """Write one line for each message that was given up, in this run or before."""
    write_csv(
        path,
        GIVEN_UP_COLUMNS,
        (
            (
                each.unique_key,
                each.event_type,
                each.service,
                each.customer,
                each.subscription,
                each.url,
                each.attempts,
                each.status,
                each.error,
                _text(each.happened_at),
                each.odoo_id,
            )
            for each in report.given_up
        ),
    )


def _attempts(attempts: Iterable[Attempt]) -> Iterable[tuple[str | int | None, ...]]:
    for each in attempts:
        yield (
            each.unique_key,
            each.event_type,
            each.service,
            each.customer,
            each.subscription,
            each.url,
            each.number,
            each.outcome,
            each.status,
            each.error,
            each.milliseconds,
            _text(each.next_at),
            each.odoo_id,
        )


def _due(messages: Iterable[Message]) -> Iterable[tuple[str | int | None, ...]]:
    for each in messages:
        yield (
            each.unique_key,
            each.event_type,
            each.service,
            each.customer,
            each.subscription,
            each.url,
            each.attempts + 1,
            "due",
            None,
            each.error,
            None,
            _text(each.next_at),
            each.odoo_id,
        )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None

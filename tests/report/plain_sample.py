"""A simple flow's report, for the tests: webhooks delivered, one refused; and any flow's head."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.model.end_state import EndState
from tasks.model.report import Answer, Head, Headline, Link, Report, Table

BEGAN = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def plain_head(flow: str, **known: Any) -> Head:
    """Give the head of a run that took a minute and wrote; ``known`` are fields that differ."""
    usual = {
        "run": "20261102-030000-ab12",
        "service": "nexacloud",
        "target": "https://odoo.example.com",
        "dry_run": False,
        "started_at": BEGAN,
        "finished_at": BEGAN.replace(minute=1),
    }
    return Head(flow=flow, **(usual | known))


def plain_report(**changes: object) -> Report:
    counts = Table(
        "Deliveries",
        ("Outcome", "Webhooks", "Amount"),
        (("delivered", 1212, Decimal("3.5")), ("refused", 1, None)),
        where="everywhere",
        in_prefect=True,
    )
    refused = Table(
        "Refused",
        ("Webhook", "Endpoint", "Why"),
        (
            (
                Link("invoice.created 7", "https://odoo.example/7"),
                "https://a.example",
                "500",
            ),
        ),
        intro="The endpoint did not take them.",
        file="outcomes.csv",
    )
    report = Report(
        head=plain_head(
            "webhooks",
            source="https://odoo.example.com",
            target="2 endpoints",
            timings={"deliver": 1.0},
            links={"odoo": "https://odoo.example.com"},
        ),
        end=EndState("Completed", "1 refused", 0),
        about="Webhooks of NexaCloud",
        headline=Headline("warn", "One webhook was refused", "1,212 delivered.", "Try again."),
        answers=(Answer("Is all delivered?", "warn", "99.9 %", "1,212 of 1,213 webhooks"),),
        sections=(counts, refused),
        figures={"delivered": 1212, "refused": 1},
    )
    return replace(report, **changes)

"""A simple flow's report, for the tests: webhooks delivered, one of them refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from tasks.report.plain_report import Answer, Link, PlainReport, Table, Verdict

BEGAN = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)


def plain_report(**changes: object) -> PlainReport:
    counts = Table(
        "Deliveries",
        ("Outcome", "Webhooks", "Amount"),
        (("delivered", 1212, Decimal("3.5")), ("refused", 1, None)),
        brief=True,
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
    report = PlainReport(
        flow="webhooks",
        run="20261102-030000-ab12",
        service="nexacloud",
        source="https://odoo.example.com",
        target="2 endpoints",
        about="Webhooks of NexaCloud",
        verdict=Verdict("warn", "One webhook was refused", "1,212 delivered.", "Try again."),
        answers=(Answer("Is all delivered?", "warn", "99.9 %", "1,212 of 1,213 webhooks"),),
        tables=(counts, refused),
        figures={"delivered": 1212, "refused": 1},
        dry_run=False,
        started_at=BEGAN,
        finished_at=BEGAN.replace(minute=1),
        state_name="Completed",
        state_message="1 refused",
        exit_code=0,
        timings={"deliver": 1.0},
        links={"odoo": "https://odoo.example.com"},
    )
    return replace(report, **changes)

"""A metering run as a report would tell it: two months, a correction, quarantine, a refusal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tasks.model.end_state import EndState
from tasks.model.records import Finding, Outcome, RuleStat, Severity
from tasks.model.report import Report
from tasks.usage.records import Rated, UsageRow, UsageSum
from tasks.usage.report import build_report
from tasks.usage.results import UsageResults
from tests.report.changing import changed
from tests.report.plain_sample import plain_head

BEGAN = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
STARTS = [datetime(2026, month, 14, 4, tzinfo=UTC) for month in (8, 9, 10)]
INCLUDED = Decimal(720000)


def period(number: int, month: int, hours: str, **changes: object) -> UsageRow:
    seconds = Decimal(hours) * 3600
    overage = max(Decimal(0), seconds - INCLUDED)
    amount = overage / 3600 * Decimal("0.0075")
    usage = UsageSum(
        deployment_id=f"deployment-{number}",
        known=True,
        ended=False,
        start=STARTS[month],
        end=STARTS[month + 1],
        records=30,
        quarantined=0,
        seconds=seconds,
    )
    words = f"{hours} core-hours used, 200.00 included, {overage / 3600} x 0.0075 = {amount}"
    rated = Rated(seconds, INCLUDED, overage, amount, words, billed=False)
    row = UsageRow(usage, Outcome.CREATED, f"web-{number}", number, seconds, rated)
    return replace(row, **changes)


def finding(key: str, rule: str, severity: Severity = Severity.CRITICAL_ROW) -> Finding:
    return Finding("usage", key, rule, severity, "A sentence.", "cpu_hours: -1", "Mend it.")


HEAD = plain_head(
    "usage",
    source="NexaCloud (PostgreSQL)",
    company="NexaSystems",
    currency="CAD",
    timezone="America/Toronto",
    timings={"read": 1.0},
    links={"odoo": "https://odoo.example.com"},
    parameters={"full": "False"},
)


def usage_results() -> UsageResults:
    bad = period(3, 0, "10")
    bad = replace(bad, usage=replace(bad.usage, records=29, quarantined=1))
    gone = period(4, 0, "5", outcome=Outcome.OUT_OF_SCOPE, code="ended", stored=None, rated=None)
    return UsageResults(
        rows=(
            period(1, 0, "312.5"),
            period(1, 1, "199.9999", outcome=Outcome.UPDATED, code="corrected", reason="1 was 2."),
            period(2, 1, "200.0001"),
            bad,
            gone,
        ),
        window="all billing periods",
        findings=(
            finding("record-1", "usage_negative"),
            finding("record-1", "usage_overlap"),
            finding("record-2", "usage_gap", Severity.WARNING),
        ),
        checks=(RuleStat("usage", "usage_negative", "S.", Severity.CRITICAL_ROW, "R.", 150, 1),),
        readback=(),
        readback_findings=(),
        safe=True,
        end=EndState("CompletedWithQuarantine", "3 created, 1 updated", 0),
    )


def usage_report(**changes: Any) -> Report:
    return build_report(*changed(HEAD, usage_results(), changes))

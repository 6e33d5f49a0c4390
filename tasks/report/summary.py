"""The report as data: what ``summary.json`` holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from tasks.model.counts import TableCounts
from tasks.model.records import Finding, RuleStat
from tasks.model.report import Report
from tasks.report.reasons import warnings_of


def summary(report: Report) -> dict[str, Any]:
    """Sum the report up for programs: JSON types only, amounts as decimal strings.

    Times are ISO 8601 with their offset, ``timings`` are wall seconds.
    """
    head, end = report.head, report.end
    return {
        "flow": head.flow,
        "run": head.run,
        "service": head.service,
        "source": head.source,
        "target": head.target,
        "company": head.company,
        "currency": head.currency,
        "dry_run": head.dry_run,
        "started_at": head.started_at.isoformat(),
        "finished_at": head.finished_at.isoformat(),
        "state": {"name": end.name, "message": end.message},
        "exit_code": end.exit_code,
        "checks": [asdict(check) for check in report.checks],
        "timings": {step: round(seconds, 3) for step, seconds in head.timings.items()},
        "links": dict(head.links),
        "parameters": dict(head.parameters),
        "warnings": [
            {"table": each.table, "rule": each.code, "rows": each.count}
            for each in warnings_of(report.findings)
        ],
        **report.figures,
    }


def readback_figures(
    checks: Iterable[RuleStat], findings: Iterable[Finding], safe: bool | None
) -> dict[str, Any]:
    """Sum up what was found when Odoo was read back; ``safe`` is None if it was not."""
    return {
        "safe": safe,
        "checks": [asdict(check) for check in checks],
        "findings": [asdict(finding) for finding in findings],
    }


def outcome_figures(tables: Iterable[TableCounts]) -> dict[str, dict[str, int]]:
    """Tell by table how many rows there are, and how many ended in each outcome."""
    return {
        counts.table: {"read": counts.read}
        | {outcome.value: rows for outcome, rows in counts.by_outcome.items()}
        for counts in tables
    }

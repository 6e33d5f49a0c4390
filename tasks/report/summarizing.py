"""The report as data: what ``summary.json`` holds."""

from __future__ import annotations

from typing import Any

from tasks.model.money import decimal_text
from tasks.model.records import Finding, Outcome, RuleStat, RunReport, Total
from tasks.report.counts import TableCounts, count_rows
from tasks.report.reasons import warnings
from tasks.report.reports import CheckedReport, CopyReport

_OUTCOMES = (
    Outcome.CREATED,
    Outcome.UPDATED,
    Outcome.UNCHANGED,
    Outcome.FAILED,
    Outcome.QUARANTINED,
    Outcome.OUT_OF_SCOPE,
    Outcome.NOT_SELECTED,
)


def summary(report: RunReport) -> dict[str, Any]:
    """Sum the report up for programs: JSON types only, amounts as decimal strings.

    Per table, ``read`` is the sum of its outcomes. Times are ISO 8601 with their offset,
    ``timings`` are wall seconds. ``safe`` is None when nothing was read back.

    Raises:
        FatalError: A source row stands in the report twice.
    """
    return common_summary(report) | {
        "readback": readback_summary(report),
        "rows": {counts.table: rows_by_outcome(counts) for counts in count_rows(report.rows)},
        "warnings": [
            {"table": each.table, "rule": each.code, "rows": each.count}
            for each in warnings(report)
        ],
        "totals": [_total(total) for total in report.totals],
    }


def common_summary(report: CheckedReport) -> dict[str, Any]:
    """Sum up what every run's report has."""
    return {
        "flow": report.flow,
        "run": report.run,
        "service": report.service,
        "source": report.source,
        "target": report.target,
        "company": report.company,
        "currency": report.currency,
        "dry_run": report.dry_run,
        "started_at": report.started_at.isoformat(),
        "finished_at": report.finished_at.isoformat(),
        "state": {"name": report.state_name, "message": report.state_message},
        "exit_code": report.exit_code,
        "checks": [_check(check) for check in report.checks],
        "timings": {step: round(seconds, 3) for step, seconds in report.timings.items()},
        "links": dict(report.links),
        "parameters": dict(report.parameters),
    }


def readback_summary(report: CopyReport) -> dict[str, Any]:
    """Sum up what was found when Odoo was read back."""
    return {
        "safe": report.safe,
        "checks": [_check(check) for check in report.readback],
        "findings": [_finding(finding) for finding in report.readback_findings],
    }


def rows_by_outcome(counts: TableCounts) -> dict[str, int]:
    """Tell how many rows there are, and how many ended in each outcome."""
    return {"read": counts.read} | {each.value: counts.by_outcome[each] for each in _OUTCOMES}


def _check(check: RuleStat) -> dict[str, Any]:
    return {
        "suite": check.suite,
        "rule": check.rule,
        "sentence": check.sentence,
        "severity": check.severity.value,
        "remedy": check.remedy,
        "checked": check.checked,
        "failed": check.failed,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "table": finding.table,
        "key": finding.key,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "sentence": finding.sentence,
        "observed": finding.observed,
        "remedy": finding.remedy,
    }


def _total(total: Total) -> dict[str, Any]:
    return {
        "label": total.label,
        "currency": total.currency,
        "source": decimal_text(total.source),
        "odoo": None if total.odoo is None else decimal_text(total.odoo),
        "difference": None if total.odoo is None else decimal_text(total.odoo - total.source),
    }

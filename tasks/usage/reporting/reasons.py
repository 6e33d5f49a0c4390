"""Why usage is not in Odoo, or needs a look: grouped, so that a person can work it off."""

from __future__ import annotations

from collections.abc import Callable

from tasks.model.records import Outcome, Severity
from tasks.report import words
from tasks.report.counts import LOADED
from tasks.report.reasons import Groups, Reason, ReasonRow
from tasks.usage.records import UsageReport, UsageRow


def quarantined(report: UsageReport) -> list[Reason]:
    """Group the quarantined records by rule; a record that broke several is named once."""
    broken: dict[str, list[str]] = {}
    critical = [each for each in report.findings if each.severity is Severity.CRITICAL_ROW]
    for finding in critical:
        broken.setdefault(finding.key or "", []).append(finding.rule)
    groups = Groups()
    for finding in critical:
        first, *others = broken[finding.key or ""]
        if finding.rule == first:
            also = ", ".join(words.code_title(rule).lower() for rule in others)
            reason = groups.reason(finding.table, first, finding.sentence, finding.remedy)
            reason.add(ReasonRow("", finding.key or "", finding.observed, also))
    return groups.biggest_first()


def refused(report: UsageReport) -> list[Reason]:
    """Group the billing periods that Odoo did not take."""
    return _grouped(report, lambda row: row.outcome is Outcome.FAILED)


def aside(report: UsageReport) -> list[Reason]:
    """Group the billing periods that were never meant to be metered by this run."""
    beside = (Outcome.OUT_OF_SCOPE, Outcome.NOT_SELECTED)
    return _grouped(report, lambda row: row.outcome in beside)


def told(report: UsageReport) -> list[Reason]:
    """Group the billing periods that were metered with a note: corrected, late, not rated."""
    return _grouped(report, lambda row: row.outcome in LOADED and bool(row.code))


def _grouped(report: UsageReport, chosen: Callable[[UsageRow], bool]) -> list[Reason]:
    groups = Groups()
    for row in filter(chosen, report.rows):
        code, sentence = row.code or row.outcome.value, row.reason or ""
        reason = groups.reason("billing_periods", code, sentence, row.remedy or "")
        observed = "" if sentence == reason.sentence else sentence
        period = f"period from {row.usage.start:%Y-%m-%d}" if row.usage.start else ""
        record = f"sale.order/{row.odoo_id}" if row.odoo_id else ""
        told_of_row = "; ".join(filter(None, (period, observed)))
        reason.add(ReasonRow(row.label, row.usage.deployment_id or "", told_of_row, record=record))
    return groups.biggest_first()

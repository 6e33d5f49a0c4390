"""Why rows are not in Odoo, or need a look: grouped, so that a person can work it off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tasks.model.records import Finding, Outcome, RunReport, Severity, SourceRow
from tasks.report import words

ROWS_SHOWN = 200
"""Rows listed per reason on the page; the CSV files hold all of them."""

CRITICAL = (Severity.CRITICAL_ROW, Severity.CRITICAL_RUN)


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """A row behind a reason.

    ``also`` names the other rules that it broke; ``record`` is its record in Odoo, like
    ``sale.order/7``. Both are empty when there is none.
    """

    label: str
    source_id: str
    observed: str
    also: str = ""
    record: str = ""


@dataclass(slots=True)
class Reason:
    """Rows of one table that share a cause: ``count`` of them, the first ones in ``rows``."""

    table: str
    code: str
    sentence: str
    remedy: str
    count: int = 0
    rows: list[ReasonRow] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The cause in a few words."""
        return words.code_title(self.code)

    @property
    def is_root(self) -> bool:
        """Whether fixing these rows helps; others only wait for another row."""
        return words.is_root_cause(self.code)

    @property
    def anchor(self) -> str:
        """Name of its place on the page."""
        return f"{self.table}-{self.code}"

    def add(self, row: ReasonRow) -> None:
        """Count a row and keep it if there is room."""
        self.count += 1
        if len(self.rows) < ROWS_SHOWN:
            self.rows.append(row)


class Groups:
    """Reasons by table and code."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[str, str], Reason] = {}

    def reason(self, table: str, code: str, sentence: str, remedy: str) -> Reason:
        """Find a reason, or begin it with this sentence and remedy."""
        reason = self._reasons.get((table, code))
        if reason is None:
            reason = self._reasons[table, code] = Reason(table, code, sentence, remedy)
        return reason

    def biggest_first(self) -> list[Reason]:
        """List the reasons, those with the most rows first."""
        return sorted(self._reasons.values(), key=lambda each: (-each.count, each.table, each.code))


def critical_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Keep the findings that keep something out, in the order of the quarantine file."""
    kept = (finding for finding in findings if finding.severity in CRITICAL)
    return sorted(kept, key=lambda each: (each.table, each.key or "", each.rule))


def warning_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Keep the findings that keep nothing out, in the order of the warnings file."""
    kept = (finding for finding in findings if finding.severity is Severity.WARNING)
    return sorted(kept, key=lambda each: (each.table, each.key or "", each.rule))


def kept_out(report: RunReport) -> list[Reason]:
    """Group the quarantined and failed rows by cause, root causes first; each row once.

    A row that broke several rules is counted under a rule that it broke itself, if there
    is one, and names the others, so that the counts add up to the rows kept out.
    """
    broken: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        if finding.severity is Severity.CRITICAL_ROW and finding.key is not None:
            broken.setdefault((finding.table, finding.key), []).append(finding)
    groups = Groups()
    for row in report.rows:
        if row.outcome is Outcome.QUARANTINED and (row.table, row.source_id) in broken:
            _add_quarantined(groups, row, broken[row.table, row.source_id])
        elif row.outcome in (Outcome.QUARANTINED, Outcome.FAILED):
            _add_row(groups, row)
    return sorted(groups.biggest_first(), key=lambda each: not each.is_root)


def left_aside(report: RunReport, outcome: Outcome) -> list[Reason]:
    """Group the rows that were never meant to be loaded by this run."""
    groups = Groups()
    for row in report.rows:
        if row.outcome is outcome:
            _add_row(groups, row)
    return groups.biggest_first()


def changed_in_odoo(report: RunReport) -> list[Reason]:
    """Group the records that a person touched in Odoo; each record once.

    A deployment and its subscription are one order, so the record in Odoo tells them apart.
    """
    groups = Groups()
    seen: set[tuple[str | None, int | None, str | None]] = set()
    for row in report.rows:
        if row.code not in words.CHANGED_IN_ODOO:
            continue
        record = (row.odoo_model, row.odoo_id, row.code)
        if row.odoo_id is None or record not in seen:
            seen.add(record)
            _add_row(groups, row)
    return groups.biggest_first()


def warnings(report: RunReport) -> list[Reason]:
    """Group the warnings by rule: they alone keep no row out, and somebody should know."""
    labels = {
        (finding.table, finding.key): ""
        for finding in report.findings
        if finding.severity is Severity.WARNING
    }
    for row in report.rows:
        if (row.table, row.source_id) in labels:
            labels[row.table, row.source_id] = row.label
    return warnings_of(report.findings, labels)


def warnings_of(
    findings: Iterable[Finding], labels: Mapping[tuple[str, str | None], str] | None = None
) -> list[Reason]:
    """Group warnings by rule; ``labels`` name rows by table and key."""
    groups = Groups()
    for finding in findings:
        if finding.severity is Severity.WARNING:
            label = (labels or {}).get((finding.table, finding.key), "")
            reason = groups.reason(finding.table, finding.rule, finding.sentence, finding.remedy)
            reason.add(ReasonRow(label, finding.key or "whole table", finding.observed))
    return groups.biggest_first()


def _add_quarantined(groups: Groups, row: SourceRow, findings: list[Finding]) -> None:
    # Its own fault before another row's; then the one that the outcome file names.
    main = min(
        findings, key=lambda each: (not words.is_root_cause(each.rule), each.rule != row.code)
    )
    also = ", ".join(
        sorted({words.code_title(each.rule).lower() for each in findings if each.rule != main.rule})
    )
    reason = groups.reason(row.table, main.rule, main.sentence, main.remedy)
    reason.add(ReasonRow(row.label, row.source_id, main.observed, also))


def _add_row(groups: Groups, row: SourceRow) -> None:
    code = row.code or row.outcome.value
    told = row.reason or ""
    sentence = words.CODE_SENTENCES.get(code, told)
    reason = groups.reason(row.table, code, sentence, row.remedy or "")
    # What the group's sentence does not say already is told of the row.
    observed = told if told != reason.sentence else ""
    record = f"{row.odoo_model}/{row.odoo_id}" if row.odoo_model and row.odoo_id else ""
    reason.add(ReasonRow(row.label, row.source_id, observed, record=record))

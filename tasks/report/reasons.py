"""Why rows are not in Odoo, or need a look: grouped, so that a person can work it off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tasks.model.records import Finding, Severity
from tasks.model.report import Reason, ReasonRow
from tasks.report import words

ROWS_SHOWN = 200
"""Rows listed per reason on the page; the CSV files hold all of them."""

CRITICAL = (Severity.CRITICAL_ROW, Severity.CRITICAL_RUN)


class Groups:
    """Reasons by table and code."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[str, str], Reason] = {}

    def add(self, table: str, code: str, sentence: str, remedy: str, row: ReasonRow) -> None:
        """Count a row under its reason, and keep it if there is room.

        Of rows that say the same in other words, the first one gives the reason its sentence.
        """
        reason = self.reason(table, code, sentence, remedy)
        reason.count += 1
        if len(reason.rows) < ROWS_SHOWN:
            reason.rows.append(row)

    def reason(self, table: str, code: str, sentence: str, remedy: str) -> Reason:
        """Find a reason, or begin it with this sentence and remedy."""
        reason = self._reasons.get((table, code))
        if reason is None:
            title, is_root = words.code_title(code), words.is_root_cause(code)
            reason = Reason(table, code, title, sentence, remedy, is_root)
            self._reasons[table, code] = reason
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


def warnings_of(
    findings: Iterable[Finding], labels: Mapping[tuple[str, str | None], str] | None = None
) -> list[Reason]:
    """Group warnings by rule; ``labels`` name rows by table and key."""
    groups = Groups()
    for finding in findings:
        if finding.severity is Severity.WARNING:
            label = (labels or {}).get((finding.table, finding.key), "")
            row = ReasonRow(label, finding.key or "whole table", finding.observed)
            groups.add(finding.table, finding.rule, finding.sentence, finding.remedy, row)
    return groups.biggest_first()


def broken_by_row(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """Gather the rules that each row broke and that keep it out, by table and key."""
    broken: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.severity is Severity.CRITICAL_ROW and finding.key is not None:
            broken.setdefault((finding.table, finding.key), []).append(finding)
    return broken


def also_broken(main: Finding, findings: Iterable[Finding]) -> str:
    """Name the other rules that a row broke, in a few words each."""
    others = {words.code_title(each.rule).lower() for each in findings if each.rule != main.rule}
    return ", ".join(sorted(others))

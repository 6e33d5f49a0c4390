"""What a check tells, and how results on positions become findings on rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.check.suites import ROW_COUNT, Rule, Suite
from tasks.check.validation import RuleResult
from tasks.model.records import Finding, RuleStat, Severity
from tasks.model.source import Row

#: Characters of a value in a finding; a spreadsheet's cell takes 32,767.
_SHOWN = 500


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of a check.

    ``findings`` holds direct ones, cascades and warnings, sorted by table, row and rule.
    ``checks`` has one entry per rule and table. ``docs_index`` is None when no docs were asked for.
    """

    findings: tuple[Finding, ...]
    checks: tuple[RuleStat, ...]
    docs_index: Path | None


@dataclass(slots=True)
class RuleSum:
    """How one rule fared over the parts of a table so far.

    ``checked`` counts the rows that it applied to, ``broken`` those that broke it; it is None
    when the rule speaks of the table as a whole.
    """

    rule: Rule
    passed: bool = True
    checked: int = 0
    broken: int | None = 0

    def add(self, result: RuleResult) -> None:
        """Add a part; how many rows there are is asked of all parts together."""
        self.checked += result.checked
        self.passed = self.passed and result.passed
        if self.rule.kind == ROW_COUNT:
            self.passed = self.rule.keeps(self.checked)
        if result.broken is None:
            self.broken = None
        elif self.broken is not None:
            self.broken += len(result.broken)

    def stat(self, suite: Suite) -> RuleStat:
        """Count the rows (or the one table) that the rule applied to, and that broke it."""
        return RuleStat(
            suite=suite.name,
            rule=self.rule.name,
            sentence=self.rule.sentence,
            severity=self.rule.severity,
            remedy=self.rule.remedy,
            checked=self.checked,
            failed=int(not self.passed) if self.broken is None else self.broken,
        )

    def finding(self, suite: Suite) -> Finding | None:
        """Give the finding of the table, if there is one.

        A rule that is critical for the run speaks of the table even when rows broke it.
        """
        if self.passed:
            return None
        if self.broken is None:
            return _finding(suite, self.rule, None, f"{self.checked} rows")
        if self.rule.severity is Severity.CRITICAL_RUN:
            return _finding(suite, self.rule, None, f"{self.broken} of {self.checked} rows")
        return None


def findings_of_rows(suite: Suite, result: RuleResult, rows: Sequence[Row]) -> list[Finding]:
    """Turn a result into findings, one per broken row; the table's own come of ``RuleSum``."""
    rule = result.rule
    if result.broken is None or rule.severity is Severity.CRITICAL_RUN:
        return []
    return [
        _finding(suite, rule, as_text(rows[at][suite.key]), _observed(rows[at], rule.observed))
        for at in result.broken
    ]


def in_order(findings: Iterable[Finding], tables: Sequence[str]) -> tuple[Finding, ...]:
    """Sort findings by table (in the given order), then row, rule and value."""
    return tuple(
        sorted(findings, key=lambda f: (tables.index(f.table), f.key or "", f.rule, f.observed))
    )


def as_text(value: Any) -> str:
    """Write a source value exactly as finance may see it in the source.

    >>> as_text(Decimal("1E-7")), as_text(None), as_text(True)
    ('0.0000001', '(empty)', 'yes')
    """
    if value is None:
        return "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)


def _observed(row: Row, columns: Sequence[str]) -> str:
    if len(columns) == 1:
        return _cut(as_text(row[columns[0]]))
    return ", ".join(f"{column}: {_cut(as_text(row[column]))}" for column in columns)


def _cut(text: str) -> str:
    """Show so much of a value that it can be told which one it is.

    >>> len(_cut("Ω" * 40_000)), _cut("0.0075")
    (500, '0.0075')
    """
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _finding(suite: Suite, rule: Rule, key: str | None, observed: str) -> Finding:
    return Finding(
        table=suite.name,
        key=key,
        rule=rule.name,
        severity=rule.severity,
        sentence=rule.sentence,
        observed=observed,
        remedy=rule.remedy,
    )

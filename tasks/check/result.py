"""What a check tells, and how results on positions become findings on rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.check.suites import Rule, Suite
from tasks.check.validation import RuleResult
from tasks.model.records import Finding, RuleStat, Severity
from tasks.model.source import Row

#: Characters of a value in a finding; a spreadsheet's cell takes 32,767.
_SHOWN = 500


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of a check.

    ``findings`` holds direct ones, cascades and warnings, sorted by table, row and rule.
    ``checks`` has one entry per rule and table. ``accepted`` keeps the ids per table that may
    be mapped; ``out_of_scope`` gives the reason per id of rows with nothing left to bill. Each
    source row is accepted, out of scope, or in a finding critical for the row. A read-back
    accepts nothing and leaves both empty. ``docs_index`` is None when no docs were asked for.
    """

    findings: tuple[Finding, ...]
    checks: tuple[RuleStat, ...]
    docs_index: Path | None
    accepted: dict[str, frozenset[str]] = field(default_factory=dict)
    out_of_scope: dict[str, dict[str, str]] = field(default_factory=dict)


def rule_stat(suite: Suite, result: RuleResult) -> RuleStat:
    """Count the rows (or the one table) that a rule applied to, and that broke it."""
    failed = len(result.broken) if result.broken is not None else int(not result.passed)
    return RuleStat(
        suite=suite.name,
        rule=result.rule.name,
        sentence=result.rule.sentence,
        severity=result.rule.severity,
        remedy=result.rule.remedy,
        checked=result.checked,
        failed=failed,
    )


def findings_of(suite: Suite, result: RuleResult, rows: Sequence[Row]) -> list[Finding]:
    """Turn a result into findings: one per broken row, or one for the table.

    A rule that is critical for the run speaks of the table even when rows broke it.
    """
    rule = result.rule
    if result.passed:
        return []
    if result.broken is None:
        return [_finding(suite, rule, None, f"{result.checked} rows")]
    if rule.severity is Severity.CRITICAL_RUN:
        return [_finding(suite, rule, None, f"{len(result.broken)} of {result.checked} rows")]
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

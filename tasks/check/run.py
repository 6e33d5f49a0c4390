"""One check over several tables: results, findings, counts and Data Docs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tasks.check.data_docs import Page, publish
from tasks.check.frames import frame_of
from tasks.check.result import CheckResult, findings_of, in_order, rule_stat
from tasks.check.suites import load_suite
from tasks.check.validation import validate
from tasks.model.source import Row


def check_rows(
    rows: Mapping[str, Sequence[Row]], *, docs_dir: Path | None, run_name: str
) -> CheckResult:
    """Check each table's rows (source columns and facts) against the suite of its name.

    Raises:
        FatalError: A rule could not be evaluated.
    """
    findings, checks, pages = [], [], []
    for name, records in rows.items():
        suite = load_suite(name)
        frame = frame_of(records, suite.columns)
        validated = validate(suite, frame)
        for result in validated.rules:
            checks.append(rule_stat(suite, result))
            findings += findings_of(suite, result, records)
        pages.append(Page(suite, frame[suite.key], validated))
    return CheckResult(
        findings=in_order(findings, tuple(rows)),
        checks=tuple(checks),
        docs_index=None if docs_dir is None else publish(docs_dir, run_name, pages),
    )

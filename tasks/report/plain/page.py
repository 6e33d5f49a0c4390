"""The page of a simple flow's run."""

from __future__ import annotations

from pathlib import Path

from tasks.report.page import common_facts, render
from tasks.report.plain.cells import number_columns, shown
from tasks.report.plain_report import PlainReport
from tasks.report.reasons import warnings_of


def write_page(report: PlainReport, path: Path) -> None:
    """Write the page, replacing a former one in one step."""
    files = {table.file: table.title.lower() for table in report.tables if table.file}
    findings = {
        "quarantine.csv": "each row that was kept out by a rule, with the rule",
        "warnings.csv": "each row that deserves a look",
    }
    files |= findings if report.findings else {}
    files["summary.json"] = "the figures of this page, for programs"
    facts = common_facts(report, report.about, files) | {
        "verdict": report.verdict,
        "answers": report.answers,
        "shown": shown,
        "numbers": [number_columns(table) for table in report.tables],
        "warnings": warnings_of(report.findings),
    }
    render("plain.html.j2", facts, path)

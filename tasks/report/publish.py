"""Publish a report: its files, ``latest``, and in short on the run's page in Prefect."""

from __future__ import annotations

import re
from pathlib import Path

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from tasks.model.report import Report, Table
from tasks.report import words
from tasks.report.cells import shown
from tasks.report.folder import point_latest, write_report
from tasks.report.markdown import inert, markdown_text
from tasks.report.reasons import critical_findings

TABLE_ROWS = 1000
"""Rows of a table that Prefect shows well; the CSV file holds all of them."""


def publish_report(report: Report, folder: Path) -> Path:
    """Write the run's files, point ``latest`` at them, and tell Prefect in short.

    Returns the path of ``index.html``.
    """
    page = write_report(report, folder)
    point_latest(folder)
    flow = report.head.flow
    create_markdown_artifact(markdown_text(report, page), key=f"{flow}-report")
    if kept_out := quarantine_rows(report):
        create_table_artifact(
            kept_out, key=f"{flow}-quarantine", description="What was kept out, and why"
        )
    for table in report.sections:
        if isinstance(table, Table) and table.in_prefect:
            show_table(f"{flow}-{_slug(table.title)}", table)
    return page


def quarantine_rows(report: Report) -> list[dict[str, str]]:
    """List what was kept out: one entry per row and rule, all cells text."""
    return [
        {
            "table": words.table_name(finding.table),
            "row": inert(finding.key or "whole table"),
            "rule": finding.rule,
            "in words": inert(finding.sentence),
            "observed": inert(finding.observed),
            "remedy": inert(finding.remedy),
        }
        for finding in critical_findings(report.findings)[:TABLE_ROWS]
    ]


def show_table(key: str, table: Table) -> None:
    """Show a table on the run's page in Prefect, unless it is empty."""
    if table.rows:
        rows = [
            dict(zip(table.columns, (inert(shown(cell)) for cell in row), strict=True))
            for row in table.rows[:TABLE_ROWS]
        ]
        create_table_artifact(rows, key=key, description=table.intro or table.title)


def _slug(title: str) -> str:
    return re.sub("[^a-z0-9]+", "-", title.lower()).strip("-")

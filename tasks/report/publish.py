"""Publish a report to Prefect: the verdict, the quarantine and links, on the run's page."""

from __future__ import annotations

import re
from pathlib import Path

from prefect.artifacts import (
    create_markdown_artifact,
    create_table_artifact,
)

from tasks.report.artifacts import TABLE_ROWS
from tasks.report.plain.cells import shown
from tasks.report.plain_report import PlainReport, Table
from tasks.report.reports import FlowReport
from tasks.report.write import artifact_markdown, artifact_table, point_latest, write_report
from tasks.run.retries import pure_task


@pure_task("report")
def publish(report: FlowReport, folder: Path) -> Path:
    """Write the run's files, point ``latest`` at them, and tell Prefect in short.

    Returns the path of ``index.html``.
    """
    page = write_report(report, folder)
    point_latest(folder)
    create_markdown_artifact(artifact_markdown(report, page), key=f"{report.flow}-report")
    quarantine = artifact_table(report)
    if quarantine:
        create_table_artifact(
            quarantine,
            key=f"{report.flow}-quarantine",
            description="What was kept out or given up, and why",
        )
    if isinstance(report, PlainReport):
        for table in report.tables:
            show_table(f"{report.flow}-{_slug(table.title)}", table)
    return page


def show_table(key: str, table: Table) -> None:
    """Show a brief table on the run's page, with as many rows as Prefect shows well."""
    if table.brief and table.rows:
        rows = [
            dict(zip(table.columns, (shown(cell) for cell in row), strict=True))
            for row in table.rows[:TABLE_ROWS]
        ]
        create_table_artifact(rows, key=key, description=table.intro or table.title)


def _slug(title: str) -> str:
    return re.sub("[^a-z0-9]+", "-", title.lower()).strip("-")

"""A simple flow's report as the terminal and Prefect show it, and as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.report import artifacts, console
from tasks.report.files import write_csv
from tasks.report.plain.cells import grid, stored
from tasks.report.plain_report import PlainReport
from tasks.report.summarizing import common_summary


def console_summary(report: PlainReport, page: Path | None = None) -> str:
    """Tell the run in a screenful of plain text; the last line says what to do next."""
    lines = [
        *console.headline(report, report.verdict),
        "",
        *console.answer_lines(report.answers),
    ]
    for table in report.tables:
        if table.brief and table.rows:
            lines += ["", f"{console.one_line(table.title)}:", *console.aligned(grid(table))]
    return "\n".join([*lines, "", *console.last_lines(report, report.verdict, page)])


def artifact_markdown(report: PlainReport, page: Path | None = None) -> str:
    """Tell the run in Markdown: verdict, answers, brief tables, links."""
    tables = (
        f"### {artifacts.plain(table.title)}\n\n{artifacts.markdown_table(*_parts(grid(table)))}"
        for table in report.tables
        if table.brief and table.rows
    )
    return artifacts.in_markdown(
        *artifacts.opening(report.verdict),
        artifacts.answers_in_markdown(report.answers),
        *tables,
        artifacts.links_in_markdown(report, page),
    )


def summary(report: PlainReport) -> dict[str, Any]:
    """Sum the report up for programs: JSON types only."""
    return common_summary(report) | report.figures


def write_files(report: PlainReport, folder: Path) -> None:
    """Write the tables that have a file, whole."""
    for table in report.tables:
        if table.file:
            rows = (tuple(stored(cell) for cell in row) for row in table.rows)
            write_csv(folder / table.file, table.columns, rows)


def _parts(lines: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    head, *rows = lines
    return head, rows

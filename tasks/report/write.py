"""Tell what a run did: the page that finance opens, and the files beside it.

Everything is made from a report alone, so that the page, the files, Prefect's artifacts and the
terminal can never tell different stories. ``_teller_of`` says who tells which kind of report.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from tasks.model.errors import ConfigError
from tasks.model.records import RunReport
from tasks.reconcile.reconcile_report import PastRun, ReconcileReport
from tasks.reconcile.reporting.history import read_history
from tasks.report import artifacts, console, files, page, summarizing
from tasks.report.files import replacing, write_findings
from tasks.report.plain import messages as plain_messages
from tasks.report.plain import page as plain_page
from tasks.report.plain_report import PlainReport
from tasks.report.reasons import critical_findings, warning_findings
from tasks.report.reports import CheckedReport, FlowReport
from tasks.usage.records import UsageReport
from tasks.usage.reporting import artifacts as usage_artifacts
from tasks.usage.reporting import console as usage_console
from tasks.usage.reporting import files as usage_files
from tasks.usage.reporting import page as usage_page
from tasks.usage.reporting import summarizing as usage_summarizing
from tasks.webhooks.records import WebhookReport
from tasks.webhooks.reporting import artifacts as webhook_artifacts
from tasks.webhooks.reporting import console as webhook_console
from tasks.webhooks.reporting import files as webhook_files
from tasks.webhooks.reporting import page as webhook_page
from tasks.webhooks.reporting import summarizing as webhook_summarizing

__all__ = [
    "artifact_markdown",
    "artifact_table",
    "console_summary",
    "past_runs",
    "point_latest",
    "summary",
    "write_report",
]


@dataclass(frozen=True, slots=True)
class _Teller:
    """The ways of telling one kind of report; ``files`` are those beside the common ones.

    ``table`` lists for Prefect what was kept out, all cells text.
    """

    summary: Callable[[Any], dict[str, Any]]
    console: Callable[[Any, Path | None], str]
    markdown: Callable[[Any, Path | None], str]
    files: Callable[[Any, Path], None]
    page: Callable[[Any, Path], None]
    table: Callable[[Any], list[dict[str, str]]] = artifacts.artifact_table


_TELLERS: dict[type, _Teller] = {
    RunReport: _Teller(
        summarizing.summary,
        console.console_summary,
        artifacts.artifact_markdown,
        files.write_files,
        page.write_page,
    ),
    UsageReport: _Teller(
        usage_summarizing.summary,
        usage_console.console_summary,
        usage_artifacts.artifact_markdown,
        usage_files.write_files,
        usage_page.write_page,
    ),
    PlainReport: _Teller(
        plain_messages.summary,
        plain_messages.console_summary,
        plain_messages.artifact_markdown,
        plain_messages.write_files,
        plain_page.write_page,
    ),
    WebhookReport: _Teller(
        webhook_summarizing.summary,
        webhook_console.console_summary,
        webhook_artifacts.artifact_markdown,
        webhook_files.write_files,
        webhook_page.write_page,
        webhook_artifacts.artifact_table,
    ),
}


def _teller_of(report: FlowReport) -> _Teller:
    return _reconcile_teller() if isinstance(report, ReconcileReport) else _TELLERS[type(report)]


@cache
def _reconcile_teller() -> _Teller:
    # It builds on polars and a writer of workbooks, 25 MB that other flows do without.
    from tasks.reconcile.reporting import files, messages, page, summarizing

    return _Teller(
        summarizing.summary,
        messages.console_summary,
        messages.artifact_markdown,
        files.write_files,
        page.write_page,
    )


def write_report(report: FlowReport, folder: Path) -> Path:
    """Write the report's files into the run's folder and return ``index.html``'s path.

    Each file is replaced whole, the page last, so that an open page always finds the files
    that it links. A second call writes the same bytes again.

    Raises:
        FatalError: The report does not foot.
        ConfigError: The folder cannot be written.
    """
    numbers = summary(report)
    index = folder / "index.html"
    teller = _teller_of(report)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / "summary.json") as stream:
            json.dump(numbers, stream, ensure_ascii=False, indent=2)
            stream.write("\n")
        if isinstance(report, CheckedReport):
            write_findings(critical_findings(report.findings), folder / "quarantine.csv")
            write_findings(warning_findings(report.findings), folder / "warnings.csv")
        teller.files(report, folder)
        teller.page(report, index)
    except OSError as error:
        raise ConfigError(
            f"The report cannot be written to {folder}: {error.strerror}; "
            "set REPORTS_DIR to a folder that can be written."
        ) from error
    return index


def summary(report: FlowReport) -> dict[str, Any]:
    """Sum the report up for programs: JSON types only."""
    return _teller_of(report).summary(report)


def console_summary(report: FlowReport, index: Path | None = None) -> str:
    """Tell the run in a screenful of plain text; ``index`` is where its page was written."""
    return _teller_of(report).console(report, index)


def artifact_markdown(report: FlowReport, index: Path | None = None) -> str:
    """Tell the run in Markdown; ``index`` is where its page was written."""
    return _teller_of(report).markdown(report, index)


def past_runs(folder: Path) -> tuple[PastRun, ...]:
    """Read the former reconciliations beside a run's folder, oldest first."""
    return read_history(folder)


def artifact_table(report: FlowReport) -> list[dict[str, str]]:
    """List for Prefect what was kept out, or given up: all cells text."""
    return _teller_of(report).table(report)


def point_latest(folder: Path) -> Path:
    """Point the link ``latest`` beside a run's folder at it and return the link.

    The link is relative, so that the reports can be moved, and changes in one step: it
    never dangles, and of two runs that end at once, one wins.

    Raises:
        ConfigError: Something that is not a link is in its place, or links cannot be made.
    """
    link = folder.parent / "latest"
    temporary = folder.parent / f".latest.{uuid4().hex}"
    try:
        temporary.symlink_to(folder.name, target_is_directory=True)
        temporary.replace(link)
    except OSError as error:
        raise ConfigError(
            f"{link} cannot be pointed at the newest report: {error.strerror}; "
            "if something else is in its place, move it away."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return link

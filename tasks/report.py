"""Tell what a run did: the page that finance opens, and the files beside it.

Everything is made from a report alone, a backfill's or a metering run's, so that the page, the
files, Prefect's artifacts and the terminal can never tell different stories.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

from tasks.domain.errors import ConfigError
from tasks.domain.records import RunReport
from tasks.domain.usage import UsageReport
from tasks.domain.webhooks import WebhookReport
from tasks.reporting import artifacts, console, files, page, summarizing
from tasks.reporting.files import replacing, write_findings
from tasks.reporting.reasons import critical_findings, warning_findings
from tasks.reporting.usage import artifacts as usage_artifacts
from tasks.reporting.usage import console as usage_console
from tasks.reporting.usage import files as usage_files
from tasks.reporting.usage import page as usage_page
from tasks.reporting.usage import summarizing as usage_summarizing
from tasks.reporting.webhooks import artifacts as webhook_artifacts
from tasks.reporting.webhooks import console as webhook_console
from tasks.reporting.webhooks import files as webhook_files
from tasks.reporting.webhooks import page as webhook_page
from tasks.reporting.webhooks import summarizing as webhook_summarizing

__all__ = [
    "artifact_markdown",
    "artifact_table",
    "console_summary",
    "point_latest",
    "summary",
    "write_report",
]


AnyReport = RunReport | UsageReport | WebhookReport


def write_report(report: AnyReport, folder: Path) -> Path:
    """Write the report's files into the run's folder and return ``index.html``'s path.

    Each file is replaced whole, the page last, so that an open page always finds the files
    that it links. A second call writes the same bytes again.

    Raises:
        FatalError: A source row stands in the report twice.
        ConfigError: The folder cannot be written.
    """
    numbers = summary(report)
    index = folder / "index.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / "summary.json") as stream:
            json.dump(numbers, stream, ensure_ascii=False, indent=2)
            stream.write("\n")
        _write_tables(report, folder)
        if isinstance(report, WebhookReport):
            webhook_page.write_page(report, index)
        elif isinstance(report, UsageReport):
            usage_page.write_page(report, index)
        else:
            page.write_page(report, index)
    except OSError as error:
        raise ConfigError(
            f"The report cannot be written to {folder}: {error.strerror}; "
            "set REPORTS_DIR to a folder that can be written."
        ) from error
    return index


def _write_tables(report: AnyReport, folder: Path) -> None:
    if isinstance(report, WebhookReport):
        webhook_files.write_given_up(report, folder / "quarantine.csv")
        webhook_files.write_outcomes(report, folder / "outcomes.csv")
        return
    write_findings(critical_findings(report.findings), folder / "quarantine.csv")
    write_findings(warning_findings(report.findings), folder / "warnings.csv")
    if isinstance(report, UsageReport):
        usage_files.write_outcomes(report, folder / "outcomes.csv")
    else:
        files.write_outcomes(report, folder / "outcomes.csv")


def summary(report: AnyReport) -> dict[str, Any]:
    """Sum the report up for programs: JSON types only."""
    if isinstance(report, WebhookReport):
        return webhook_summarizing.summary(report)
    if isinstance(report, UsageReport):
        return usage_summarizing.summary(report)
    return summarizing.summary(report)


def console_summary(report: AnyReport, index: Path | None = None) -> str:
    """Tell the run in a screenful of plain text; ``index`` is where its page was written."""
    if isinstance(report, WebhookReport):
        return webhook_console.console_summary(report, index)
    if isinstance(report, UsageReport):
        return usage_console.console_summary(report, index)
    return console.console_summary(report, index)


def artifact_markdown(report: AnyReport, index: Path | None = None) -> str:
    """Tell the run in Markdown; ``index`` is where its page was written."""
    if isinstance(report, WebhookReport):
        return webhook_artifacts.artifact_markdown(report, index)
    if isinstance(report, UsageReport):
        return usage_artifacts.artifact_markdown(report, index)
    return artifacts.artifact_markdown(report, index)


def artifact_table(report: AnyReport) -> list[dict[str, str]]:
    """List for Prefect what was kept out, or given up: all cells text."""
    if isinstance(report, WebhookReport):
        return webhook_artifacts.artifact_table(report)
    return artifacts.artifact_table(report)


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

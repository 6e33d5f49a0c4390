"""Tell what a run did: the page that finance opens, and the files beside it.

Everything is made from a :class:`RunReport` alone, so that the page, the files, Prefect's
artifacts and the terminal can never tell different stories.
"""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

from tasks.domain.errors import ConfigError
from tasks.domain.records import RunReport
from tasks.reporting.artifacts import artifact_markdown, artifact_table
from tasks.reporting.console import console_summary
from tasks.reporting.files import replacing, write_findings, write_outcomes
from tasks.reporting.page import write_page
from tasks.reporting.reasons import critical_findings, warning_findings
from tasks.reporting.summarizing import summary

__all__ = [
    "artifact_markdown",
    "artifact_table",
    "console_summary",
    "point_latest",
    "summary",
    "write_report",
]


def write_report(report: RunReport, folder: Path) -> Path:
    """Write the report's files into the run's folder and return ``index.html``'s path.

    Each file is replaced whole, the page last, so that an open page always finds the files
    that it links. A second call writes the same bytes again.

    Raises:
        FatalError: A source row stands in the report twice.
        ConfigError: The folder cannot be written.
    """
    numbers = summary(report)
    page = folder / "index.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_outcomes(report, folder / "outcomes.csv")
        write_findings(critical_findings(report.findings), folder / "quarantine.csv")
        write_findings(warning_findings(report.findings), folder / "warnings.csv")
        with replacing(folder / "summary.json") as stream:
            json.dump(numbers, stream, ensure_ascii=False, indent=2)
            stream.write("\n")
        write_page(report, page)
    except OSError as error:
        raise ConfigError(
            f"The report cannot be written to {folder}: {error.strerror}; "
            "set REPORTS_DIR to a folder that can be written."
        ) from error
    return page


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

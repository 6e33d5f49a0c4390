"""A run's folder: the page that finance opens, and the files beside it."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

from tasks.model.errors import ConfigError
from tasks.model.report import Report, Table
from tasks.report.cells import stored
from tasks.report.files import replacing, write_csv, write_findings
from tasks.report.page import write_page
from tasks.report.reasons import critical_findings, warning_findings
from tasks.report.summary import summary


def write_report(report: Report, folder: Path) -> Path:
    """Write the report's files into the run's folder and return ``index.html``'s path.

    Each file is replaced whole, the page last, so that an open page always finds the files
    that it links. A second call writes the same bytes again.

    Raises:
        ConfigError: The folder cannot be written.
    """
    numbers = summary(report)
    index = folder / "index.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / "summary.json") as stream:
            json.dump(numbers, stream, ensure_ascii=False, indent=2)
            stream.write("\n")
        write_findings(critical_findings(report.findings), folder / "quarantine.csv")
        write_findings(warning_findings(report.findings), folder / "warnings.csv")
        for section in report.sections:
            if isinstance(section, Table) and section.file:
                rows = (tuple(stored(cell) for cell in row) for row in section.rows)
                write_csv(folder / section.file, section.columns, rows)
        for attachment in report.attachments:
            attachment.write(folder / attachment.name)
        write_page(report, index)
    except OSError as error:
        raise ConfigError(
            f"The report cannot be written to {folder}: {error.strerror}; "
            "set REPORTS_DIR to a folder that can be written."
        ) from error
    return index


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

"""Writing files that are whole or not there, and CSV cells that a spreadsheet cannot run."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO
from uuid import uuid4

from tasks.model.records import Finding
from tasks.model.report import Attachment

FINDING_COLUMNS = (
    "table",
    "source_id",
    "rule",
    "rule_in_words",
    "observed",
    "remedy",
    "severity",
)

# What makes a spreadsheet take a cell for a formula; the wide forms are typed in East Asia.
FORMULA_START = "^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
NEGATIVE_NUMBER = r"-[0-9]+(\.[0-9]+)?"


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a text file that takes its place only when it is whole.

    Whoever reads ``path`` meanwhile, or after a crash, finds the former file or none.
    """
    with (
        taking_place(path) as temporary,
        temporary.open("x", encoding="utf-8", newline="") as stream,
    ):
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def taking_place(path: Path) -> Iterator[Path]:
    """Name a file for writing by other means; it takes ``path``'s place at the end."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def inert(cell: str) -> str:
    """Make a cell text that no spreadsheet runs as a formula.

    >>> inert("=1+1"), inert("-0.5"), inert("-1+1")
    ("'=1+1", '-0.5', "'-1+1")
    """
    if re.match(FORMULA_START, cell) and not re.fullmatch(NEGATIVE_NUMBER, cell):
        return "'" + cell
    return cell


def write_findings(findings: Iterable[Finding], path: Path) -> None:
    """Write one line per row and rule that it broke; a whole table has no source id."""
    write_csv(
        path,
        FINDING_COLUMNS,
        (
            (
                finding.table,
                finding.key,
                finding.rule,
                finding.sentence,
                finding.observed,
                finding.remedy,
                finding.severity.value,
            )
            for finding in findings
        ),
    )


def write_csv(
    path: Path, columns: tuple[str, ...], lines: Iterable[tuple[str | int | None, ...]]
) -> None:
    """Write a table whole; None is an empty cell."""
    with replacing(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        for line in lines:
            writer.writerow(["" if cell is None else inert(str(cell)) for cell in line])


def csv_file(
    name: str, about: str, columns: tuple[str, ...], lines: Collection[tuple[str | int | None, ...]]
) -> Attachment:
    """Make a table a file beside the page."""
    return Attachment(name, about, partial(write_csv, columns=columns, lines=lines))

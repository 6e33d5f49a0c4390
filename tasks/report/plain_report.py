"""The report of a flow that needs no page of its own design: a verdict, figures and tables.

A flow fills one in and publishes it; page, files, artifacts and the terminal follow from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tasks.model.records import Finding, RuleStat


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run comes to; ``tone`` is ``good``, ``info``, ``warn`` or ``bad``.

    ``command`` is what to type for the next step; None when there is nothing to type.
    """

    tone: str
    headline: str
    detail: str
    next_step: str
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A short answer to one of the reader's questions."""

    question: str
    tone: str
    answer: str
    detail: str


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads somewhere: a URL, or a path from the run's folder."""

    words: str
    target: str


Cell = str | int | Decimal | Link | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report: the page shows its first rows, its CSV file has them all.

    ``file`` is the CSV file's name in the run's folder; empty for a table that needs none.
    Numbers stand to the right. A ``brief`` table is shown in the terminal and in Prefect too.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    intro: str = ""
    file: str = ""
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart; ``share`` is 0 to 1, ``words`` stand beside it."""

    name: str
    share: float
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars under each other, for the page."""

    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class PlainReport:
    """All that a simple flow's report tells; the page and the files are made from it alone.

    ``about`` says in a few words what the run was about, ``figures`` are for programs: JSON
    types only. The other fields are those of ``RunReport``.
    """

    flow: str
    run: str
    service: str
    source: str
    target: str
    about: str
    verdict: Verdict
    answers: tuple[Answer, ...]
    tables: tuple[Table, ...]
    figures: dict[str, Any]
    dry_run: bool
    started_at: datetime
    finished_at: datetime
    state_name: str
    state_message: str
    exit_code: int
    company: str = ""
    currency: str = ""
    charts: tuple[Chart, ...] = ()
    findings: tuple[Finding, ...] = ()
    checks: tuple[RuleStat, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)

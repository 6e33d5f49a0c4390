"""The one report of a run: whose it is, what it comes to, and what there is to read.

A flow's ``report.py`` makes it of the flow's results; page, files, terminal, Prefect and JSON are
made from it alone, so that they can never tell different stories.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from tasks.model.counts import TableCounts
from tasks.model.end_state import EndState
from tasks.model.records import Finding, RuleStat

Where = Literal["page", "everywhere", "text"]
"""Who shows a section: the page; the terminal and Prefect too; only these two."""


@dataclass(frozen=True, slots=True)
class Head:
    """Whose report it is; the run makes it, for every flow alike.

    ``service`` is what was asked for; several codes are joined by commas. ``company``, its
    ``currency`` and ``timezone`` are Odoo's, empty where a flow has to do with none. ``timings``
    are wall seconds per step, in order. ``links`` are relative to the run's folder or absolute
    URLs, by name: ``data_docs``, ``odoo``, ``prefect``.
    """

    flow: str
    run: str
    service: str
    source: str
    target: str
    dry_run: bool
    started_at: datetime
    finished_at: datetime
    company: str = ""
    currency: str = ""
    timezone: str = "UTC"
    timings: Mapping[str, float] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Headline:
    """What a run comes to; ``tone`` is ``good``, ``info``, ``warn`` or ``bad``.

    ``command`` is what to type for the next step; None when there is nothing to type.
    """

    tone: str
    title: str
    detail: str
    next_step: str
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A short answer to one of the reader's questions; ``tone`` is empty for a mere figure."""

    question: str
    tone: str
    answer: str
    detail: str


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads somewhere: a URL, or a path from the run's folder."""

    words: str
    target: str


Cell = str | int | Decimal | datetime | Link | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the page shows its first rows, its CSV file has them all.

    ``file`` is the CSV file's name in the run's folder; empty for a table that needs none.
    Numbers stand to the right. ``in_prefect``: it is a table of its own there, too.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    intro: str = ""
    file: str = ""
    where: Where = "page"
    in_prefect: bool = False


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
class Counts:
    """Rows by outcome: every row in exactly one column, so that each line adds up.

    ``notes`` say by table what its rows are, in a few words; ``total`` names the line that adds
    the tables up, empty if they are not to be added.
    """

    title: str
    intro: str
    tables: tuple[TableCounts, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    total: str = ""


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """The same sum on both sides, in words; ``odoo`` is None when it was not read back."""

    label: str
    source: str
    odoo: str | None
    difference: str
    agrees: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class ControlTotals:
    """Sums made on both sides, line by line."""

    title: str
    intro: str
    rows: tuple[ControlTotal, ...]
    total: ControlTotal | None = None


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """A row behind a reason.

    ``also`` names the other rules that it broke; ``record`` is its record in Odoo, like
    ``sale.order/7``. Both are empty when there is none.
    """

    label: str
    source_id: str
    observed: str
    also: str = ""
    record: str = ""


@dataclass(slots=True)
class Reason:
    """Rows of one table that share a cause: ``count`` of them, the first ones in ``rows``.

    ``is_root``: fixing these rows helps; others only wait for another row.
    """

    table: str
    code: str
    title: str
    sentence: str
    remedy: str
    is_root: bool = True
    count: int = 0
    rows: list[ReasonRow] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """Name of its place on the page."""
        return f"{self.table}-{self.code}"


@dataclass(frozen=True, slots=True)
class Reasons:
    """A list of reasons with the rows behind them; ``file`` has all of the rows."""

    title: str
    intro: str
    reasons: tuple[Reason, ...]
    file: str
    empty: str = ""


@dataclass(frozen=True, slots=True)
class KeptOut:
    """Why rows are not in Odoo, root causes first, and what was left aside on purpose."""

    title: str
    reasons: tuple[Reason, ...]
    aside: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """A section of a flow's own design: a template below ``tasks/``, and what it speaks of."""

    template: str
    facts: Mapping[str, Any]


Section = Table | Chart | Counts | ControlTotals | Reasons | KeptOut | Drawn


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside the page that writes itself whole; without ``about`` it is not listed."""

    name: str
    about: str
    write: Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Report:
    """All that is told of a run.

    ``about`` says in a few words what the run was about. ``figures`` are for programs: JSON types
    only. ``findings`` holds warnings too, ``labels`` name the rows that they speak of by table
    and key. ``contents`` are the page's own links. ``results`` is what the flow found, for flows
    that run it and for what is done after it; nobody tells it.
    """

    head: Head
    end: EndState
    about: str
    headline: Headline
    answers: tuple[Answer, ...] = ()
    sections: tuple[Section, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    checks: tuple[RuleStat, ...] = ()
    labels: Mapping[tuple[str, str | None], str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    contents: tuple[Link, ...] = ()
    results: Any = None

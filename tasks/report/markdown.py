"""The report as Prefect shows it: a short text in Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tasks.model.report import KeptOut, Report, Section
from tasks.report import words
from tasks.report.cells import short

_TOP_REASONS = 8
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
#: What makes a link or a picture of a text, or is taken for HTML.
_ACTIVE = re.compile(r"[\[\]<>]")
#: What is made a link without any mark around it.
_ADDRESS = re.compile(r"(?<=[A-Za-z])://|(?<=\bwww)\.", re.IGNORECASE)


def markdown_text(report: Report, page: Path | None = None) -> str:
    """Tell the run in Markdown: what it comes to, answers, short tables, links.

    Args:
        report: The run.
        page: Where ``index.html`` was written; None when there is none yet.
    """
    headline = report.headline
    command = f" `{headline.command}`" if headline.command else ""
    answers = "\n".join(
        f"- {plain(each.question)} **{plain(each.answer)}** ({plain(each.detail)})"
        for each in report.answers
    )
    parts = [
        f"## {plain(headline.title)}",
        plain(headline.detail),
        f"**What to do next:** {plain(headline.next_step)}{command}",
        answers,
        *map(_part, report.sections),
        _links(report, page),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    r"""Keep text from being read as Markdown or HTML, on one line.

    >>> plain("a_b ![x](https://e.example)")
    'a\\_b \\!\\[x\\](https:\\//e.example)'
    """
    marked = _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
    return _ADDRESS.sub(_apart, marked)


def inert(text: str) -> str:
    r"""Keep a cell of a table in Prefect from being a link, a picture or HTML; else as it is.

    >>> inert("a_b"), inert("[pay](https://e.example)")
    ('a_b', '\\[pay\\](https:\\//e.example)')
    """
    return _ADDRESS.sub(_apart, _ACTIVE.sub(r"\\\g<0>", text))


def _apart(found: re.Match[str]) -> str:
    return found[0].replace("/", "\\/", 1) if "/" in found[0] else "\\."


def _part(section: Section) -> str:
    """Tell a section in short; nothing if it is for the page only."""
    if isinstance(section, KeptOut) and section.reasons:
        return _kept_out(section)
    if (told := short(section)) is None:
        return ""
    title, grid, rest = told
    parts = (f"### {plain(title)}" if title else "", _table(grid), rest)
    return "\n\n".join(filter(None, parts))


def _table(grid: Sequence[Sequence[str]]) -> str:
    """Lay a table out: the first column to the left, the others to the right."""
    head, *rows = (f"| {' | '.join(map(plain, line))} |" for line in grid)
    return "\n".join([head, "|:--" + "|--:" * (len(grid[0]) - 1) + "|", *rows])


def _kept_out(section: KeptOut) -> str:
    lines = [
        f"- **{words.counted(reason.count, 'row')}** of {plain(words.table_name(reason.table))}:"
        f" {plain(reason.title)}. {plain(reason.sentence)}"
        for reason in section.reasons[:_TOP_REASONS]
    ]
    rest = sum(reason.count for reason in section.reasons[_TOP_REASONS:])
    if rest:
        lines.append(f"- {words.counted(rest, 'row')} for other reasons")
    return "### Why rows were kept out\n\n" + "\n".join(lines)


def _links(report: Report, page: Path | None) -> str:
    """List where more can be read; empty if nowhere."""
    lines = [f"- Full report: `{page}`"] if page else []
    for name, target in report.head.links.items():
        # A link relative to the run's folder leads nowhere from Prefect's page.
        if re.match(r"https?://[^\s<>]+$", target):
            lines.append(f"- {plain(words.humanize(name))}: <{target}>")
    return "\n".join(lines)

"""The report as the terminal shows it at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.model.report import KeptOut, Report, Section
from tasks.report import words
from tasks.report.cells import short

_MARKS = {"good": "[ok]", "info": "[--]", "warn": "[!]", "bad": "[X]"}
_TOP_REASONS = 5


def terminal_text(report: Report, page: Path | None = None) -> str:
    """Tell the run in a screenful of plain text; the last line says what to do next.

    Args:
        report: The run.
        page: Where ``index.html`` was written; None when there is none.
    """
    answers = [
        f"{one_line(each.question):<23}{one_line(each.answer)} ({one_line(each.detail)})"
        for each in report.answers
    ]
    blocks = [_opening(report), answers, *map(_block, report.sections), _closing(report, page)]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _opening(report: Report) -> list[str]:
    head, headline = report.head, report.headline
    took = words.duration((head.finished_at - head.started_at).total_seconds())
    return [
        f"{_MARKS[headline.tone]} {one_line(headline.title)}",
        f"    {one_line(headline.detail)}",
        f"    {head.flow} {head.run}, {took}",
    ]


def _block(section: Section) -> list[str]:
    """Tell a section in short; nothing if it is for the page only."""
    if isinstance(section, KeptOut) and section.reasons:
        return _kept_out(section)
    if (told := short(section)) is None:
        return []
    title, grid, rest = told
    head = [f"{one_line(title)}:"] if title else []
    return [*head, *_aligned(grid), *([rest] if rest else [])]


def _kept_out(section: KeptOut) -> list[str]:
    lines = ["Kept out, root causes first:"]
    for reason in section.reasons[:_TOP_REASONS]:
        title = one_line(f"{reason.title} ({words.table_name(reason.table)})")
        lines.append(f"  {words.number(reason.count):>7}  {title}")
    rest = sum(reason.count for reason in section.reasons[_TOP_REASONS:])
    if rest:
        lines.append(f"  {words.number(rest):>7}  for other reasons, see the report")
    return lines


def _closing(report: Report, page: Path | None) -> list[str]:
    """Say where more can be read, and at last what to do next."""
    lines = [f"Report: {page}"] if page else []
    for name, target in report.head.links.items():
        if target.startswith(("http://", "https://")):
            lines.append(f"{words.humanize(name)}: {one_line(target)}")
    command = f" {report.headline.command}" if report.headline.command else ""
    return [*lines, f"Next: {one_line(report.headline.next_step)}{command}"]


def _aligned(grid: Sequence[Sequence[str]]) -> list[str]:
    """Lay a table out in columns: the first to the left, the others to the right."""
    grid = [[one_line(cell) for cell in line] for line in grid]
    widths = [max(len(line[column]) for line in grid) for column in range(len(grid[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in grid
    ]


def one_line(text: str) -> str:
    """Keep text on one line and free of terminal control characters."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())

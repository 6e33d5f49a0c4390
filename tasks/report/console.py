"""The report as the terminal shows it at the end of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tasks.model.records import Outcome, RunReport
from tasks.report import words
from tasks.report.counts import TableCounts, add_up, count_rows
from tasks.report.plain_report import Answer, Verdict
from tasks.report.reasons import kept_out
from tasks.report.reports import FlowReport
from tasks.report.verdict import give_answers, reach_verdict

_MARKS = {"good": "[ok]", "info": "[--]", "warn": "[!]", "bad": "[X]"}
_HEADS = {
    Outcome.CREATED: "created",
    Outcome.UPDATED: "updated",
    Outcome.UNCHANGED: "unchanged",
    Outcome.QUARANTINED: "quarantined",
    Outcome.FAILED: "refused",
    Outcome.OUT_OF_SCOPE: "out of scope",
    Outcome.NOT_SELECTED: "not selected",
}
_TOP_REASONS = 5


def console_summary(report: RunReport, page: Path | None = None) -> str:
    """Tell the run in a screenful of plain text; the last line says what to do next.

    Args:
        report: The run.
        page: Where ``index.html`` was written; None when there is none.
    """
    counts = count_rows(report.rows)
    verdict = reach_verdict(report, counts)
    lines = [*headline(report, verdict), "", *counts_table(counts), ""]
    lines += answer_lines(give_answers(report, counts))
    reasons = kept_out(report)
    if reasons:
        lines += ["", "Kept out, root causes first:"]
        for reason in reasons[:_TOP_REASONS]:
            title = one_line(f"{reason.title} ({words.table_name(reason.table)})")
            lines.append(f"  {words.number(reason.count):>7}  {title}")
        if len(reasons) > _TOP_REASONS:
            rest = sum(reason.count for reason in reasons[_TOP_REASONS:])
            lines.append(f"  {words.number(rest):>7}  for other reasons, see the report")
    return "\n".join([*lines, "", *last_lines(report, verdict, page)])


def last_lines(report: FlowReport, verdict: Verdict, page: Path | None) -> list[str]:
    """Say where more can be read, and at last what to do next."""
    lines = [f"Report: {page}"] if page else []
    for name, target in report.links.items():
        if target.startswith(("http://", "https://")):
            lines.append(f"{words.humanize(name)}: {one_line(target)}")
    command = f" {verdict.command}" if verdict.command else ""
    return [*lines, f"Next: {one_line(verdict.next_step)}{command}"]


def headline(report: FlowReport, verdict: Verdict) -> list[str]:
    """Say what the run comes to, which one it was, and how long it took."""
    took = words.duration((report.finished_at - report.started_at).total_seconds())
    return [
        f"{_MARKS[verdict.tone]} {one_line(verdict.headline)}",
        f"    {one_line(verdict.detail)}",
        f"    {report.flow} {report.run}, {took}",
    ]


def counts_table(counts: tuple[TableCounts, ...]) -> list[str]:
    """Lay the counts out; a column that is empty all over is left away."""
    whole = add_up(counts)
    shown = [
        outcome
        for outcome in _HEADS
        if whole.by_outcome[outcome] or outcome in (Outcome.CREATED, Outcome.UPDATED)
    ]
    grid = [["", "read", *(_HEADS[outcome] for outcome in shown)]]
    for each in counts:
        cells = [words.number(each.by_outcome[outcome]) for outcome in shown]
        grid.append([words.table_name(each.table), words.number(each.read), *cells])
    return aligned(grid)


def answer_lines(answers: Iterable[Answer]) -> list[str]:
    """Tell the short answers, one a line."""
    return [
        f"{one_line(each.question):<23}{one_line(each.answer)} ({one_line(each.detail)})"
        for each in answers
    ]


def aligned(grid: Sequence[Sequence[str]]) -> list[str]:
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

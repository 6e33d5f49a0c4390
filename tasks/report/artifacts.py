"""The report as Prefect shows it: a short text and the quarantine as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tasks.model.records import RunReport
from tasks.report import words
from tasks.report.counts import TableCounts, count_rows
from tasks.report.plain_report import Answer, Verdict
from tasks.report.reasons import Reason, critical_findings, kept_out
from tasks.report.reports import CheckedReport
from tasks.report.verdict import reach_verdict

TABLE_ROWS = 1000
"""Rows of the quarantine shown in Prefect; the CSV file holds all of them."""

_TOP_REASONS = 8
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def artifact_markdown(report: RunReport, page: Path | None = None) -> str:
    """Tell the run in Markdown: verdict, counts, main reasons, links.

    Args:
        report: The run.
        page: Where ``index.html`` was written; None when there is none yet.
    """
    counts = count_rows(report.rows)
    verdict = reach_verdict(report, counts)
    reasons = kept_out(report)
    return in_markdown(
        *opening(verdict),
        counts_in_markdown(counts),
        _reasons(reasons) if reasons else "",
        links_in_markdown(report, page),
    )


def artifact_table(report: CheckedReport) -> list[dict[str, str]]:
    """List the quarantine for Prefect's table: one entry per row and rule, all cells text."""
    return [
        {
            "table": words.table_name(finding.table),
            "row": finding.key or "whole table",
            "rule": finding.rule,
            "in words": finding.sentence,
            "observed": finding.observed,
            "remedy": finding.remedy,
        }
        for finding in critical_findings(report.findings)[:TABLE_ROWS]
    ]


def counts_in_markdown(counts: tuple[TableCounts, ...]) -> str:
    """Lay rows by outcome out as a table."""
    heads = ["", "Read", *words.OUTCOME_NAMES.values()]
    return markdown_table(
        heads,
        (
            [
                words.table_name(each.table),
                words.number(each.read),
                *(words.number(each.by_outcome[outcome]) for outcome in words.OUTCOME_NAMES),
            ]
            for each in counts
        ),
    )


def in_markdown(*parts: str) -> str:
    """Join the parts of a text, leaving empty ones away."""
    return "\n\n".join(part for part in parts if part) + "\n"


def opening(verdict: Verdict) -> tuple[str, ...]:
    """Begin the text: what the run comes to, and what to do next."""
    command = f" `{verdict.command}`" if verdict.command else ""
    return (
        f"## {plain(verdict.headline)}",
        plain(verdict.detail),
        f"**What to do next:** {plain(verdict.next_step)}{command}",
    )


def answers_in_markdown(answers: Iterable[Answer]) -> str:
    """List the short answers."""
    return "\n".join(
        f"- {plain(each.question)} **{plain(each.answer)}** ({plain(each.detail)})"
        for each in answers
    )


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay a table out: the first column to the left, the others to the right."""
    grid = [f"| {' | '.join(map(plain, heads))} |", "|:--" + "|--:" * (len(heads) - 1) + "|"]
    grid += [f"| {' | '.join(plain(cell) for cell in row)} |" for row in rows]
    return "\n".join(grid)


def _reasons(reasons: list[Reason]) -> str:
    lines = ["### Why rows were kept out"]
    for reason in reasons[:_TOP_REASONS]:
        lines.append(
            f"- **{words.counted(reason.count, 'row')}** of "
            f"{plain(words.table_name(reason.table))}: "
            f"{plain(reason.title)}. {plain(reason.sentence)}"
        )
    rest = sum(reason.count for reason in reasons[_TOP_REASONS:])
    if rest:
        lines.append(f"- {words.counted(rest, 'row')} for other reasons")
    return lines[0] + "\n\n" + "\n".join(lines[1:])


def links_in_markdown(report: CheckedReport, page: Path | None) -> str:
    """List where more can be read; empty if nowhere."""
    lines = [f"- Full report: `{page}`"] if page else []
    for name, target in report.links.items():
        # A link relative to the run's folder leads nowhere from Prefect's page.
        if re.match(r"https?://[^\s<>]+$", target):
            lines.append(f"- {plain(words.humanize(name))}: <{target}>")
    return "\n".join(lines)


def plain(text: str) -> str:
    """Keep text from being read as Markdown or HTML, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))

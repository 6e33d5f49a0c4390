"""The report as Prefect shows it: a short text and the quarantine as a table."""

from __future__ import annotations

import re
from pathlib import Path

from tasks.domain.records import RunReport
from tasks.reporting import words
from tasks.reporting.counts import TableCounts, count_rows
from tasks.reporting.reasons import Reason, critical_findings, kept_out
from tasks.reporting.verdict import reach_verdict

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
    parts = [
        f"## {_plain(verdict.headline)}",
        _plain(verdict.detail),
        f"**What to do next:** {_plain(verdict.next_step)}"
        + (f" `{verdict.command}`" if verdict.command else ""),
        _counts(counts),
    ]
    reasons = kept_out(report)
    if reasons:
        parts.append(_reasons(reasons))
    links = _links(report, page)
    if links:
        parts.append(links)
    return "\n\n".join(part for part in parts if part) + "\n"


def artifact_table(report: RunReport) -> list[dict[str, str]]:
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


def _counts(counts: tuple[TableCounts, ...]) -> str:
    heads = ["", "Read", *words.OUTCOME_NAMES.values()]
    lines = ["| " + " | ".join(heads) + " |", "|:--" + "|--:" * (len(heads) - 1) + "|"]
    for each in counts:
        cells = [_plain(words.table_name(each.table)), words.number(each.read)]
        cells += [words.number(each.by_outcome[outcome]) for outcome in words.OUTCOME_NAMES]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _reasons(reasons: list[Reason]) -> str:
    lines = ["### Why rows were kept out"]
    for reason in reasons[:_TOP_REASONS]:
        lines.append(
            f"- **{words.counted(reason.count, 'row')}** of "
            f"{_plain(words.table_name(reason.table))}: "
            f"{_plain(reason.title)}. {_plain(reason.sentence)}"
        )
    rest = sum(reason.count for reason in reasons[_TOP_REASONS:])
    if rest:
        lines.append(f"- {words.counted(rest, 'row')} for other reasons")
    return lines[0] + "\n\n" + "\n".join(lines[1:])


def _links(report: RunReport, page: Path | None) -> str:
    lines = [f"- Full report: `{page}`"] if page else []
    for name, target in report.links.items():
        # A link relative to the run's folder leads nowhere from Prefect's page.
        if re.match(r"https?://[^\s<>]+$", target):
            lines.append(f"- {_plain(words.humanize(name))}: <{target}>")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Keep text from being read as Markdown or HTML, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))

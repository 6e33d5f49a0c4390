"""A metering report as Prefect shows it: a short text."""

from __future__ import annotations

from pathlib import Path

from tasks.report import words
from tasks.report.artifacts import (
    answers_in_markdown,
    counts_in_markdown,
    in_markdown,
    links_in_markdown,
    markdown_table,
    opening,
)
from tasks.usage.records import UsageReport
from tasks.usage.reporting.figures import figures
from tasks.usage.reporting.verdict import give_answers, reach_verdict


def artifact_markdown(report: UsageReport, page: Path | None = None) -> str:
    """Tell the run in Markdown: verdict, answers, counts, overage by month, links.

    Args:
        report: The run.
        page: Where ``index.html`` was written; None when there is none yet.
    """
    found = figures(report)
    verdict = reach_verdict(report, found)
    months = (
        (
            each.name,
            words.core_hours(each.measured),
            words.number(each.charged),
            words.money(each.overage, report.currency),
        )
        for each in (*found.months, found.whole)
    )
    return in_markdown(
        *opening(verdict),
        answers_in_markdown(give_answers(report, found)),
        counts_in_markdown((found.records, found.periods)),
        markdown_table(("Month", "Core-hours", "Periods with overage", "Overage"), months),
        links_in_markdown(report, page),
    )

"""A metering report as Prefect shows it: a short text."""

from __future__ import annotations

from pathlib import Path

from tasks.domain.usage import UsageReport
from tasks.reporting import words
from tasks.reporting.artifacts import counts_in_markdown, links_in_markdown, plain
from tasks.reporting.usage.figures import figures
from tasks.reporting.usage.verdict import give_answers, reach_verdict


def artifact_markdown(report: UsageReport, page: Path | None = None) -> str:
    """Tell the run in Markdown: verdict, answers, counts, overage by month, links.

    Args:
        report: The run.
        page: Where ``index.html`` was written; None when there is none yet.
    """
    found = figures(report)
    verdict = reach_verdict(report, found)
    answers = [
        f"- {plain(each.question)} **{plain(each.answer)}** ({plain(each.detail)})"
        for each in give_answers(report, found)
    ]
    months = [
        f"| {each.name} | {words.core_hours(each.measured)} | {words.number(each.charged)} |"
        f" {words.money(each.overage, report.currency)} |"
        for each in (*found.months, found.whole)
    ]
    parts = [
        f"## {plain(verdict.headline)}",
        plain(verdict.detail),
        f"**What to do next:** {plain(verdict.next_step)}"
        + (f" `{verdict.command}`" if verdict.command else ""),
        "\n".join(answers),
        counts_in_markdown((found.records, found.periods)),
        "| Month | Core-hours | Periods with overage | Overage |\n|:--|--:|--:|--:|\n"
        + "\n".join(months),
        links_in_markdown(report, page),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"

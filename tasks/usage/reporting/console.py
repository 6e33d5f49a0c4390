"""A metering report as the terminal shows it at the end of a run."""

from __future__ import annotations

from pathlib import Path

from tasks.report import words
from tasks.report.console import answer_lines, counts_table, headline, last_lines, one_line
from tasks.usage.records import UsageReport
from tasks.usage.reporting import reasons
from tasks.usage.reporting.figures import Figures, figures
from tasks.usage.reporting.verdict import give_answers, reach_verdict


def console_summary(report: UsageReport, page: Path | None = None) -> str:
    """Tell the run in a screenful of plain text; the last line says what to do next.

    Args:
        report: The run.
        page: Where ``index.html`` was written; None when there is none.
    """
    found = figures(report)
    verdict = reach_verdict(report, found)
    lines = [*headline(report, verdict), "", *counts_table((found.records, found.periods)), ""]
    lines += answer_lines(give_answers(report, found))
    lines += _dearest(report, found)
    kept_out = reasons.quarantined(report) + reasons.refused(report)
    if kept_out:
        lines += ["", "Kept out:"]
        lines += [f"  {words.number(each.count):>7}  {one_line(each.title)}" for each in kept_out]
    return "\n".join([*lines, "", *last_lines(report, verdict, page)])


def _dearest(report: UsageReport, found: Figures) -> list[str]:
    if not found.top or not found.top[0].rated:
        return []
    rated = found.top[0].rated
    amount = words.money(rated.amount, report.currency)
    return ["", f"Largest overage: {amount} ({one_line(rated.explanation)})"]

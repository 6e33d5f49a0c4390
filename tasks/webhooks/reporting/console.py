"""A delivery as the terminal shows it."""

from __future__ import annotations

from pathlib import Path

from tasks.model.outbox import DELIVERED, GIVEN_UP, RETRY
from tasks.report import words
from tasks.report.console import one_line
from tasks.webhooks.records import WebhookReport
from tasks.webhooks.reporting.verdict import by_event, reach_verdict

_MARKS = {"good": "[ok]", "info": "[i] ", "warn": "[!] ", "bad": "[X] "}
_SHOWN = 5


def console_summary(report: WebhookReport, page: Path | None = None) -> str:
    """Tell the run in a screenful of plain text; the last line says what to do next.

    Args:
        report: The run.
        page: Where ``index.html`` was written; None when there is none.
    """
    verdict = reach_verdict(report)
    took = words.duration((report.finished_at - report.started_at).total_seconds())
    lines = [
        f"{_MARKS[verdict.tone]} {one_line(verdict.headline)}",
        f"     {one_line(verdict.detail)}",
        f"     {report.flow} {report.run}, {took}",
    ]
    events = by_event(report)
    if events:
        lines += ["", f"{'':<40}{'delivered':>10}{'again':>8}{'given up':>10}"]
        lines += [
            f"{event:<40}{counts[DELIVERED]:>10,}{counts[RETRY]:>8,}{counts[GIVEN_UP]:>10,}"
            for event, counts in events
        ]
    if report.dry_run and report.due:
        lines += ["", "Due:"]
        lines += [
            f"  {each.event_type:<38}{one_line(each.subscription or each.customer)}"
            for each in report.due[:_SHOWN]
        ]
    if report.given_up:
        lines += ["", "Given up:"]
        lines += [
            f"  {each.event_type:<38}{one_line(each.error)}" for each in report.given_up[:_SHOWN]
        ]
    left = report.backlog
    lines += ["", f"Left: {left.pending:,} waiting, {left.given_up:,} given up."]
    if page:
        lines.append(f"Report: {page}")
    command = f" {verdict.command}" if verdict.command else ""
    return "\n".join([*lines, f"Next: {verdict.next_step}{command}"])

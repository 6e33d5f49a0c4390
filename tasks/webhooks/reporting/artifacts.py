"""A delivery as Prefect shows it: a short text, and what was given up as a table."""

from __future__ import annotations

from pathlib import Path

from tasks.model.outbox import DELIVERED, GIVEN_UP, RETRY
from tasks.report import words
from tasks.report.artifacts import TABLE_ROWS, plain
from tasks.webhooks.records import WebhookReport
from tasks.webhooks.reporting.verdict import by_endpoint, by_event, reach_verdict


def artifact_markdown(report: WebhookReport, page: Path | None = None) -> str:
    """Tell the run in Markdown: verdict, messages by event, endpoints, what is left."""
    verdict = reach_verdict(report)
    left = report.backlog
    parts = [
        f"## {plain(verdict.headline)}",
        plain(verdict.detail),
        f"**What to do next:** {plain(verdict.next_step)}"
        + (f" `{verdict.command}`" if verdict.command else ""),
    ]
    if report.attempts:
        rows = [
            f"| {plain(event)} | {words.number(counts[DELIVERED])} |"
            f" {words.number(counts[RETRY])} | {words.number(counts[GIVEN_UP])} |"
            for event, counts in by_event(report)
        ]
        head = "| Event | Delivered | Again | Given up |\n|:--|--:|--:|--:|\n"
        parts.append(head + "\n".join(rows))
        rows = [
            f"| {plain(url)} | {words.number(counts['delivered'])} |"
            f" {words.number(counts['failed'])} | {words.number(median)} |"
            for url, counts, median in by_endpoint(report)
        ]
        head = "| Endpoint | Taken | Not taken | Median ms |\n|:--|--:|--:|--:|\n"
        parts.append(head + "\n".join(rows))
    parts.append(
        f"Left: {words.number(left.pending)} waiting, {words.number(left.given_up)} given up."
    )
    if page:
        parts.append(f"- Full report: `{page}`")
    return "\n\n".join(parts) + "\n"


def artifact_table(report: WebhookReport) -> list[dict[str, str]]:
    """List what was given up for Prefect's table, all cells text."""
    return [
        {
            "event": each.event_type,
            "service": each.service,
            "subscription": each.subscription or each.customer,
            "endpoint": each.url,
            "attempts": str(each.attempts),
            "error": each.error,
            "unique key": each.unique_key,
        }
        for each in report.given_up[:TABLE_ROWS]
    ]

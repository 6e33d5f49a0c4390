"""A delivery: the worst news first, every attempt in its file, and text that stays text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tasks.model.outbox import Attempt, Backlog, Message
from tasks.model.report import Report
from tasks.report.folder import write_report
from tasks.report.markdown import markdown_text
from tasks.report.summary import summary
from tasks.report.terminal import terminal_text
from tasks.webhooks.report import build_report
from tasks.webhooks.results import Delivered, collect_results
from tests.report.html_page import Page
from tests.report.plain_sample import plain_head, read_csv

BEGAN = datetime(2026, 11, 2, 3, tzinfo=UTC)
NAMES = {
    "event_type": "invoice.created",
    "service": "nexadesk",
    "customer": "customer-1",
    "subscription": "",
    "url": "https://app.example.com/hooks",
}


def attempt(key: int, outcome: str = "delivered", **changes: Any) -> Attempt:
    told = {
        **NAMES,
        "odoo_id": key,
        "unique_key": f"key-{key}",
        "number": 1,
        "outcome": outcome,
        "status": 200 if outcome == "delivered" else 500,
        "error": "" if outcome == "delivered" else "500 from the app",
        "milliseconds": 10 * key,
        "next_at": BEGAN if outcome == "pending" else None,
    }
    return Attempt(**told | changes)


def message(number: int, **changes: Any) -> Message:
    told = {
        **NAMES,
        "odoo_id": number,
        "unique_key": f"key-{number}",
        "attempts": 7,
        "status": 500,
        "error": "500 from the app",
        "happened_at": BEGAN,
        "next_at": None,
    }
    return Message(**told | changes)


def report_of(
    *attempts: Attempt,
    due: tuple[Message, ...] = (),
    given_up: tuple[Message, ...] = (),
    backlog: Backlog | None = None,
    dry_run: bool = False,
    stopped: str | None = None,
) -> Report:
    head = plain_head("webhooks", service="all services", source="Odoo's outbox", dry_run=dry_run)
    delivered = Delivered(attempts, backlog or Backlog(given_up=len(given_up)), stopped)
    results = collect_results(
        delivered, due=due, given_up=given_up, dry_run=dry_run, max_given_up=0
    )
    return build_report(head, results)


@pytest.mark.parametrize(
    ("report", "headline"),
    [
        (report_of(attempt(1)), "Everything that was due is delivered"),
        (report_of(), "Nothing was due"),
        (report_of(attempt(1, "pending")), "1 message not taken yet"),
        (report_of(attempt(1, "dead"), given_up=(message(1),)), "1 message given up"),
        (report_of(attempt(1), given_up=(message(9),)), "1 message given up earlier"),
        (report_of(attempt(1), stopped="Odoo is gone."), "The delivery broke off"),
        (report_of(due=(message(1),), dry_run=True), "Dry run: nothing was sent"),
    ],
    ids=["delivered", "nothing", "again", "given up", "earlier", "broken off", "dry run"],
)
def test_every_way_of_telling_opens_with_the_same_worst_news(report, headline, tmp_path):
    page = Page(write_report(report, tmp_path).read_text(encoding="utf-8"))
    assert page.unmatched == []
    for told in (page.text, terminal_text(report), markdown_text(report)):
        assert headline in told
    assert terminal_text(report).splitlines()[-1].startswith("Next: ")


def test_message_tried_twice_counts_once_and_both_attempts_are_in_the_file(tmp_path):
    report = report_of(
        attempt(1, "pending"), attempt(1, number=2), attempt(2, "dead"), given_up=(message(2),)
    )
    told = summary(report)
    assert told["messages"] == {
        "delivered": 1,
        "to_be_sent_again": 0,
        "given_up": 1,
        "taken_over": 0,
    }
    assert told["attempts"] == 3
    assert told["endpoints"] == [
        {
            "url": NAMES["url"],
            "delivered": 1,
            "failed": 2,
            "median_milliseconds": 10,
        }
    ]
    write_report(report, tmp_path)
    outcomes = [row["outcome"] for row in read_csv(tmp_path / "outcomes.csv")]
    assert outcomes == ["pending", "delivered", "dead"]
    assert [row["unique_key"] for row in read_csv(tmp_path / "quarantine.csv")] == ["key-2"]


def test_dry_run_lists_what_is_due_with_the_attempt_that_it_would_be(tmp_path):
    report = report_of(due=(message(1),), backlog=Backlog(due=1, pending=1), dry_run=True)
    write_report(report, tmp_path)
    (row,) = read_csv(tmp_path / "outcomes.csv")
    assert (row["outcome"], row["attempt"], row["milliseconds"]) == ("due", "8", "")


def test_what_an_app_says_stays_text_on_the_page_and_in_the_file(tmp_path):
    evil = '=1+1<script>alert("x")</script>'
    report = report_of(attempt(1, "dead", error=evil), given_up=(message(1, error=evil),))
    html = write_report(report, tmp_path).read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert read_csv(tmp_path / "quarantine.csv")[0]["error"] == "'" + evil

"""What a delivery amounts to."""

from __future__ import annotations

import pytest

from tasks.model.outbox import Attempt, Backlog
from tasks.webhooks.results import end_state, last_attempts


def attempt(key="a", outcome="delivered", number=1):
    return Attempt(
        odoo_id=1,
        unique_key=key,
        event_type="invoice.created",
        service="nexadesk",
        customer="c",
        subscription="s",
        url="https://app.example.com/",
        number=number,
        outcome=outcome,
        status=200,
        error="",
        milliseconds=3,
        next_at=None,
    )


def ended(*attempts, backlog=Backlog(), dry_run=False, stopped=None, max_given_up=0):  # noqa: B008
    return end_state(attempts, backlog, dry_run=dry_run, stopped=stopped, max_given_up=max_given_up)


def test_message_counts_by_its_last_attempt():
    again = attempt("a", "pending"), attempt("b"), attempt("a", "delivered", 2)
    assert [each.outcome for each in last_attempts(again)] == ["delivered", "delivered"]
    assert ended(*again).name == "Completed"


@pytest.mark.parametrize(
    ("found", "name", "exit_code"),
    [
        (ended(), "Completed", 0),
        (ended(attempt()), "Completed", 0),
        (ended(attempt(outcome="pending")), "CompletedWithRetries", 0),
        (ended(attempt(outcome="dead")), "MessagesGivenUp", 3),
        (ended(attempt(outcome="dead"), max_given_up=1), "Completed", 0),
        (ended(attempt(), backlog=Backlog(given_up=1)), "CompletedWithAttention", 0),
        (ended(attempt(), stopped="Odoo cannot be reached."), "DeliveryStopped", 1),
        (ended(backlog=Backlog(due=7), dry_run=True), "Completed", 0),
    ],
)
def test_worst_news_names_the_state(found, name, exit_code):
    assert (found.name, found.exit_code) == (name, exit_code)


def test_dry_run_says_how_many_are_due():
    message = ended(backlog=Backlog(due=7), dry_run=True).message
    assert message == "Due now: 7; nothing was sent."

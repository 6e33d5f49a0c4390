"""What became of usage: each deployment and period ends once, and no partial run looks whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.model.end_state import EndState
from tasks.model.records import Finding, LoadedRow, Outcome, Severity
from tasks.usage.end_state import end_state, is_whole, refusal
from tasks.usage.outcomes import Metered, close_usage_accounts, differing, loadable
from tasks.usage.records import MeteredOrder, Rated, UsageRow, UsageSum

START, END = datetime(2026, 9, 14, 4, tzinfo=UTC), datetime(2026, 10, 14, 4, tzinfo=UTC)
SUM = UsageSum("shop", True, False, START, END, 30, 0, Decimal(3600))  # noqa: FBT003
ORDERS = {"shop": MeteredOrder(7, "shop", "web-prod", START)}
RATED = Rated(Decimal(3600), Decimal(0), Decimal(3600), Decimal("0.0075"), "1 x 0.0075", False)  # noqa: FBT003


def answered(outcome, code=None, message=None):
    return {("shop", START): LoadedRow("usage", "shop", outcome, None, code, message)}


def close(usage=SUM, metered=None, orders=ORDERS, refused=None, stopped=None):
    (row,) = close_usage_accounts(
        [usage], orders, metered or Metered(), refused=refused, stopped=stopped
    )
    return row


def test_usage_that_odoo_took_shows_what_odoo_holds_and_says():
    key = ("shop", START)
    metered = Metered(answered(Outcome.CREATED), {key: (END, Decimal(3600))}, {key: RATED})
    row = close(metered=metered)
    assert (row.outcome, row.odoo_id, row.label) == (Outcome.CREATED, 7, "web-prod")
    assert (row.stored, row.rated) == (Decimal(3600), RATED)


def test_usage_that_odoo_refused_keeps_its_reason():
    row = close(metered=Metered(answered(Outcome.FAILED, "period_billed", "Already billed.")))
    assert (row.outcome, row.code, row.reason) == (
        Outcome.FAILED,
        "period_billed",
        "Already billed.",
    )


def test_usage_that_could_not_be_rated_says_why():
    unrated = {("shop", START): ("no_charge", "The plan has no charge.")}
    row = close(metered=Metered(answered(Outcome.CREATED), unrated=unrated))
    assert (row.outcome, row.code) == (Outcome.CREATED, "no_charge")


def test_usage_without_an_answer_is_never_called_loaded():
    assert close(stopped="Odoo cannot be reached.").reason == "Odoo cannot be reached."
    assert close().outcome is Outcome.FAILED


def test_usage_of_a_refused_run_was_not_written():
    row = close(refused="too many bad records")
    assert (row.outcome, row.code) == (Outcome.NOT_SELECTED, "run_refused")


@pytest.mark.parametrize(
    ("usage", "orders", "code"),
    [
        (replace(SUM, start=None, end=None), ORDERS, "before_subscription"),
        (replace(SUM, ended=True), {}, "ended"),
        (SUM, {}, "not_in_odoo"),
    ],
)
def test_usage_that_is_not_metered_says_why(usage, orders, code):
    row = close(usage, orders=orders)
    assert (row.outcome, row.code) == (Outcome.OUT_OF_SCOPE, code)
    assert loadable([usage], orders) == ()


def test_usage_with_only_bad_records_is_quarantined_and_not_loaded():
    bad = replace(SUM, records=0, quarantined=2, seconds=Decimal(0))
    assert close(bad).outcome is Outcome.QUARANTINED
    assert loadable([bad], ORDERS) == ()


@pytest.mark.parametrize(
    ("stored", "first_day", "is_sent"),
    [
        ((END, Decimal("3600.000000")), date(2026, 1, 14), False),
        (None, date(2026, 1, 14), True),
        ((END, Decimal("3600.000001")), date(2026, 1, 14), True),
        ((START, Decimal(3600)), date(2026, 1, 14), True),
        ((END, Decimal(3600)), date(2026, 1, 15), True),
        ((END, Decimal(3600)), None, True),
    ],
)
def test_only_what_odoo_does_not_hold_just_so_is_sent(stored, first_day, is_sent):
    there = {("shop", START): stored} if stored else {}
    orders = {"shop": replace(ORDERS["shop"], first_day=first_day)}
    sent = differing([SUM], there, orders, ZoneInfo("America/Toronto"))
    assert sent == ((SUM,) if is_sent else ())


def end(row, **changes):
    options = {
        "dry_run": False,
        "refused": None,
        "stopped": None,
        "safe": True,
        "max_failed_rows": 0,
    }
    return end_state([row], **{**options, **changes})


CREATED = UsageRow(SUM, Outcome.CREATED, stored=Decimal(3600), rated=RATED)
FAILED = UsageRow(SUM, Outcome.FAILED)


@pytest.mark.parametrize(
    ("row", "changes", "name", "exit_code"),
    [
        (CREATED, {}, "Completed", 0),
        (replace(CREATED, usage=replace(SUM, quarantined=1)), {}, "CompletedWithQuarantine", 0),
        (replace(CREATED, rated=None), {}, "CompletedWithAttention", 0),
        (FAILED, {"max_failed_rows": 1}, "CompletedWithFailures", 0),
        (FAILED, {}, "RowsFailed", 3),
        (CREATED, {"safe": False}, "UsageDiffers", 3),
        (CREATED, {"refused": "why"}, "DataRefused", 3),
        (CREATED, {"stopped": "why"}, "LoadStopped", 1),
    ],
)
def test_run_ends_in_the_state_that_its_worst_part_asks_for(row, changes, name, exit_code):
    ended = end(row, **changes)
    assert (ended.name, ended.exit_code) == (name, exit_code)


@pytest.mark.parametrize(
    ("code", "exit_code", "name", "whole"),
    [
        (None, 0, "Completed", True),
        ("period_billed", 3, "RowsFailed", True),
        ("refused_by_odoo", 3, "RowsFailed", False),
        ("refused_by_odoo", 0, "CompletedWithFailures", False),
        (None, 3, "UsageDiffers", False),
        (None, 1, "LoadStopped", False),
    ],
)
def test_next_run_reads_again_what_another_reading_can_mend(code, exit_code, name, whole):
    row = replace(FAILED, code=code) if code else CREATED
    assert is_whole((row,), EndState(name, "", exit_code)) is whole


def finding(key, severity=Severity.CRITICAL_ROW):
    return Finding("usage", key, "usage_negative", severity, "Bad.", "-1", "Mend it.")


def test_records_are_refused_above_the_share_and_not_at_it():
    bad = [finding("a"), finding("a"), finding("b"), finding("c", Severity.WARNING)]
    assert refusal(bad, 10, 0.2) is None
    assert "2 of 9 usage records" in refusal(bad, 9, 0.2)


def test_fault_of_the_whole_table_refuses_the_run():
    assert refusal([finding(None, Severity.CRITICAL_RUN)], 10, 1) == "Bad. Mend it."

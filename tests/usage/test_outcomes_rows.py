"""The one line of each period that was metered, and how a run ends, whole."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tasks.model.records import LoadedRow, Outcome, Severity
from tasks.usage.end_state import end_state, quarantined_records, refusal
from tasks.usage.outcomes import Metered, close_usage_accounts, differing, loadable
from tasks.usage.records import UsageRow
from tests.usage.test_outcomes import (
    CREATED,
    END,
    FAILED,
    ORDERS,
    RATED,
    START,
    SUM,
    answered,
    close,
    finding,
)

BAD = replace(SUM, records=0, quarantined=2, seconds=Decimal(0))
KEY = ("shop", START)
WHERE = {"label": "web-prod", "odoo_id": 7}
GONE = {
    "code": "usage_quarantined",
    "reason": "All of its records are in quarantine.",
    "remedy": "Correct the records in NexaCloud, then meter again with --full.",
}
LOST = {
    "code": "not_loaded",
    "reason": "Odoo gave no answer for this period.",
    "remedy": "Meter again: what is already there costs nothing.",
}
NOWHERE = {
    "code": "not_in_odoo",
    "reason": "The deployment is live, but Odoo has no order for it.",
    "remedy": "Look the deployment up in the backfill's report, correct it, and run the backfill.",
}
BEFORE = {
    "code": "before_subscription",
    "reason": "It began before the first billing period of the deployment's present subscription.",
}
ENDED = {
    "code": "ended",
    "reason": "The deployment was deleted or its subscription ended, and Odoo has no order.",
}


@pytest.mark.parametrize(
    ("usage", "known", "outcome", "told"),
    [
        (SUM, {}, Outcome.FAILED, WHERE | LOST),
        (SUM, {"stopped": "Away."}, Outcome.FAILED, WHERE | LOST | {"reason": "Away."}),
        (
            SUM,
            {"refused": "Bad.", "stopped": "x"},
            Outcome.NOT_SELECTED,
            WHERE | {"code": "run_refused", "reason": "Nothing was written: Bad."},
        ),
        (BAD, {"refused": "x"}, Outcome.QUARANTINED, WHERE | GONE),
        (SUM, {"orders": {}}, Outcome.OUT_OF_SCOPE, NOWHERE),
        (replace(SUM, ended=True), {"orders": {}}, Outcome.OUT_OF_SCOPE, ENDED),
        (replace(SUM, start=None), {}, Outcome.OUT_OF_SCOPE, WHERE | BEFORE),
        (replace(SUM, start=None, ended=True), {}, Outcome.OUT_OF_SCOPE, WHERE | BEFORE),
        (replace(BAD, start=None), {}, Outcome.QUARANTINED, WHERE | GONE),
        (replace(BAD, ended=True), {"orders": {}}, Outcome.QUARANTINED, GONE),
        (replace(SUM, deployment_id=None), {}, Outcome.OUT_OF_SCOPE, NOWHERE),
    ],
)
def test_a_period_that_was_not_loaded_says_why_and_what_to_do(usage, known, outcome, told):
    assert close(usage, **known) == UsageRow(usage, outcome, **told)


def test_a_period_that_odoo_took_has_its_answer_what_it_holds_and_what_it_costs():
    held = Metered(answered(Outcome.UPDATED, "a", "Why."), {KEY: (END, Decimal(7))}, {KEY: RATED})
    row = UsageRow(SUM, Outcome.UPDATED, **WHERE, stored=Decimal(7), rated=RATED, code="a",
                   reason="Why.")  # fmt: skip
    assert close(metered=held) == row
    unrated = replace(held, ratings={}, unrated={KEY: ("b", "No charge.")})
    assert close(metered=unrated) == replace(row, rated=None, code="b", reason="No charge.")


def test_each_sum_has_its_own_line_in_the_given_order():
    sums = [SUM, replace(SUM, start=None), BAD]
    rows = close_usage_accounts(sums, ORDERS, Metered(), refused=None, stopped=None)
    assert [row.usage for row in rows] == sums


def test_what_has_a_period_an_order_and_a_good_record_is_loaded():
    others = [replace(SUM, start=None), BAD, replace(SUM, deployment_id="x")]
    one = replace(SUM, records=1)
    assert loadable([*others, one, SUM], ORDERS) == (one, SUM)


def test_what_belongs_to_no_period_is_never_held_already():
    assert differing([replace(SUM, start=None)], {}, ORDERS, None) == (replace(SUM, start=None),)


COUNTED = (
    "1 created, 0 updated, 0 unchanged, 0 failed billing periods; {} usage records quarantined"
)
LOST_ROWS = (
    "0 created, 0 updated, 0 unchanged, 2 failed billing periods; 0 usage records quarantined"
)


@pytest.mark.parametrize(
    ("rows", "changes", "name", "code", "message"),
    [
        ([CREATED], {}, "Completed", 0, COUNTED.format(0)),
        (
            [replace(CREATED, usage=replace(SUM, quarantined=1234))],
            {"dry_run": True},
            "CompletedWithQuarantine",
            0,
            "Dry run, nothing written; it would be: " + COUNTED.format("1,234"),
        ),
        (
            [replace(CREATED, rated=None)],
            {},
            "CompletedWithAttention",
            0,
            COUNTED.format(0) + ". Some usage could not be rated.",
        ),
        (
            [CREATED],
            {"safe": False},
            "UsageDiffers",
            3,
            COUNTED.format(0) + ". Odoo does not hold what was measured.",
        ),
        ([CREATED], {"safe": None}, "Completed", 0, COUNTED.format(0)),
        ([CREATED], {"stopped": "Away."}, "LoadStopped", 1, COUNTED.format(0) + ". Away."),
        (
            [CREATED],
            {"refused": "Bad.", "stopped": "x", "safe": False},
            "DataRefused",
            3,
            "Nothing was written: Bad.",
        ),
        ([FAILED] * 2, {"max_failed_rows": 1}, "RowsFailed", 3, LOST_ROWS),
        ([FAILED] * 2, {"max_failed_rows": 2}, "CompletedWithFailures", 0, LOST_ROWS),
        ([FAILED] * 2, {"max_failed_rows": 3}, "CompletedWithFailures", 0, LOST_ROWS),
        ([CREATED], {"max_failed_rows": 3}, "Completed", 0, COUNTED.format(0)),
    ],
)
def test_a_run_ends_in_words_with_all_its_counts(rows, changes, name, code, message):
    plain = {"dry_run": False, "refused": None, "stopped": None, "safe": True, "max_failed_rows": 0}
    found = end_state(rows, **(plain | changes))
    assert (found.name, found.exit_code, found.message) == (name, code, message)


def test_too_many_bad_records_are_told_with_the_limit_after_the_fault_of_the_table():
    whole = finding(None, Severity.CRITICAL_RUN)
    bad = [finding(f"r{at}") for at in range(1200)]
    warned = [finding("w", Severity.WARNING), finding(None)]
    assert refusal([*bad, whole, *warned], 4000, 0.25) == (
        "Bad. Mend it. 1,200 of 4,000 usage records are quarantined, above the limit of 25%."
        " Correct them, or raise the limit (max_bad_share)."
    )
    assert refusal(bad, 4800, 0.25) is None
    assert refusal([], 0, 0.0) is None
    assert quarantined_records([*bad[:2], *bad[:2], whole, *warned]) == {"r0", "r1"}


def test_an_answer_of_odoos_is_that_of_its_own_period():
    other = {("shop", END): LoadedRow("usage", "shop", Outcome.CREATED)}
    assert close(metered=Metered(other)).code == "not_loaded"

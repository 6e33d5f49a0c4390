"""The end of a run: a partial result never looks like a success."""

from __future__ import annotations

import pytest

from tasks.backfill.end_state import end_state, refusal
from tasks.model.records import Finding, Outcome, Severity, SourceRow


def rows(**counts):
    return [
        SourceRow("users", f"{name}-{number}", Outcome(name))
        for name, count in counts.items()
        for number in range(count)
    ]


def decide(found, **changes):
    return end_state(
        found,
        **{
            "dry_run": False,
            "refused": None,
            "stopped": None,
            "safe": True,
            "max_failed_rows": 0,
        }
        | changes,
    )


@pytest.mark.parametrize(
    ("found", "changes", "name", "exit_code"),
    [
        pytest.param(rows(created=3), {}, "Completed", 0, id="all loaded"),
        pytest.param(
            rows(created=3, quarantined=1), {}, "CompletedWithQuarantine", 0, id="quarantine"
        ),
        pytest.param(rows(created=3, failed=1), {}, "RowsFailed", 3, id="refused by Odoo"),
        pytest.param(
            rows(created=3, failed=1),
            {"max_failed_rows": 1},
            "CompletedWithFailures",
            0,
            id="tolerated failure",
        ),
        pytest.param(rows(created=3), {"safe": False}, "CopyUnsafe", 3, id="unsafe copy"),
        pytest.param(rows(created=3), {"stopped": "Gone."}, "LoadStopped", 1, id="Odoo went away"),
        pytest.param(rows(not_selected=3), {"refused": "Bad."}, "DataRefused", 3, id="refused"),
    ],
)
def test_end_state_names_the_worst_that_happened(found, changes, name, exit_code):
    decided = decide(found, **changes)
    assert (decided.name, decided.exit_code) == (name, exit_code)


def test_end_state_tells_the_counts():
    message = decide(rows(created=4812, quarantined=9), max_failed_rows=0).message
    assert message.startswith("4,812 created")
    assert "9 quarantined" in message


def test_end_state_on_an_order_that_someone_confirmed_asks_for_attention():
    confirmed = SourceRow("deployments", "d", Outcome.UNCHANGED, code="order_left_draft")
    assert decide([confirmed]).name == "CompletedWithAttention"


def bad(count, rule="email_malformed", severity=Severity.CRITICAL_ROW, key="k"):
    return [
        Finding("users", key and f"{key}{n}", rule, severity, "No.", "", "Mend.")
        for n in range(count)
    ]


ALL = {"users": 90, "deployments": 0, "subscriptions": 0}


def test_refusal_of_more_bad_rows_than_allowed_names_table_and_share():
    said = refusal(bad(11), ALL | {"users": 89}, 0.10)
    assert said is not None
    assert "11 of 100 rows of users" in said


def test_refusal_at_exactly_the_limit_lets_the_run_go_on():
    assert refusal(bad(10), ALL, 0.10) is None


def test_refusal_counts_rows_not_findings():
    assert refusal(bad(10) + bad(10, rule="name_missing"), ALL, 0.10) is None


def test_refusal_counts_rows_that_merely_hang_on_a_bad_one():
    assert refusal(bad(10) + bad(1, rule="owner_quarantined", key="h"), ALL, 0.10) is not None


def test_refusal_of_an_empty_table_is_certain():
    said = refusal(bad(1, "table_empty", Severity.CRITICAL_RUN, key=None), ALL, 1.0)
    assert said == "users: No. Mend."


@pytest.mark.parametrize(
    ("ended", "told"), [(0, ""), (1, "; 1 order ended"), (12, "; 12 orders ended")]
)
def test_message_counts_what_the_run_ended(ended, told):
    message = decide(rows(created=3), ended=ended).message
    assert message == f"3 created, 0 updated, 0 unchanged, 0 quarantined, 0 failed{told}"


COUNTED = "3 created, 0 updated, 0 unchanged, {} quarantined, {} failed"


@pytest.mark.parametrize(
    ("found", "changes", "name", "message"),
    [
        (rows(created=3), {}, "Completed", COUNTED.format(0, 0)),
        (
            rows(created=3),
            {"dry_run": True},
            "Completed",
            "Dry run, nothing written; it would be: " + COUNTED.format(0, 0),
        ),
        (rows(created=3), {"safe": None}, "Completed", COUNTED.format(0, 0)),
        (
            rows(created=3),
            {"safe": False},
            "CopyUnsafe",
            COUNTED.format(0, 0) + ". Reading Odoo back found faults.",
        ),
        (
            rows(created=3),
            {"stopped": "Away.", "ended": 1, "safe": False},
            "LoadStopped",
            COUNTED.format(0, 0) + "; 1 order ended. Away.",
        ),
        (
            rows(created=3),
            {"refused": "Bad.", "stopped": "x"},
            "DataRefused",
            "Nothing was written: Bad.",
        ),
        (
            rows(created=3, failed=2, quarantined=1),
            {"max_failed_rows": 1},
            "RowsFailed",
            COUNTED.format(1, 2),
        ),
        (
            rows(created=3, failed=2, quarantined=1),
            {"max_failed_rows": 2},
            "CompletedWithFailures",
            COUNTED.format(1, 2),
        ),
        (
            rows(created=3, failed=2, quarantined=1),
            {"max_failed_rows": 3},
            "CompletedWithFailures",
            COUNTED.format(1, 2),
        ),
        (rows(created=3, quarantined=1), {}, "CompletedWithQuarantine", COUNTED.format(1, 0)),
    ],
)
def test_a_run_ends_in_words_with_all_its_counts(found, changes, name, message):
    decided = decide(found, **changes)
    assert (decided.name, decided.message) == (name, message)


@pytest.mark.parametrize("code", ["order_left_draft", "drift", "plan_live"])
def test_what_somebody_changed_in_odoo_comes_before_what_is_kept_out(code):
    changed = SourceRow("deployments", "d", Outcome.UNCHANGED, code=code)
    decided = decide([changed, *rows(created=3, quarantined=1)])
    assert decided.name == "CompletedWithAttention"
    assert decided.message == (
        "3 created, 0 updated, 1 unchanged, 1 quarantined, 0 failed. Someone changed rows in Odoo."
    )
    assert decide([SourceRow("users", "u", Outcome.CREATED, code="x")]).name == "Completed"


def test_refusal_tells_every_table_that_is_above_the_limit():
    found = [
        *bad(2000),
        Finding("plans", "p", "x", Severity.CRITICAL_ROW, "No.", "", "Mend."),
        Finding("subscriptions", "s", "x", Severity.CRITICAL_ROW, "No.", "", "Mend."),
        Finding("subscriptions", None, "x", Severity.CRITICAL_ROW, "No.", "", "Mend."),
        Finding("subscriptions", "t", "x", Severity.WARNING, "No.", "", "Mend."),
        Finding("deployments", None, "e", Severity.CRITICAL_RUN, "Empty.", "", "Fill it."),
    ]
    accepted = {"users": 2000, "deployments": 0, "subscriptions": 3}
    limit = "Correct them, or raise the limit (max_bad_share)."
    assert refusal(found, accepted, 0.245) == (
        "deployments: Empty. Fill it. 2,000 of 4,000 rows of users are quarantined, above the"
        f" limit of 24%. {limit} 1 of 4 rows of subscriptions are quarantined, above the limit of"
        f" 24%. {limit}"
    )
    assert refusal([], dict.fromkeys(accepted, 0), 0.0) is None

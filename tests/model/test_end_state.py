"""After which end another flow may go on: whoever goes on from half a copy compares nonsense."""

from __future__ import annotations

from collections import Counter

import pytest

from tasks.model.end_state import CRASH, REFUSED, can_be_built_upon, counted_outcomes
from tasks.model.records import Outcome


@pytest.mark.parametrize("name", ["Completed", "CompletedWithQuarantine", "ZeroRows"])
def test_whatever_ended_well_can_be_built_upon(name):
    assert can_be_built_upon(name, 0)


def test_rows_that_odoo_refused_leave_the_others_as_they_should_be():
    assert can_be_built_upon("RowsFailed", REFUSED)
    # As Prefect tells it: equal, and not the same text.
    assert can_be_built_upon("".join(["Rows", "Failed"]), REFUSED)


@pytest.mark.parametrize(
    ("name", "exit_code"),
    [("LoadStopped", CRASH), ("CopyUnsafe", REFUSED), ("UsageDiffers", REFUSED), ("", CRASH)],
)
def test_half_a_copy_cannot_be_built_upon(name, exit_code):
    assert not can_be_built_upon(name, exit_code)


COUNTS = Counter({Outcome.CREATED: 1234, Outcome.QUARANTINED: 2, Outcome.FAILED: 1})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"dry_run": False},
            "1,234 created, 0 updated, 0 unchanged, 2 quarantined, 1 failed",
        ),
        (
            {"dry_run": True, "leave_out": Outcome.QUARANTINED},
            "Dry run, nothing written; it would be: 1,234 created, 0 updated, 0 unchanged,"
            " 1 failed",
        ),
    ],
)
def test_every_outcome_is_counted_in_words(options, told):
    assert counted_outcomes(COUNTS, **options) == told

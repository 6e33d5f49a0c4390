"""After which end another flow may go on: whoever goes on from half a copy compares nonsense."""

from __future__ import annotations

import pytest

from tasks.model.end_state import CRASH, REFUSED, can_be_built_upon


@pytest.mark.parametrize("name", ["Completed", "CompletedWithQuarantine", "ZeroRows"])
def test_whatever_ended_well_can_be_built_upon(name):
    assert can_be_built_upon(name, 0)


def test_rows_that_odoo_refused_leave_the_others_as_they_should_be():
    assert can_be_built_upon("RowsFailed", REFUSED)


@pytest.mark.parametrize(
    ("name", "exit_code"),
    [("LoadStopped", CRASH), ("CopyUnsafe", REFUSED), ("UsageDiffers", REFUSED), ("", CRASH)],
)
def test_half_a_copy_cannot_be_built_upon(name, exit_code):
    assert not can_be_built_upon(name, exit_code)

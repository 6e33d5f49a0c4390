"""What makes a cycle green: every reason against it is told, with its figures."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.dual_run.cycles import CycleFigures, StepEnd, beyond_limits, blockers, history_row

DONE = StepEnd("backfill", "Completed", "all well", 0)


def figures(**changes) -> CycleFigures:
    values = {
        "lines": 200,
        "settled": 199,
        "unexplained_lines": 0,
        "odoo_total": Decimal(100),
        "external_total": Decimal(100),
        "unexplained": Decimal(0),
        "currency": "CAD",
    }
    return CycleFigures(**{**values, **changes})


def reasons(found=None, rate="0.99", limit="0"):
    return beyond_limits(
        found or figures(), match_rate=Decimal(rate), max_unexplained=Decimal(limit)
    )


def test_a_cycle_within_its_limits_has_nothing_against_it():
    assert reasons() == ()
    exact = figures(settled=198, unexplained=Decimal("5.00"), unexplained_lines=1)
    assert reasons(found=exact, limit="5") == ()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (figures(settled=197), "98.50% of the lines are settled; 99.00% are required."),
        (
            figures(unexplained=Decimal("0.01"), unexplained_lines=1),
            "0.01 CAD of differences are unexplained (1 lines); at most 0.00 may be.",
        ),
        (figures(lines=0, settled=0), "There was nothing to reconcile: no line on either side."),
    ],
    ids=["too few match", "a cent too much", "nothing to compare"],
)
def test_what_is_beyond_a_limit_is_a_reason(found, said):
    assert said in reasons(found=found)


def test_a_flow_that_failed_is_told_even_if_the_figures_are_well():
    failed = StepEnd("usage", "UsageDiffers", "3 differ", 3)
    assert blockers((DONE, failed), figures()) == ("usage ended as UsageDiffers: 3 differ",)


def test_rows_that_odoo_refused_keep_nobody_else_from_being_compared():
    failed = StepEnd("usage", "RowsFailed", "3 failed", 3)
    assert blockers((DONE, failed), figures()) == ()


def test_differences_are_looked_at_one_by_one_and_are_no_failure():
    differs = StepEnd("reconcile", "Differences", "12.00 is unexplained", 4)
    assert blockers((DONE, differs), figures()) == ()


def test_a_cycle_whose_periods_still_run_did_not_go_through():
    assert blockers((DONE,), figures(), has_ended=False) == (
        "Not all of its periods have ended: their usage is not compared yet.",
    )


def test_without_a_reconciliation_no_cycle_went_through():
    assert blockers((DONE,), None) == ("There was no reconciliation.",)


@pytest.mark.parametrize(
    ("lines", "matched", "rate"), [(0, 0, "0"), (None, None, "0"), (8, 6, "0.75")]
)
def test_a_recorded_cycle_without_lines_never_looks_settled(lines, matched, rate):
    cycle = {
        "figures": {"lines": lines, "matched": matched},
        "period_from": "2026-10-01T04:00:00Z",
        "green": False,
        "counts": True,
        "green_in_a_row": 0,
        "reasons": ["There was no reconciliation."],
        "run": None,
        "key": "k",
    }
    row = history_row("nexacloud", cycle, ZoneInfo("America/Toronto"))
    assert (row["period"], row["match_rate"]) == ("2026-10", Decimal(rate))
    assert row["unexplained"] == 0

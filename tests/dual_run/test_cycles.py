"""What makes a cycle green: every reason against it is told, with its figures."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tasks.dual_run.cycles import CycleFigures, StepEnd, judge

DONE = StepEnd("backfill", "Completed", "all well", 0)


def figures(**changes) -> CycleFigures:
    values = {
        "lines": 200,
        "matched": 199,
        "unexplained_lines": 0,
        "odoo_total": Decimal(100),
        "external_total": Decimal(100),
        "unexplained": Decimal(0),
        "currency": "CAD",
    }
    return CycleFigures(**{**values, **changes})


def reasons(steps=(DONE,), found=None, rate="0.99", limit="0"):
    return judge(
        steps,
        found if found is not None else figures(),
        match_rate=Decimal(rate),
        max_unexplained=Decimal(limit),
    )


def test_a_cycle_within_its_limits_is_green():
    assert reasons() == ()
    exact = figures(matched=198, unexplained=Decimal("5.00"), unexplained_lines=1)
    assert reasons(found=exact, limit="5") == ()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (figures(matched=197), "98.50% of the lines match; 99.00% are required."),
        (
            figures(unexplained=Decimal("0.01"), unexplained_lines=1),
            "0.01 CAD of differences are unexplained (1 lines); at most 0.00 may be.",
        ),
        (figures(lines=0, matched=0), "There was nothing to reconcile: no line on either side."),
    ],
    ids=["too few match", "a cent too much", "nothing to compare"],
)
def test_what_is_beyond_a_limit_is_a_reason(found, said):
    assert said in reasons(found=found)


def test_a_flow_that_failed_is_a_reason_even_if_the_figures_are_well():
    failed = StepEnd("usage", "RowsFailed", "3 failed", 3)
    assert reasons(steps=(DONE, failed)) == ("usage ended as RowsFailed: 3 failed",)


def test_a_cycle_whose_periods_still_run_is_not_green():
    found = judge(
        (DONE,), figures(), match_rate=Decimal(0), max_unexplained=Decimal(0), has_ended=False
    )
    assert found == ("Not all of its periods have ended: their usage is not compared yet.",)


def test_without_a_reconciliation_no_cycle_is_green():
    said = judge((DONE,), None, match_rate=Decimal(0), max_unexplained=Decimal(10**9))
    assert said == ("There was no reconciliation.",)

"""What makes a cycle green: every reason against it is told, with its figures."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.dual_run.cycles import (
    Cycle,
    CycleFigures,
    StepEnd,
    beyond_limits,
    blockers,
    history_row,
    judged,
)

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
    ("lines", "matched", "rate"),
    [(0, 0, "0"), (None, None, "0"), (8, None, "0"), (8, 0, "0"), (8, 6, "0.75")],
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


CYCLE = {
    "figures": {"lines": 8, "matched": 6, "unexplained": "1.50"},
    "period_from": "2026-10-01T03:59:00Z",
    "green": 1,
    "counts": 0,
    "green_in_a_row": 2,
    "reasons": ["One.", "Two."],
    "run": "r1",
    "key": "k",
}


def test_a_recorded_cycle_is_laid_out_whole_by_its_month_at_the_company():
    zone = ZoneInfo("America/Toronto")
    assert history_row("nexacloud", CYCLE, zone) == {
        "service": "nexacloud",
        "period": "2026-09",
        "green": True,
        "counts": False,
        "in_a_row": 2,
        "match_rate": Decimal("0.75"),
        "unexplained": Decimal("1.50"),
        "why": "One. Two.",
        "run": "r1",
    }
    bare = history_row("x", CYCLE | {"figures": None, "reasons": None, "run": ""}, zone)
    told = (bare["match_rate"], bare["unexplained"], bare["why"], bare["run"])
    assert told == (0, 0, "", "k")
    assert history_row("x", CYCLE | {"figures": {"unexplained": None}}, zone)["unexplained"] == 0


def test_figures_are_written_as_odoo_keeps_them():
    told = figures(lines=3, settled=2, unexplained=Decimal("0.10"), unexplained_lines=1)
    assert told.as_json() == {
        "lines": 3,
        "matched": 2,
        "unexplained_lines": 1,
        "match_rate": "0.666667",
        "unexplained": "0.1",
        "odoo_total": "100",
        "external_total": "100",
        "currency": "CAD",
    }
    assert figures(lines=0, settled=0).match_rate == 1


def test_a_cycle_is_what_odoo_says_of_it():
    verdict = {"green": 1, "reasons": ["Why."], "figures": {"decided": "4"}}
    found = judged("s", "k", figures(), (DONE,), verdict)
    assert found == Cycle(
        "s", "k", green=True, reasons=("Why.",), figures=figures(), steps=(DONE,), decided=4
    )
    none = judged("s", "k", None, (), verdict | {"green": 0, "figures": {"decided": None}})
    assert (none.green, none.decided) == (False, 0)
    assert judged("s", "k", None, (), verdict | {"figures": {}}).decided == 0
    undecided = Cycle("s", "k", green=False, reasons=(), figures=None, steps=())
    assert undecided.decided == 0


def test_a_difference_without_figures_is_a_flow_that_failed():
    differs = StepEnd("reconcile", "Differences", "12.00", 4)
    assert blockers((differs, DONE), None) == (
        "reconcile ended as Differences: 12.00",
        "There was no reconciliation.",
    )
    for code in (1, 5):
        stopped = StepEnd("reconcile", "Stopped", "Away.", code)
        assert blockers((stopped,), figures()) == ("reconcile ended as Stopped: Away.",)


def test_reasons_are_all_told_together_with_their_figures():
    found = figures(lines=2000, settled=1, unexplained=Decimal(1234), unexplained_lines=1999)
    assert reasons(found, rate="0.995", limit="1000") == (
        "0.05% of the lines are settled; 99.50% are required.",
        "1,234.00 CAD of differences are unexplained (1,999 lines); at most 1,000.00 may be.",
    )
    assert beyond_limits(None, match_rate=Decimal(1), max_unexplained=Decimal(0)) == ()

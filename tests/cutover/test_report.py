"""A cutover's report: what closed the gate, who said what, and what became of whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tasks.cutover.gates import Gate
from tasks.cutover.records import (
    Blocked,
    CutoverResult,
    Decision,
    Finished,
    GateReport,
    Returned,
    Sent,
    Standing,
    Switched,
    WayBack,
)
from tasks.cutover.report import build_report, build_rollback_report
from tasks.report.folder import write_report
from tasks.report.markdown import markdown_text
from tasks.report.summary import summary
from tasks.report.terminal import terminal_text
from tests.report.html_page import Page
from tests.report.plain_sample import plain_head

BEGAN = datetime(2026, 11, 2, 3, tzinfo=UTC)
HEAD = plain_head("cutover", source="The old side")
OPEN = (Gate("green_cycles", ok=True, sentence="Three cycles in a row are green."),)
CLOSED = (Gate("green_cycles", ok=False, sentence="No cycle is green.", count=1),)
YES, NO = Decision("yes", "Ada Roy"), Decision("no", "Ada Roy", "Not before May.")
DONE = Sent((Switched("c1", "switched"), Switched("c2", "unchanged")))
SOME = Sent((Switched("c1", "switched"), Switched("c2", "failed", "no_card", "There is no card.")))


WAVE = (
    Standing("c1", is_ready=True, reasons=(), revenue=Decimal("49.00"), currency="CAD"),
    Standing(
        "c3",
        is_ready=False,
        reasons=("There is no card.", "Nor a price."),
        revenue=Decimal("20.50"),
        currency="CAD",
    ),
)


def result(gates=OPEN, **changes):
    return replace(CutoverResult(gates, GateReport("nexacloud", 2, 3, gates, "d" * 64)), **changes)


@pytest.mark.parametrize(
    ("found", "dry_run", "name", "exit_code", "title"),
    [
        (result(CLOSED), False, "GateClosed", 3, "The gate is closed"),
        (result(CLOSED), True, "GateClosed", 3, "The gate is closed"),
        (result(), True, "Completed", 0, "The gate is open"),
        (result(decision=NO), False, "NotApproved", 3, "It was not approved"),
        (
            result(decision=YES, sent=DONE, finished=Finished("done", "live", 2, 0)),
            False,
            "Completed",
            0,
            "2 customers of nexacloud are live",
        ),
        (result(decision=YES, sent=SOME), False, "CustomersFailed", 3, "Not everybody"),
        (
            result(decision=YES, sent=replace(DONE, stopped="Odoo is gone.")),
            False,
            "SwitchStopped",
            1,
            "The switch broke off",
        ),
    ],
)
def test_report_says_how_far_it_came_in_every_way_of_telling(
    found, dry_run, name, exit_code, title, tmp_path
):
    report = build_report(replace(HEAD, dry_run=dry_run), found)
    assert (report.end.name, report.end.exit_code) == (name, exit_code)
    page = Page(write_report(report, tmp_path).read_text(encoding="utf-8"))
    for told in (page.text, terminal_text(report), markdown_text(report)):
        assert title in told


def test_who_failed_and_why_is_on_the_terminal_and_who_decided_is_in_the_figures():
    report = build_report(HEAD, result(decision=YES, sent=SOME))
    assert "There is no card." in terminal_text(report)
    told = summary(report)
    assert told["approval"] == {"decision": "yes", "who": "Ada Roy", "note": ""}
    assert told["outcomes"] == {"switched": 1, "failed": 1}
    assert told["finished"] is None


def test_customer_who_cannot_return_is_named_whether_odoo_said_so_before_or_after(tmp_path):
    back = Returned(
        WayBack(2, (Blocked("c1", "posted", "An invoice was posted."),)),
        Sent((Switched("c2", "returned"), Switched("c3", "failed", "busy", "It is locked."))),
    )
    report = build_rollback_report(HEAD, back)
    assert (report.end.name, report.end.exit_code) == ("SomeCannotReturn", 3)
    write_report(report, tmp_path)
    blocked = (tmp_path / "blocked.csv").read_text(encoding="utf-8").splitlines()
    assert blocked[1:] == ["c1,posted,An invoice was posted.", "c3,busy,It is locked."]


def test_who_is_not_ready_is_told_with_why_and_revenue_and_stops_nobody(tmp_path):
    found = GateReport("nexacloud", 1, 1, OPEN, "d" * 64, wave=WAVE)
    done = result(decision=YES, sent=Sent((Switched("c1", "switched"),)), report=found)
    report = build_report(HEAD, done)
    assert (report.end.name, report.end.exit_code) == ("Completed", 0)
    assert "1 is not ready" in report.end.message
    assert "There is no card. Nor a price." in terminal_text(report)
    assert summary(report)["waiting"] == 1
    write_report(report, tmp_path)
    rows = (tmp_path / "readiness.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows == [
        "customer,ready,reasons,revenue,currency",
        "c1,yes,,49,CAD",
        "c3,no,There is no card. Nor a price.,20.5,CAD",
    ]

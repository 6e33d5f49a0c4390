"""What Odoo says of a cutover is read whole: a reason that is lost switches somebody too soon."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.cutover.billed import LeftToBill, PlannedSubscription, switch_of
from tasks.cutover.gates import Gate, gate_of
from tasks.cutover.records import (
    Decision,
    Evidence,
    GateReport,
    Requirements,
    Standing,
    Switch,
    decision_of,
    gate_report_of,
)

TORONTO = ZoneInfo("America/Toronto")
GATE = {"gate": "cards", "ok": 1, "sentence": "All have one.", "count": 3, "examples": [7, "x"]}
READ = Gate("cards", ok=True, sentence="All have one.", count=3, examples=("7", "x"))


def test_a_gate_is_read_as_odoo_or_the_evidence_writes_it():
    assert gate_of(GATE) == READ
    named = {"gate": None, "name": "cards", "ok": 0, "sentence": "No."}
    assert gate_of(named) == Gate("cards", ok=False, sentence="No.")
    assert gate_of(named | {"count": None, "examples": None}) == gate_of(named)


def test_what_odoo_found_of_a_wave_is_read_whole():
    ready = {"customer": "c1", "ready": 1, "reasons": [], "revenue": "49.10", "currency": "CAD"}
    kept = ready | {"customer": "c2", "ready": 0, "reasons": ["No card.", "Differs."]}
    raw = {"service": "s", "customers": 1, "subscriptions": 2, "gates": [GATE], "digest": "d"}
    bare = GateReport("s", 1, 2, (READ,), "d")
    assert gate_report_of(raw) == bare
    assert gate_report_of(raw | {"state": None, "id": None, "waivers": None, "wave": None}) == bare
    whole = raw | {"state": "ready", "id": 9, "waivers": ["a", "b"], "wave": [ready, kept]}
    standings = (
        Standing("c1", is_ready=True, reasons=(), revenue=Decimal("49.10"), currency="CAD"),
        Standing(
            "c2",
            is_ready=False,
            reasons=("No card.", "Differs."),
            revenue=Decimal("49.10"),
            currency="CAD",
        ),
    )
    assert gate_report_of(whole) == GateReport(
        "s", 1, 2, (READ,), "d", "ready", 9, ("a", "b"), standings
    )


@pytest.mark.parametrize(
    ("state", "is_approved"),
    [("", False), ("ready", False), ("approved", True), ("running", True), ("done", True),
     ("canceled", False)],
)  # fmt: skip
def test_a_plan_is_approved_from_the_yes_on(state, is_approved):
    assert GateReport("s", 0, 0, (), "d", state).is_approved is is_approved


def test_requirements_and_evidence_are_written_as_odoo_reads_them():
    asked = Requirements(3, 0.99, 0.5, stripe_ids=False)
    assert asked.as_json() == {
        "green_cycles": 3,
        "match_rate": "0.99",
        "unexplained": "0.5",
        "stripe_ids": False,
        "cards": True,
    }
    told = Evidence("r1", (READ,), {"report": "x"}, {}).as_json()
    gate = {"name": "cards", "ok": True, "sentence": "All have one.", "count": 3}
    assert told == {
        "run": "r1",
        "gates": [gate | {"examples": ["7", "x"]}],
        "links": {"report": "x"},
    }


SAID = {"decision": "yes", "who": "Ada", "note": None, "holds": True}


@pytest.mark.parametrize(
    ("raw", "read", "is_yes"),
    [
        (None, Decision("no", "nobody", "Nobody has approved it in Odoo."), False),
        (SAID, Decision("yes", "Ada", "", is_on_record=True), True),
        (SAID | {"note": "Go."}, Decision("yes", "Ada", "Go.", is_on_record=True), True),
        (
            SAID | {"holds": False},
            Decision("no", "nobody", "The yes of Ada does not hold any more: ask again."),
            False,
        ),
        (SAID | {"decision": "no"}, Decision("no", "Ada", "", is_on_record=True), False),
        (SAID | {"decision": "zzz"}, Decision("no", "Ada", "", is_on_record=True), False),
        (SAID | {"decision": "".join("yes")}, Decision("yes", "Ada", "", is_on_record=True), True),
    ],
)
def test_only_a_yes_that_holds_is_one_and_all_else_says_why(raw, read, is_yes):
    assert decision_of(raw) == read
    assert decision_of(raw).is_yes is is_yes


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


def days(started, until, now, cycle="yearly"):
    planned = PlannedSubscription("c1", "s1", cycle)
    found = switch_of(planned, LeftToBill(started, until), now, TORONTO)
    assert found == Switch("c1", "s1", cycle, found.flat_from, found.usage_from)
    return found.flat_from, found.usage_from


@pytest.mark.parametrize(
    ("now", "usage_from"),
    [
        # Its first moment, the moment before, and its first month's last moment.
        (at(2026, 3, 5, 17), "2026-04-05T04:00:00+00:00"),
        (at(2026, 3, 5, 16, 59), "2026-03-05T05:00:00+00:00"),
        (at(2026, 4, 5, 3, 59), "2026-04-05T04:00:00+00:00"),
        (at(2026, 4, 5, 4), "2026-05-05T04:00:00+00:00"),
    ],
)
def test_yearly_usage_changes_hands_with_the_month_that_is_under_way(now, usage_from):
    until = at(2027, 3, 5, 5)
    assert days(at(2026, 3, 5, 17), until, now) == (until.isoformat(), usage_from)


def test_without_a_beginning_a_subscription_has_no_days():
    assert days(None, at(2027, 3, 5), at(2026, 4, 5)) == ("", "")

"""Asking on a terminal: only what Odoo has on record counts."""

from __future__ import annotations

import pytest

from tasks.cutover.approval import ask_on_terminal
from tasks.cutover.records import NO, YES, Decision, decision_of

OPEN = Decision(NO, "nobody", "Nobody has approved it in Odoo.")
APPROVED = Decision(YES, "Ada Roy", is_on_record=True)
REFUSED = Decision(NO, "Ada Roy", "Not before May.", is_on_record=True)


def asked(answers, found):
    given, records = iter(answers), iter(found)

    def read(_question):
        try:
            return next(given)
        except StopIteration:
            raise EOFError from None

    return ask_on_terminal("evidence", lambda: next(records), read)


def test_a_yes_counts_once_odoo_has_one_and_is_asked_for_again_until_then(capsys):
    assert asked(["yes", "YES"], [OPEN, APPROVED]) == APPROVED
    said = capsys.readouterr().err
    assert "evidence" in said
    assert "Nobody has approved it in Odoo." in said


def test_a_no_on_record_ends_the_asking():
    assert asked(["yes"], [REFUSED]) == REFUSED


@pytest.mark.parametrize("answers", [(), ("no",), ("y",), ("yes",)])
def test_anything_else_is_a_no(answers):
    assert not asked(answers, [OPEN]).is_yes


@pytest.mark.parametrize(
    ("raw", "is_yes", "note"),
    [
        (None, False, "Nobody has approved it"),
        ({"decision": "yes", "who": "Ada", "note": "", "holds": True}, True, ""),
        ({"decision": "yes", "who": "Ada", "note": "", "holds": False}, False, "does not hold"),
        ({"decision": "no", "who": "Ada", "note": "Later.", "holds": False}, False, "Later."),
    ],
)
def test_only_a_yes_that_holds_lets_a_cutover_go_on(raw, is_yes, note):
    decision = decision_of(raw)
    assert decision.is_yes is is_yes
    assert note in decision.note

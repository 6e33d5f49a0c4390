"""Asking on a terminal: the name, the answer, and what counts as a no."""

from __future__ import annotations

import pytest

from tasks.cutover.approval import ask_on_terminal


def asked(*answers):
    given = iter(answers)

    def read(_question):
        try:
            return next(given)
        except StopIteration:
            raise EOFError from None

    return ask_on_terminal("evidence", "abc", read)


def test_a_named_yes_is_an_approval_with_its_note(capsys):
    decision = asked("Ada Roy", "YES", "looked at ten orders")
    assert (decision.is_yes, decision.who, decision.note) == (
        True,
        "Ada Roy",
        "looked at ten orders",
    )
    assert "Digest of this evidence: abc" in capsys.readouterr().err


@pytest.mark.parametrize("answers", [(), ("Ada",), ("Ada", "y", ""), ("", "yes", "")])
def test_anything_else_is_a_no(answers):
    assert not asked(*answers).is_yes

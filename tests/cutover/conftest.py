"""What the cutover's tests share."""

from __future__ import annotations

from functools import partial

import pytest

from tasks.cutover import approval
from tests.cutover.people import decide


@pytest.fixture
def approving(world, monkeypatch):
    """Somebody approves in Odoo, and says so at the terminal."""

    def read(_question):
        decide(world)
        return "yes"

    monkeypatch.setattr(approval, "ask_on_terminal", partial(approval.ask_on_terminal, read=read))

"""The one error that the local stack raises on purpose."""

from __future__ import annotations


class StackError(Exception):
    """The stack cannot do what was asked; the message says what, where, and what to do."""

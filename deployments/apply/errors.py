"""The one error that applying raises on purpose."""

from __future__ import annotations


class ApplyError(Exception):
    """Something cannot be applied; the message says what, where, and what to do."""

"""Ids of Lago's objects."""

from __future__ import annotations

from uuid import UUID, uuid5

NAMES = UUID("5b6c9f3e-7f0e-5f1c-8d7e-2a1f60c9a001")


def lago_id(kind: str, key: str) -> str:
    """Give the id of an object; it is the same whenever it is asked for."""
    return str(uuid5(NAMES, f"{kind}:{key}"))

"""A condition of a cutover, as the addon, the flow and an approver know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of a cutover; ``examples`` are ids of what is in its way."""

    name: str
    ok: bool
    sentence: str
    count: int = 0
    examples: tuple[str, ...] = ()


def gate_of(raw: Mapping[str, Any]) -> Gate:
    """Read a gate as the addon, or the evidence's file, writes it."""
    return Gate(
        raw.get("gate") or raw["name"],
        bool(raw["ok"]),
        raw["sentence"],
        int(raw.get("count") or 0),
        tuple(str(each) for each in raw.get("examples") or ()),
    )

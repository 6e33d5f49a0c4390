"""Shapes of the page's bars; the templates draw them as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tasks.model.counts import TableCounts
from tasks.model.records import Outcome
from tasks.report import words

BAR_WIDTH = 1000.0
"""Width of a full bar, in the units of the SVG's view box."""

_LEAST_WIDTH = 8.0
"""A single row among thousands must still be seen."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a stacked bar, in the units of the view box."""

    outcome: Outcome
    name: str
    count: int
    start: float
    width: float


def stacked(counts: TableCounts) -> tuple[Segment, ...]:
    """Cut a full bar into the outcomes of a table's rows; empty when there are no rows."""
    present = [(each, counts.by_outcome[each]) for each in words.OUTCOME_NAMES]
    present = [(outcome, count) for outcome, count in present if count]
    if not present:
        return ()
    spare = BAR_WIDTH - _LEAST_WIDTH * len(present)
    segments = []
    start = 0.0
    for outcome, count in present:
        width = _LEAST_WIDTH + spare * count / counts.read
        name = words.OUTCOME_NAMES[outcome]
        segments.append(Segment(outcome, name, count, round(start, 2), round(width, 2)))
        start += width
    return tuple(segments)


def widths(amounts: Mapping[str, float]) -> dict[str, float]:
    """Scale amounts to bars of which the longest is full."""
    longest = max(amounts.values(), default=0)
    if not longest:
        return dict.fromkeys(amounts, 0.0)
    return {
        name: round(max(_LEAST_WIDTH, BAR_WIDTH * amount / longest), 2) if amount else 0.0
        for name, amount in amounts.items()
    }

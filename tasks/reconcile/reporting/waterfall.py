"""Shapes of the page's waterfall and month bars; the templates draw them as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tasks.reconcile.figures import Sum
from tasks.reconcile.reporting.figures import file_stem
from tasks.reconcile.reporting.words import cause_words
from tasks.report.plots import BAR_WIDTH

_LEAST_WIDTH = 4.0
"""A cent beside a million must still be seen."""

MOST_CAUSES = 12
"""Causes with a line of their own; the smallest of more are one line."""

_MARGIN = Decimal("0.12")
"""Room beside the steps, as a share of their span."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a waterfall, in the units of the view box.

    ``tone`` is ``total``, ``more`` (Odoo has more) or ``less``. ``link`` is the anchor of what is
    behind it, empty if nothing is. ``after`` is where the running total stands.
    """

    title: str
    tone: str
    amount: Decimal
    rows: int
    link: str
    start: float
    width: float
    after: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From what was billed to what Odoo would bill; ``cut``: the axis does not begin at 0."""

    currency: str
    steps: tuple[Step, ...]
    cut: bool


def waterfall(whole: Sum, causes: Sequence[Sum]) -> Waterfall:
    """Lead from one total to the other, the largest causes first.

    Args:
        whole: The currency's sum; its key is the currency.
        causes: Sums of the rows that do not match, by cause.
    """
    ordered = sorted(causes, key=lambda each: (-abs(each.delta), each.key))
    shown = MOST_CAUSES if len(causes) > MOST_CAUSES + 1 else len(causes)
    moves = [
        (cause_words(each.key[0]).title, each.delta, each.rows, file_stem(each.key[0]))
        for each in ordered[:shown]
    ]
    if others := ordered[shown:]:
        rows, delta = sum(e.rows for e in others), sum((e.delta for e in others), Decimal(0))
        moves.append((f"{len(others)} other reasons", delta, rows, "h-why"))
    if whole.tolerated:
        moves.append(("Within the tolerance", whole.tolerated, whole.matched, ""))
    stands = [whole.external]
    for _, delta, _, _ in moves:
        stands.append(stands[-1] + delta)
    low, high = _axis(stands)
    steps = [_total("Billed", whole.external, whole.external_lines, low, high)]
    for (title, delta, rows, link), before, after in zip(moves, stands, stands[1:], strict=False):
        tone = "more" if delta > 0 else "less"
        steps.append(Step(title, tone, delta, rows, link, *_bar(before, after, low, high)))
    steps.append(_total("Odoo would bill", whole.odoo, whole.odoo_lines, low, high))
    return Waterfall(whole.key[0], tuple(steps), cut=not low <= 0 <= high)


def _axis(stands: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Choose the ends of the axis: zero if that hides no step, else close around the steps."""
    least, most = min(stands), max(stands)
    span = most - least
    if not span or span * 2 > max(abs(least), abs(most)):
        return min(least, Decimal(0)), max(most, Decimal(0)) or Decimal(1)
    margin = span * _MARGIN
    return least - 2 * margin, most + margin


def _total(title: str, amount: Decimal, lines: int, low: Decimal, high: Decimal) -> Step:
    start = max(low, min(Decimal(0), high))
    return Step(title, "total", amount, lines, "", *_bar(start, amount, low, high))


def _bar(
    before: Decimal, after: Decimal, low: Decimal, high: Decimal
) -> tuple[float, float, float]:
    """Place a bar between two stands: start, width, and where it ends."""
    scale = Decimal(BAR_WIDTH) / (high - low)
    left, right = sorted((float((before - low) * scale), float((after - low) * scale)))
    width = max(right - left, _LEAST_WIDTH)
    left = min(left, BAR_WIDTH - width)
    return round(left, 2), round(width, 2), round(float((after - low) * scale), 2)

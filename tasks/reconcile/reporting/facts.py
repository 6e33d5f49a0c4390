"""What the page of a reconciliation speaks of, and the shapes of its bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.report import Head
from tasks.reconcile import words as told
from tasks.reconcile.figures import Sum
from tasks.reconcile.reporting.figures import Figures, Fix, file_stem
from tasks.reconcile.reporting.files import PARTS
from tasks.reconcile.reporting.headline import comparable_runs
from tasks.reconcile.reporting.sorting import LINES_SHOWN, lines_by_cause, top_lines
from tasks.reconcile.results import ReconcileResults
from tasks.reconcile.words import cause_words
from tasks.report import plots, words
from tasks.report.plots import BAR_WIDTH

_RUNS_SHOWN = 12

_LEAST_WIDTH = 4.0
"""A cent beside a million must still be seen."""

MOST_CAUSES = 12
"""Causes with a line of their own; the smallest of more are one line."""

_MARGIN = Decimal("0.12")
"""Room beside the steps, as a share of their span."""


@dataclass(frozen=True, slots=True)
class RunShown:
    """One run in the line of runs; ``differing`` rows do not match."""

    when: str
    rows: int
    matched: int
    differing: int
    unexplained_rows: int
    unexplained: str
    is_this: bool = False


def page_facts(
    head: Head, results: ReconcileResults, found: Figures, fixes: Sequence[Fix]
) -> dict[str, Any]:
    """Gather what the templates of a reconciliation speak of."""
    zone = ZoneInfo(head.timezone)
    # All of them show as many.
    digits = max(map(_digits, results.lines), default=2)
    first, end = told.day_text(results.period_start, zone), told.day_text(results.period_end, zone)
    return {
        "found": found,
        "results": results,
        "range": f"periods that start on {first} or later and before {end}",
        "waterfalls": [waterfall(each, found.waterfalls[each.key[0]]) for each in found.currencies],
        "wrong_names": told.WRONG_NAMES,
        "outcome_names": told.OUTCOME_NAMES,
        "service_names": words.service_name,
        "family_name": told.family_name,
        "item_name": told.item_name,
        "origin_names": told.ORIGIN_NAMES,
        "signed": told.signed,
        "exact": lambda amount, currency="": words.money(amount, currency, digits),
        "exactly_signed": partial(told.signed, least=digits),
        "amounts": told.amounts,
        "apart": told.apart,
        "share": words.percent,
        "cause_title": lambda code: told.cause_words(code).title,
        "file_stem": file_stem,
        "deltas": _deltas(found),
        "runs": _runs(head, results, found),
        "fixes": fixes,
        "fix_widths": plots.widths({fix.cause: fix.rows for fix in fixes}),
        "before": _before(head, results),
        "cause_lines": lines_by_cause(results.lines, zone),
        "top": top_lines(results.lines, zone),
        "lines_shown": LINES_SHOWN,
        "parts": PARTS,
        "coverage": {each.key: _coverage_bar(each) for each in found.families},
        "differences": found.whole.differing,
        "closed": sum(group.rows for group in found.causes) - found.whole.differing,
    }


def _digits(lines: pl.DataFrame) -> int:
    """Count the decimals that sums need to be exact."""
    sides = ("external_micro", "expected_micro", "odoo_micro")
    micro = pl.concat([lines[side] for side in sides]).drop_nulls()
    return next((digits for digits in (2, 4) if not (micro % 10 ** (6 - digits)).sum()), 6)


def _deltas(found: Figures) -> dict[tuple[str, ...], tuple[float, float]]:
    """Place the bar of each month's difference beside its axis, by currency: start and width."""
    bars: dict[tuple[str, ...], tuple[float, float]] = {}
    middle = plots.BAR_WIDTH / 2
    for whole in found.currencies:
        months = found.of(whole.key[0], found.months)
        widths = plots.widths({each.key[1]: float(abs(each.delta)) for each in months})
        for each in months:
            width = widths[each.key[1]] / 2
            bars[each.key] = (middle if each.delta > 0 else middle - width, width)
    return bars


def _coverage_bar(family: Sum) -> list[tuple[str, float, float]]:
    """Cut what was billed of a kind: agrees, differs, not in Odoo, not in any plan."""
    if not family.billed:
        return []
    agreed = min(family.agreed, family.found)
    parts = (
        ("agrees", agreed),
        ("differs", family.found - agreed),
        ("absent", family.modeled - family.found),
        ("outside", family.billed - family.modeled),
    )
    bars = []
    start = 0.0
    for name, amount in parts:
        width = float(amount / family.billed) * plots.BAR_WIDTH
        if amount:
            bars.append((name, round(start, 2), round(width, 2)))
        start += width
    return bars


def _runs(head: Head, results: ReconcileResults, found: Figures) -> list[RunShown]:
    """Line up former runs of the same range, and this one."""
    former = [
        _run(
            (run.started_at, run.rows, run.matched, run.unexplained),
            {code: each.unexplained for code, each in run.currencies.items()},
        )
        for run in comparable_runs(head, results)[-_RUNS_SHOWN:]
    ]
    whole = found.whole
    this = _run(
        (head.started_at, whole.rows, whole.matched, whole.unexplained_rows),
        {each.key[0]: each.unexplained for each in found.currencies},
        is_this=True,
    )
    return [*former, this] if former else []


def _run(
    counts: tuple[datetime, int, int, int], open_: Mapping[str, Decimal], *, is_this: bool = False
) -> RunShown:
    when, rows, matched, unexplained = counts
    amounts = told.amounts({code: amount for code, amount in open_.items() if amount})
    return RunShown(
        words.moment(when), rows, matched, rows - matched, unexplained, amounts, is_this=is_this
    )


def _before(head: Head, results: ReconcileResults) -> dict[str, int]:
    """Count each cause's rows in the last comparable run."""
    counts: dict[str, int] = {}
    for run in comparable_runs(head, results)[-1:]:
        for figures_before in run.currencies.values():
            for cause, rows in figures_before.causes.items():
                counts[cause] = counts.get(cause, 0) + rows
    return counts


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

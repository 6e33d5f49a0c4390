"""Billing cycles of a dual run: what makes one green, and which there have been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tasks.model.end_state import can_be_built_upon
from tasks.model.money import decimal_text

#: How a run exits of which nothing failed and which found more differences than it may.
DIFFERENCES = 4


@dataclass(frozen=True, slots=True)
class StepEnd:
    """How one flow of a dual run ended; ``page`` is its report, if it got that far."""

    flow: str
    name: str
    message: str
    exit_code: int
    page: str | None = None

    @property
    def goes_on(self) -> bool:
        """Whether what comes after it speaks of a whole copy."""
        return can_be_built_upon(self.name, self.exit_code)


@dataclass(frozen=True, slots=True)
class CycleFigures:
    """What the reconciliation of a cycle came to, in the company's currency, before tax.

    ``settled`` are the lines of which no side is wrong. ``unexplained`` adds up the sizes of
    differences without a cause, over all currencies.
    """

    lines: int
    settled: int
    unexplained_lines: int
    odoo_total: Decimal
    external_total: Decimal
    unexplained: Decimal
    currency: str

    @property
    def match_rate(self) -> Decimal:
        """Share of lines that are settled, 0 to 1; an empty cycle has none that could differ."""
        return Decimal(self.settled) / self.lines if self.lines else Decimal(1)

    def as_json(self) -> dict[str, Any]:
        """Write the figures as Odoo keeps them."""
        return {
            "lines": self.lines,
            "matched": self.settled,
            "unexplained_lines": self.unexplained_lines,
            "match_rate": decimal_text(round(self.match_rate, 6)),
            "unexplained": decimal_text(self.unexplained),
            "odoo_total": decimal_text(self.odoo_total),
            "external_total": decimal_text(self.external_total),
            "currency": self.currency,
        }


@dataclass(frozen=True, slots=True)
class Cycle:
    """One dual run of one service; ``reasons`` say why it is not green.

    Whether it is, Odoo works out; of a dry run, which Odoo never sees, the flow does. ``decided``
    counts the lines that decisions in Odoo settle.
    """

    service: str
    key: str
    green: bool
    reasons: tuple[str, ...]
    figures: CycleFigures | None
    steps: tuple[StepEnd, ...]
    decided: int = 0


def blockers(
    steps: Sequence[StepEnd], figures: CycleFigures | None, *, has_ended: bool = True
) -> tuple[str, ...]:
    """Say what of a dual run did not go through; nothing when all of it did.

    That a reconciliation found differences is no failure: they are looked at one by one. Nor are
    rows that Odoo refused: they keep back whose they are.

    Args:
        steps: How its flows ended, in order.
        figures: What the reconciliation came to; None if there was none.
        has_ended: Whether all of its periods have: usage of those that run is not compared.
    """
    reasons = [
        f"{each.flow} ended as {each.name}: {each.message}"
        for each in steps
        if not each.goes_on and not (each.exit_code == DIFFERENCES and figures is not None)
    ]
    if not has_ended:
        reasons.append("Not all of its periods have ended: their usage is not compared yet.")
    if figures is None:
        reasons.append("There was no reconciliation.")
    return tuple(reasons)


def beyond_limits(
    figures: CycleFigures | None, *, match_rate: Decimal, max_unexplained: Decimal
) -> tuple[str, ...]:
    """Say which limits the lines of a cycle are beyond, if nothing of it is decided.

    Args:
        figures: What the reconciliation came to; None if there was none.
        match_rate: Least share of lines that must be settled, 0 to 1.
        max_unexplained: Largest sum of differences that nothing explains.
    """
    if figures is None:
        return ()
    reasons = []
    if not figures.lines:
        reasons.append("There was nothing to reconcile: no line on either side.")
    if figures.match_rate < match_rate:
        reasons.append(
            f"{figures.match_rate:.2%} of the lines are settled; {match_rate:.2%} are required."
        )
    if figures.unexplained > max_unexplained:
        reasons.append(
            f"{figures.unexplained:,.2f} {figures.currency} of differences are unexplained"
            f" ({figures.unexplained_lines:,} lines); at most {max_unexplained:,.2f} may be."
        )
    return tuple(reasons)


def judged(
    service: str,
    key: str,
    figures: CycleFigures | None,
    steps: tuple[StepEnd, ...],
    verdict: Mapping[str, Any],
) -> Cycle:
    """Make the cycle of what Odoo says of it."""
    decided = int(verdict["figures"].get("decided") or 0)
    reasons = tuple(verdict["reasons"])
    return Cycle(service, key, bool(verdict["green"]), reasons, figures, steps, decided)


def history_row(service: str, cycle: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Lay a recorded cycle out for a table."""
    figures = cycle["figures"] or {}
    lines, matched = int(figures.get("lines") or 0), int(figures.get("matched") or 0)
    began = datetime.fromisoformat(cycle["period_from"].replace("Z", "+00:00")).astimezone(zone)
    return {
        "service": service,
        "period": f"{began:%Y-%m}",
        "green": bool(cycle["green"]),
        "counts": bool(cycle["counts"]),
        "in_a_row": int(cycle["green_in_a_row"]),
        "match_rate": Decimal(matched) / lines if lines else Decimal(0),
        "unexplained": Decimal(str(figures.get("unexplained") or 0)),
        "why": " ".join(cycle["reasons"] or ()),
        "run": cycle["run"] or cycle["key"],
    }

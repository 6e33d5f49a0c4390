"""Billing cycles of a dual run: what makes one green, and which there have been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tasks.model.money import decimal_text


@dataclass(frozen=True, slots=True)
class StepEnd:
    """How one flow of a dual run ended; ``page`` is its report, if it got that far."""

    flow: str
    name: str
    message: str
    exit_code: int
    page: str | None = None


@dataclass(frozen=True, slots=True)
class CycleFigures:
    """What the reconciliation of a cycle came to, in the company's currency, before tax.

    ``unexplained`` adds up the sizes of differences without a cause, over all currencies;
    ``agreed`` and ``billed`` are external amounts: those that match, and all.
    """

    lines: int
    matched: int
    unexplained_lines: int
    odoo_total: Decimal
    external_total: Decimal
    unexplained: Decimal
    currency: str

    @property
    def match_rate(self) -> Decimal:
        """Share of lines that match, 0 to 1; an empty cycle has nothing that could differ."""
        return Decimal(self.matched) / self.lines if self.lines else Decimal(1)

    def as_json(self) -> dict[str, Any]:
        """Write the figures as Odoo keeps them."""
        return {
            "lines": self.lines,
            "matched": self.matched,
            "unexplained_lines": self.unexplained_lines,
            "match_rate": decimal_text(round(self.match_rate, 6)),
            "unexplained": decimal_text(self.unexplained),
            "odoo_total": decimal_text(self.odoo_total),
            "external_total": decimal_text(self.external_total),
            "currency": self.currency,
        }


@dataclass(frozen=True, slots=True)
class Cycle:
    """One dual run of one service; ``reasons`` say why it is not green."""

    service: str
    key: str
    green: bool
    reasons: tuple[str, ...]
    figures: CycleFigures | None
    steps: tuple[StepEnd, ...]


def judge(
    steps: Sequence[StepEnd],
    figures: CycleFigures | None,
    *,
    match_rate: Decimal,
    max_unexplained: Decimal,
    has_ended: bool = True,
) -> tuple[str, ...]:
    """Say why a cycle is not green; nothing when it is.

    Args:
        steps: How its flows ended, in order.
        figures: What the reconciliation came to; None if there was none.
        has_ended: Whether all of its periods have: usage of those that run is not compared.
        match_rate: Least share of lines that must match, 0 to 1.
        max_unexplained: Largest sum of differences that nothing explains.
    """
    reasons = [
        f"{each.flow} ended as {each.name}: {each.message}" for each in steps if each.exit_code
    ]
    if not has_ended:
        reasons.append("Not all of its periods have ended: their usage is not compared yet.")
    if figures is None:
        return (*reasons, "There was no reconciliation.")
    if not figures.lines:
        reasons.append("There was nothing to reconcile: no line on either side.")
    if figures.match_rate < match_rate:
        reasons.append(
            f"{figures.match_rate:.2%} of the lines match; {match_rate:.2%} are required."
        )
    if figures.unexplained > max_unexplained:
        reasons.append(
            f"{figures.unexplained:,.2f} {figures.currency} of differences are unexplained"
            f" ({figures.unexplained_lines:,} lines); at most {max_unexplained:,.2f} may be."
        )
    return tuple(reasons)


def history_row(service: str, cycle: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Lay a recorded cycle out for a table."""
    figures = cycle["figures"] or {}
    began = datetime.fromisoformat(cycle["period_from"].replace("Z", "+00:00")).astimezone(zone)
    return {
        "service": service,
        "period": f"{began:%Y-%m}",
        "green": bool(cycle["green"]),
        "counts": bool(cycle["counts"]),
        "in_a_row": int(cycle["green_in_a_row"]),
        "match_rate": Decimal(str(figures.get("match_rate") or 0)),
        "unexplained": Decimal(str(figures.get("unexplained") or 0)),
        "why": " ".join(cycle["reasons"] or ()),
        "run": cycle["run"] or cycle["key"],
    }

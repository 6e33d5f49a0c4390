"""Whether a recorded cycle is green: thinking only, no record is read here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may stay open in a green cycle; decimal texts.

    Attributes:
        match_rate: Least share of lines that are settled or decided, 0 to 1.
        unexplained: Largest sum of open differences without a cause.
    """

    match_rate: str = "0.99"
    unexplained: str = "0"


@dataclass(frozen=True, slots=True)
class Found:
    """What Odoo holds of a cycle.

    Attributes:
        said: Lines that the flow compared.
        lines: Lines of the customers that arrived.
        settled: Lines of which no side is wrong.
        decided: Other lines that a decision settles.
        open: What is left.
        untold: Customers with more differences than are stored.
        unexplained: Sum of the sizes of open differences without a cause.
    """

    said: int
    lines: int
    settled: int
    decided: int
    open: int
    untold: int
    unexplained: Decimal


def reasons_against(found: Found, limits: Limits, blockers: Sequence[str]) -> list[str]:
    """Say why a cycle is not green; nothing if it is.

    Args:
        found: What Odoo holds.
        limits: How much may stay open.
        blockers: What did not go through, as the flow says; they come first.
    """
    reasons = list(blockers)
    if found.said != found.lines:
        reasons.append(f"{found.said:,} lines were compared, those of {found.lines:,} arrived.")
    if found.untold:
        reasons.append(f"Not all differences of {found.untold:,} customers are in Odoo.")
    if not found.lines:
        reasons.append("There was nothing to reconcile: no line on either side.")
    if not found.lines or not found.open:
        return reasons
    rate, least = 1 - Decimal(found.open) / found.lines, Decimal(limits.match_rate)
    if rate < least:
        reasons.append(f"{rate:.2%} of the lines are settled or decided; {least:.2%} are required.")
    most = Decimal(limits.unexplained)
    if found.unexplained > most:
        reasons.append(
            f"{found.unexplained:,.2f} of differences are unexplained; at most {most:,.2f} may be."
        )
    return reasons

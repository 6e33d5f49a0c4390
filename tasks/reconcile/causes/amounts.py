"""Amounts in millionths of the major unit: rated, rounded, compared and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from tasks.model.errors import FusionError
from tasks.model.ledger import FINE_STEP_MICRO, MICRO, minor_unit_micro
from tasks.model.money import decimal_text
from tasks.model.rating import RatedCharge, rate


@dataclass(frozen=True, slots=True)
class Target:
    """The amount to be explained: what the other side billed, in so many lines."""

    micro: int
    currency: str
    lines: int = 1

    @property
    def unit(self) -> int:
        """The currency's smallest unit."""
        return minor_unit_micro(self.currency)

    @property
    def is_fine(self) -> bool:
        """Whether it is more exact than the smallest unit: then a coincidence is unlikely."""
        return self.micro % self.unit != 0

    def is_met_by(self, micro: int) -> bool:
        """Say whether this amount would have been billed so."""
        if self.is_fine:
            return abs(micro - self.micro) <= FINE_STEP_MICRO * self.lines
        if self.lines > 1:
            return abs(micro - self.micro) <= self.unit * self.lines // 2
        # Some round to four decimals first, and then to cents.
        return abs(micro - self.micro) <= self.unit // 2 + FINE_STEP_MICRO // 2


def target_of(row: Mapping[str, Any]) -> Target:
    """Give the amount that the other side has in a row of both sides."""
    return Target(row["external_micro"], row["external_currency"], row["external_lines"])


@dataclass(frozen=True, slots=True)
class Bill:
    """Usage as one side may have billed it: by these terms, these units, times a factor."""

    charge: RatedCharge
    units: Decimal
    factor: Fraction = Fraction(1)

    def times(self, factor: Fraction) -> Bill:
        """Multiply the amount."""
        return replace(self, factor=self.factor * factor)

    def can_be(self, target: Target) -> bool:
        """Say whether the amount can be the target: a quick look, before it is rated."""
        charge = self.charge
        if charge.charge_model not in {"standard", "package"} or charge.flat_amount:
            return True
        batches = max(self.units - charge.included_quota, Decimal(0)) / charge.unit_batch
        if charge.is_whole:
            batches = batches.to_integral_value(ROUND_CEILING)
        factor = Decimal(self.factor.numerator) / self.factor.denominator
        rough = batches * charge.price_per_unit * factor * MICRO
        return abs(rough - target.micro) <= target.unit * (target.lines + 1)

    def micro(self) -> int | None:
        """Return the amount; None if the terms cannot rate a sum of units."""
        exact = _rated(self.charge, self.units)
        return None if exact is None else rounded_fraction(exact * self.factor)


@lru_cache(maxsize=100_000)
def _rated(charge: RatedCharge, units: Decimal) -> Fraction | None:
    try:
        steps = rate(charge, units, whole_period=False).steps
    except FusionError:
        return None
    total: Fraction = sum((step.amount for step in steps), Fraction(0))
    return total * MICRO


def rounded_fraction(micro: Fraction) -> int:
    """Round to whole millionths, a half away from zero."""
    size = (2 * abs(micro.numerator) + micro.denominator) // (2 * micro.denominator)
    return size if micro >= 0 else -size


def rounded(micro: int, unit: int) -> int:
    """Round to a multiple of a unit, a half away from zero.

    >>> rounded(3_125_000, 10_000), rounded(-3_125_000, 10_000), rounded(3_124_999, 10_000)
    (3130000, -3130000, 3120000)
    """
    size = (2 * abs(micro) + unit) // (2 * unit) * unit
    return size if micro >= 0 else -size


def amount_text(micro: int, currency: str = "") -> str:
    """Write an amount with at least two decimals.

    >>> amount_text(3_120_000), amount_text(-3_123_400, "CAD")
    ('3.12', '-3.1234 CAD')
    """
    text = decimal_text(Decimal(micro) / MICRO)
    whole, _, digits = text.partition(".")
    return f"{whole}.{digits:<02} {currency}".strip()

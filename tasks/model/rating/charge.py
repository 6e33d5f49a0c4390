"""The terms of a charge: what is free, what a batch costs, and what is due besides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from tasks.model.errors import FusionError

TIERED_MODELS = frozenset({"graduated", "volume", "graduated_percentage"})
PERCENTAGE_MODELS = frozenset({"percentage", "graduated_percentage"})
CHARGE_MODELS = frozenset({"standard", "package"}) | TIERED_MODELS | PERCENTAGE_MODELS
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tier:
    """A stretch of batches; it begins where the tier before it ends, or at 0.

    Attributes:
        up_to: Last quantity inside, in batches; None only and always in the last tier.
        per_unit: Price of one batch (graduated and volume).
        flat: Due once the tier is reached, whatever is used of it.
        percent: Share of the quantity (graduated percentage): 1.5 is 1.5 %.
    """

    up_to: Decimal | None
    per_unit: Decimal = ZERO
    flat: Decimal = ZERO
    percent: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class RatedCharge:
    """The terms by which usage of one metric is priced, for one period and subscription.

    Attributes:
        charge_model: One of ``CHARGE_MODELS``.
        price_per_unit: Price of one batch (standard and package).
        included_quota: Units that cost nothing; percentage: the amount without fee.
        unit_batch: Units in one batch, 3600 for seconds sold as hours; percentages have 1.
        block_rating: ``whole`` rounds the batches beyond the quota up, ``fractional`` does
            not. A package is always whole.
        flat_amount: Due once, as soon as anything is used beyond the quota.
        flat_at_zero: Flat fees (this one, and the first tier's) are due without such use too,
            as Lago bills a first tier's since July 2026.
        minimum_amount: The charge of a whole period is raised to it.
        tiers: For the tiered models, in ascending order; they cannot overlap or leave a gap.
        percent: Share of the amount (percentage): 1.5 is 1.5 %.
        fixed_amount: Fee of each event that is not free (percentage).
        free_events: First events without any fee (percentage); 0 means no such rule.
        transaction_min: Least fee of each event that is not free; None means no limit.
        transaction_max: Highest fee of an event; None means no limit.
        unit_name: What batches are called in an explanation, in the plural.

    Raises:
        FusionError: The terms contradict each other; nothing could be rated by them.
    """

    charge_model: str
    price_per_unit: Decimal = ZERO
    included_quota: Decimal = ZERO
    unit_batch: int = 1
    block_rating: str = "fractional"
    flat_amount: Decimal = ZERO
    flat_at_zero: bool = False
    minimum_amount: Decimal = ZERO
    tiers: tuple[Tier, ...] = ()
    percent: Decimal = ZERO
    fixed_amount: Decimal = ZERO
    free_events: int = 0
    transaction_min: Decimal | None = None
    transaction_max: Decimal | None = None
    unit_name: str = "units"

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise FusionError(f"The charge cannot be rated: {fault}.")

    @property
    def is_whole(self) -> bool:
        """Whether batches are rounded up."""
        return self.charge_model == "package" or self.block_rating == "whole"

    @property
    def is_per_transaction(self) -> bool:
        """Whether each event has a least or a highest fee."""
        return self.transaction_min is not None or self.transaction_max is not None

    @property
    def needs_events(self) -> bool:
        """Whether the sum of a period's units is not enough to rate it."""
        return self.charge_model == "percentage" and bool(
            self.is_per_transaction or self.fixed_amount or self.free_events
        )

    def _faults(self) -> Iterator[str]:
        if self.charge_model not in CHARGE_MODELS:
            yield f"the model '{self.charge_model}' is unknown"
        if self.block_rating not in {"fractional", "whole"}:
            yield f"block_rating is '{self.block_rating}', not fractional or whole"
        if self.unit_batch < 1 or (self.unit_batch > 1 and self.charge_model in PERCENTAGE_MODELS):
            yield "a batch has at least 1 unit, and for percentages exactly 1"
        if self.block_rating == "whole" and self.charge_model in PERCENTAGE_MODELS:
            yield "a percentage is never taken of whole blocks"
        if not all(amount.is_finite() and amount >= 0 for amount in self._amounts()):
            yield "an amount or quantity is negative or no number"
        if self.free_events < 0:
            yield "the number of free events is negative"
        if self.transaction_max is not None and self.transaction_max < (self.transaction_min or 0):
            yield "the least fee of a transaction is above the highest"
        yield from self._tier_faults()

    def _amounts(self) -> Iterator[Decimal]:
        yield from (self.price_per_unit, self.included_quota, self.flat_amount)
        yield from (self.minimum_amount, self.percent, self.fixed_amount)
        yield from (self.transaction_min or ZERO, self.transaction_max or ZERO)
        for tier in self.tiers:
            yield from (tier.up_to or ZERO, tier.per_unit, tier.flat, tier.percent)

    def _tier_faults(self) -> Iterator[str]:
        if bool(self.tiers) != (self.charge_model in TIERED_MODELS):
            yield f"the model '{self.charge_model}' and its {len(self.tiers)} tiers do not fit"
        bounds = [tier.up_to for tier in self.tiers]
        ends = [bound for bound in bounds[:-1] if bound is not None]
        if bounds and (bounds[-1] is not None or len(ends) < len(bounds) - 1):
            yield "the last tier, and no other, must be without an end"
        if any(low >= high for low, high in pairwise([ZERO, *ends])):
            yield "each tier must end above the one before it"

"""A charge's terms as the rating reads them."""

from collections.abc import Iterable, Mapping
from copy import copy
from decimal import Decimal
from typing import Any

from .numbers import ZERO, Number, decimal

TIERED = ("graduated", "volume", "graduated_percentage")
PERCENTAGES = ("percentage", "graduated_percentage")
MODELS = ("standard", "package", "percentage", *TIERED)


class Rung:
    """A tier. It has an end but no start: it starts where the tier below ends.

    Args:
        up_to: Its last batch; None for the tier without an end.
        per_unit: Price of a batch.
        flat: Fee for reaching the tier.
        percent: Share of the quantity, 1.5 for 1.5 %.
    """

    __slots__ = ("flat", "per_unit", "percent", "up_to")

    def __init__(
        self,
        up_to: Number | None,
        per_unit: Number = ZERO,
        flat: Number = ZERO,
        percent: Number = ZERO,
    ) -> None:
        self.up_to = None if up_to is None else _amount(up_to)
        self.per_unit = _amount(per_unit)
        self.flat = _amount(flat)
        self.percent = _amount(percent)


class Tariff:
    """All terms of one charge; numbers may be decimals, texts or floats.

    See the fields of ``fusion.billing.charge`` for what each term means.

    Raises:
        ValueError: The terms are contradictory.
    """

    def __init__(  # noqa: PLR0913 (the terms of a charge)
        self,
        charge_model: str,
        *,
        price_per_unit: Number = ZERO,
        included_quota: Number = ZERO,
        unit_batch: int = 1,
        block_rating: str = "fractional",
        flat_amount: Number = ZERO,
        flat_at_zero: bool = False,
        minimum_amount: Number = ZERO,
        tiers: Iterable[Mapping[str, Any]] = (),
        percent: Number = ZERO,
        fixed_amount: Number = ZERO,
        free_events: int = 0,
        transaction_min: Number | None = None,
        transaction_max: Number | None = None,
        unit_name: str = "units",
    ) -> None:
        self.model = charge_model
        self.price = _amount(price_per_unit)
        self.quota = _amount(included_quota)
        self.batch = unit_batch
        self.block_rating = block_rating
        self.flat = _amount(flat_amount)
        self.flat_at_zero = flat_at_zero
        self.minimum = _amount(minimum_amount)
        self.rungs = tuple(Rung(**tier) for tier in tiers)
        self.percent = _amount(percent)
        self.event_fee = _amount(fixed_amount)
        self.free_events = free_events
        self.least = None if transaction_min is None else _amount(transaction_min)
        self.most = None if transaction_max is None else _amount(transaction_max)
        self.unit_name = unit_name
        self._check()
        self._check_rungs()

    @property
    def whole(self) -> bool:
        """True if started batches count as full ones; of packages they always do."""
        return self.model == "package" or self.block_rating == "whole"

    @property
    def by_transaction(self) -> bool:
        """True if the fee of each single event has a limit."""
        return (self.least, self.most) != (None, None)

    @property
    def wants_events(self) -> bool:
        """True if a fee depends on single events, not only on their sum."""
        return self.model == "percentage" and (
            self.by_transaction or self.event_fee > 0 or self.free_events > 0
        )

    def with_minimum(self, minimum: Decimal) -> "Tariff":
        """Return these terms with another minimum: that of a part of a period, say."""
        if minimum == self.minimum:
            return self
        other = copy(self)
        other.minimum = minimum
        return other

    def _check(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"There is no charge model '{self.model}'.")
        if self.block_rating not in ("fractional", "whole"):
            raise ValueError("Batches are rated fractional or whole.")
        if self.batch < 1:
            raise ValueError("A price is for at least one unit.")
        if self.model in PERCENTAGES and (self.batch != 1 or self.block_rating == "whole"):
            raise ValueError("A percentage has no batches.")
        if self.free_events < 0:
            raise ValueError("The number of free events is never negative.")
        if self.by_transaction and self.most is not None and self.most < (self.least or 0):
            raise ValueError("The least fee of a transaction is above the highest.")

    def _check_rungs(self) -> None:
        if (self.model in TIERED) != bool(self.rungs):
            raise ValueError("Graduated and volume charges need tiers, others have none.")
        end = ZERO
        for position, rung in enumerate(self.rungs, start=1):
            if (rung.up_to is None) != (position == len(self.rungs)):
                raise ValueError("The last tier has no end, and every other has one.")
            if rung.up_to is not None:
                if rung.up_to <= end:
                    raise ValueError("A tier ends above the one below it.")
                end = rung.up_to


def _amount(value: Number) -> Decimal:
    number = decimal(value)
    if number < 0:
        raise ValueError(f"{number} is negative; prices and quantities of a charge are not.")
    return number

"""Rating: from a charge and a period's units to an amount that explains itself.

Rounding happens once, at the end: to 6 decimals, a half away from zero. Cents are the
invoice's. Written from the charge models as Lago publishes them, apart from the addon's own
rating, which it is there to audit. Two rules are ours: a negative quantity costs nothing
but the minimum, and free events and a free amount together end with whichever ends first
even if that is with the very first event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from tasks.model.errors import FusionError
from tasks.model.money import decimal_text
from tasks.model.rating import steps
from tasks.model.rating.charge import RatedCharge
from tasks.model.rating.steps import Step, quantity, to_micros

_EXACT = Context(prec=100)


@dataclass(frozen=True, slots=True)
class Rating:
    """What one charge costs for one period.

    Attributes:
        units: Units used, never negative, in the metric's unit.
        included: Those of them that cost nothing.
        overage_units: The others; ``units = included + overage_units``.
        amount: Price with 6 decimals, before tax, in the charge's currency.
        steps: The exact addends of the amount.
        explanation: One line that a person can follow to the amount.
    """

    units: Decimal
    included: Decimal
    overage_units: Decimal
    amount: Decimal
    steps: tuple[Step, ...]
    explanation: str


def rate(
    charge: RatedCharge,
    units: Decimal,
    events: Sequence[Decimal] | None = None,
    *,
    whole_period: bool = True,
) -> Rating:
    """Price a period's usage.

    Args:
        charge: The terms.
        units: Aggregated quantity in the metric's unit; a negative one counts as 0.
        events: The single quantities in time order; needed for fees per event.
        whole_period: False leaves the minimum out, as for a period that still runs.

    Raises:
        FusionError: The events are missing, negative, or not what adds up to the units.
    """
    _check(charge, units, events)
    used = max(Fraction(units), Fraction(0))
    free, parts = _price(charge, used, events)
    if units >= 0 and charge.flat_amount and (used > free or charge.flat_at_zero):
        parts.append(steps.flat(charge.flat_amount))
    if units < 0:
        parts = []
    if whole_period:
        parts.extend(_true_up(charge, parts))
    amount = to_micros(sum((step.amount for step in parts), Fraction(0)))
    return Rating(
        units=_decimal(used),
        included=_decimal(free),
        overage_units=_decimal(used - free),
        amount=amount,
        steps=tuple(parts),
        explanation=_explain(charge, used, free, parts, amount),
    )


def _check(charge: RatedCharge, units: Decimal, events: Sequence[Decimal] | None) -> None:
    if events is None:
        if charge.needs_events and units > 0:
            raise FusionError("Fees per event need the events, not only their sum.")
    elif any(event < 0 for event in events):
        raise FusionError("An event is negative; net it with the one that it corrects.")
    elif charge.charge_model == "percentage" and sum(map(Fraction, events)) != Fraction(units):
        raise FusionError(f"The events do not add up to the {units} units of the period.")


def _price(
    charge: RatedCharge, used: Fraction, events: Sequence[Decimal] | None
) -> tuple[Fraction, list[Step]]:
    """Return the units that cost nothing, and the steps that price the others."""
    if charge.charge_model != "percentage":
        free = min(used, Fraction(charge.included_quota))
        return free, list(steps.usage_steps(charge, used - free))
    if not charge.is_per_transaction:
        free = steps.free_amount(charge, used, events)
        return free, list(steps.percentage_steps(charge, used, free, events))
    fees = list(steps.transaction_fees(charge, events or ()))
    paid = [fee for _, fee in fees if fee]
    total = sum(paid, Fraction(0))
    text = f"{len(paid)} transactions for {decimal_text(to_micros(total))}"
    return sum((part for part, _ in fees), Fraction(0)), [Step(text, total)] if paid else []


def _true_up(charge: RatedCharge, parts: Sequence[Step]) -> Iterator[Step]:
    missing = Fraction(charge.minimum_amount) - sum((step.amount for step in parts), Fraction(0))
    if missing > 0:
        up_to = f"to the minimum of {decimal_text(charge.minimum_amount)}"
        yield Step(f"{decimal_text(to_micros(missing))} {up_to}", missing)


def _explain(
    charge: RatedCharge, used: Fraction, free: Fraction, parts: Sequence[Step], amount: Decimal
) -> str:
    texts = [f"{quantity(used / charge.unit_batch)} {charge.unit_name} used"]
    if free:
        texts.append(f"{quantity(free / charge.unit_batch)} included")
    if parts:
        texts.append(" + ".join(step.text for step in parts))
    return f"{', '.join(texts)} = {decimal_text(amount)}"


def _decimal(value: Fraction) -> Decimal:
    return _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))

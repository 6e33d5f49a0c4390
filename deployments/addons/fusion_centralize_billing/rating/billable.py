"""What a quantity costs under a tariff.

A part is a pair: the text an explanation shows, and its amount times the batch. Carried so,
each part is a finite decimal even where a batch is a third of an hour; the division by the
batch comes once, for the sum, together with the rounding to 6 decimals.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypedDict

from . import ladder, transactions
from .ladder import Part
from .numbers import ZERO, Number, decimal, divide_half_up, exact, plain, show_quantity
from .tariff import Tariff


class Billable(TypedDict):
    """What a quantity costs, and why; ``true_up`` is what only the minimum adds."""

    units: Decimal
    included: Decimal
    overage_units: Decimal
    amount: Decimal
    true_up: Decimal
    explanation: str


def compute_billable(
    tariff: Tariff,
    quantity: Number,
    events: Sequence[Number] | None = None,
    *,
    whole_period: bool = True,
) -> Billable:
    """Return what a quantity costs.

    Args:
        tariff: The terms.
        quantity: Aggregated quantity in the metric's unit; below 0 it counts as 0, and
            nothing but the minimum is due.
        events: Single quantities in time order, where fees depend on them.
        whole_period: False for a period that still runs: the minimum is not due yet.

    Raises:
        ValueError: The events are missing, negative or another sum than the quantity.
    """
    with exact():
        quantity = decimal(quantity)
        singles = _events(tariff, quantity, events)
        units = max(quantity, ZERO)
        included, parts = _parts(tariff, units, singles)
        if tariff.flat and (units > included or tariff.flat_at_zero):
            parts.append(ladder.flat(tariff, tariff.flat))
        if quantity < 0:
            parts = []
        total = sum((weight for _text, weight in parts), ZERO)
        used = divide_half_up(total, tariff.batch)
        if whole_period and tariff.minimum * tariff.batch > total:
            parts.append(_true_up(tariff, total))
            total = tariff.minimum * tariff.batch
        amount = divide_half_up(total, tariff.batch)
        return {
            "units": units,
            "included": included,
            "overage_units": units - included,
            "amount": amount,
            "true_up": amount - used,
            "explanation": _sentence(tariff, units, included, parts, amount),
        }


def _events(tariff: Tariff, quantity: Decimal, events: Sequence[Number] | None) -> list[Decimal]:
    if events is None:
        if tariff.wants_events and quantity > 0:
            raise ValueError("This charge has fees per event: it needs every single event.")
        return []
    singles = [decimal(event) for event in events]
    if any(event < 0 for event in singles):
        raise ValueError("An event is negative; offset it against the one it corrects.")
    if tariff.model == "percentage" and sum(singles, ZERO) != quantity:
        raise ValueError(f"The events add up to {sum(singles, ZERO)}, not to {quantity}.")
    return singles


def _parts(tariff: Tariff, units: Decimal, events: list[Decimal]) -> tuple[Decimal, list[Part]]:
    if tariff.model == "percentage":
        if tariff.by_transaction:
            return transactions.one_by_one(tariff, events)
        return transactions.of_total(tariff, units, events)
    included = min(units, tariff.quota)
    overage = units - included
    if tariff.whole:
        blocks, started = divmod(overage, tariff.batch)
        overage = (blocks + (started > 0)) * tariff.batch
    if tariff.model == "volume":
        return included, list(ladder.volume(tariff, overage))
    if tariff.rungs:
        return included, list(ladder.graduated(tariff, overage))
    return included, [ladder.batches_at(tariff, overage, tariff.price)] if overage else []


def _true_up(tariff: Tariff, total: Decimal) -> Part:
    missing = tariff.minimum * tariff.batch - total
    shown = plain(divide_half_up(missing, tariff.batch))
    return f"{shown} to the minimum of {plain(tariff.minimum)}", missing


def _sentence(
    tariff: Tariff, units: Decimal, included: Decimal, parts: list[Part], amount: Decimal
) -> str:
    used = f"{show_quantity(units, tariff.batch)} {tariff.unit_name} used"
    free = f", {show_quantity(included, tariff.batch)} included" if included else ""
    sums = ", " + " + ".join(text for text, _weight in parts) if parts else ""
    return f"{used}{free}{sums} = {plain(amount)}"

"""Tiers. Quantities are in units here, so a tier of 100 hours ends at 360,000 seconds."""

from collections.abc import Iterator
from decimal import Decimal

from .numbers import PERCENT, ZERO, plain, show_quantity
from .tariff import Rung, Tariff

Part = tuple[str, Decimal]
"""What an explanation shows, and its amount times the batch."""


def graduated(tariff: Tariff, units: Decimal) -> Iterator[Part]:
    """Yield the parts of each tier that the units reach; see ``billable`` for a part."""
    for rung, inside in climb(tariff, units):
        if inside and tariff.model == "graduated":
            yield batches_at(tariff, inside, rung.per_unit)
        elif inside:
            yield share(inside, rung.percent)
        yield from flat_of(tariff, rung, units)


def volume(tariff: Tariff, units: Decimal) -> Iterator[Part]:
    """Yield the parts of the one tier that prices all units.

    A tier holds its own end; a fraction beyond it is in the next tier already.
    """
    rung = next(rung for rung in tariff.rungs if units <= end_of(tariff, rung, units))
    if units:
        yield batches_at(tariff, units, rung.per_unit)
    yield from flat_of(tariff, rung, units)


def climb(tariff: Tariff, units: Decimal) -> Iterator[tuple[Rung, Decimal]]:
    """Yield each reached tier with the units inside; the lowest is reached without any."""
    below = ZERO
    for rung in tariff.rungs:
        top = min(units, end_of(tariff, rung, units))
        yield rung, top - below
        if top == units:
            return
        below = top


def end_of(tariff: Tariff, rung: Rung, units: Decimal) -> Decimal:
    """Return where a tier ends in units; the last one ends wherever the units do."""
    return units if rung.up_to is None else rung.up_to * tariff.batch


def flat_of(tariff: Tariff, rung: Rung, units: Decimal) -> Iterator[Part]:
    """Yield the tier's flat fee if there is one and it is due."""
    if rung.flat and (units or tariff.flat_at_zero):
        yield flat(tariff, rung.flat)


def flat(tariff: Tariff, amount: Decimal) -> Part:
    """Return the part of a flat fee."""
    return f"{plain(amount)} flat", amount * tariff.batch


def batches_at(tariff: Tariff, units: Decimal, price: Decimal) -> Part:
    """Return the part of units priced by the batch."""
    return f"{show_quantity(units, tariff.batch)} x {plain(price)}", units * price


def share(units: Decimal, percent: Decimal) -> Part:
    """Return the part of a percentage; such charges have batches of 1."""
    return f"{plain(percent)} % of {show_quantity(units)}", units * percent * PERCENT

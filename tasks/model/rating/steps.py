"""The steps by which each charge model prices what lies beyond the quota.

All arithmetic is in fractions, so no step rounds: a third of a batch is a third.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from tasks.model.money import decimal_text
from tasks.model.rating.charge import RatedCharge, Tier

_DIGITS = 6


def to_micros(value: Fraction) -> Decimal:
    """Round a value >= 0 to 6 decimals, a half away from zero.

    >>> to_micros(Fraction(1, 3)), to_micros(Fraction(5, 10**7))
    (Decimal('0.333333'), Decimal('0.000001'))
    """
    whole = floor(value * 10**_DIGITS + Fraction(1, 2))
    return Decimal((0, tuple(map(int, str(whole))), -_DIGITS))


def quantity(value: Fraction) -> str:
    """Write a quantity with 2 to 6 decimals.

    >>> quantity(Fraction(225, 2)), quantity(Fraction(1, 36))
    ('112.50', '0.027778')
    """
    digits = f"{to_micros(value):f}".rstrip("0")
    whole, _, decimals = digits.partition(".")
    return f"{whole}.{decimals:<02}"


@dataclass(frozen=True, slots=True)
class Step:
    """One addend of an amount.

    Attributes:
        text: How it came about, such as ``112.50 x 0.0075``.
        amount: The exact, unrounded value.
    """

    text: str
    amount: Fraction


def usage_steps(charge: RatedCharge, overage: Fraction) -> Iterator[Step]:
    """Price ``overage`` units by any model but percentage."""
    batches = overage / charge.unit_batch
    if charge.is_whole:
        batches = Fraction(ceil(batches))
    if charge.charge_model in {"graduated", "graduated_percentage"}:
        yield from _graduated(charge, batches)
    elif charge.charge_model == "volume":
        yield from _volume(charge, batches)
    elif batches:
        yield _priced(batches, charge.price_per_unit)


def percentage_steps(
    charge: RatedCharge, units: Fraction, free: Fraction, events: Sequence[Decimal] | None
) -> Iterator[Step]:
    """Take the share of all units but ``free``, and the fee of each event that is not free.

    An event that lands exactly on the amount without fee uses it up and pays its own fee.
    """
    if units > free:
        yield _share(units - free, charge.percent)
    if charge.fixed_amount and units:
        paid = len(events or ()) - _free_events(charge, events or ())
        if paid:
            text = f"{paid} events x {decimal_text(charge.fixed_amount)}"
            yield Step(text, paid * Fraction(charge.fixed_amount))


def free_amount(charge: RatedCharge, units: Fraction, events: Sequence[Decimal] | None) -> Fraction:
    """Return the part of a percentage's units without fee: both free rules, the first to end."""
    limits = []
    if charge.free_events:
        limits.append(sum(map(Fraction, (events or ())[: charge.free_events]), Fraction(0)))
    if charge.included_quota:
        limits.append(Fraction(charge.included_quota))
    return min([units, *limits]) if limits else Fraction(0)


def transaction_fees(
    charge: RatedCharge, events: Sequence[Decimal]
) -> Iterator[tuple[Fraction, Fraction]]:
    """Yield each event's part without fee and its fee, held between the least and the highest.

    An amount without fee makes the number of free events irrelevant: the event that uses the
    amount up pays for its remainder, and both rules end with it.
    """
    left = Fraction(charge.included_quota)
    for position, event in enumerate(map(Fraction, events)):
        counted_free = not charge.included_quota and position < charge.free_events
        if counted_free or event < left:
            left = max(left - event, Fraction(0))
            yield event, Fraction(0)
            continue
        fee = (event - left) * Fraction(charge.percent) / 100 + Fraction(charge.fixed_amount)
        fee = max(fee, Fraction(charge.transaction_min or 0))
        if charge.transaction_max is not None:
            fee = min(fee, Fraction(charge.transaction_max))
        yield left, fee
        left = Fraction(0)


def _free_events(charge: RatedCharge, events: Sequence[Decimal]) -> int:
    counts = [charge.free_events] if charge.free_events else []
    if charge.included_quota:
        total, count = Decimal(0), 0
        for event in events:
            total += event
            count += total < charge.included_quota
        counts.append(count)
    return min([*counts, len(events)]) if counts else 0


def _graduated(charge: RatedCharge, batches: Fraction) -> Iterator[Step]:
    start = Fraction(0)
    for position, tier in enumerate(charge.tiers):
        if position and batches <= start:
            return
        inside = (batches if tier.up_to is None else min(batches, Fraction(tier.up_to))) - start
        if inside and charge.charge_model == "graduated":
            yield _priced(inside, tier.per_unit)
        elif inside:
            yield _share(inside, tier.percent)
        yield from _tier_flat(charge, tier, batches)
        start = Fraction(tier.up_to or 0)


def _volume(charge: RatedCharge, batches: Fraction) -> Iterator[Step]:
    tier = next(tier for tier in charge.tiers if tier.up_to is None or batches <= tier.up_to)
    if batches:
        yield _priced(batches, tier.per_unit)
    yield from _tier_flat(charge, tier, batches)


def _tier_flat(charge: RatedCharge, tier: Tier, batches: Fraction) -> Iterator[Step]:
    if tier.flat and (batches or charge.flat_at_zero):
        yield flat(tier.flat)


def flat(amount: Decimal) -> Step:
    """Return the step of a flat fee."""
    return Step(f"{decimal_text(amount)} flat", Fraction(amount))


def _priced(batches: Fraction, price: Decimal) -> Step:
    return Step(f"{quantity(batches)} x {decimal_text(price)}", batches * Fraction(price))


def _share(units: Fraction, percent: Decimal) -> Step:
    text = f"{decimal_text(percent)} % of {quantity(units)}"
    return Step(text, units * Fraction(percent) / 100)

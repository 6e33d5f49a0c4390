"""The rate of tax that an invoice was made with, from its amounts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

#: Sales taxes that an amount may include where the line does not tell its own, in percent.
USUAL_TAXES = tuple(map(Decimal, ("5", "11", "12", "13", "14", "14.975", "15")))
#: NexaCloud keeps four decimals of an amount.
_STEP = Decimal("0.0001")


def oddness(rate: Decimal) -> tuple[bool, int]:
    """Give the order of likely rates: none and the usual ones first, then the rounder."""
    return bool(rate) and rate not in USUAL_TAXES, -int(rate.as_tuple().exponent)


def tax_percent(
    subtotal: Decimal,
    tax: Decimal,
    *,
    largest: Decimal = Decimal(0),
    cent: Decimal = Decimal("0.01"),
    lines: int = 1,
) -> Decimal | None:
    """Return the tax rate that an invoice was made with, in percent.

    A usual one, or the shortest that fits, as exactly as the tax was kept: to four decimals, or
    in cents, of which one may be lost where several taxes or lines are rounded. Where none fits
    (a part of the invoice was not taxed, say) it is what the invoice comes to as a whole.

    Args:
        subtotal: Before tax.
        tax: On all of it.
        largest: The largest amount to which the rate will be applied; where the rounding of the
            tax would show on it, only a rate that fits exactly is told.
        cent: The currency's smallest unit.
        lines: How many items it has: each may have had its own tax rounded.

    >>> tax_percent(Decimal("49.1234"), Decimal("7.3562"))
    Decimal('14.975')
    >>> tax_percent(Decimal("62.35"), Decimal("9.34"))
    Decimal('14.975')
    >>> tax_percent(Decimal("58.00"), Decimal("6.37"))
    Decimal('11')
    """
    if not subtotal:
        return None
    is_in_cents = tax % cent == 0
    kept = cent / 2 if is_in_cents else _STEP
    is_sure = kept * max(largest, abs(subtotal)) <= cent / 2 * abs(subtotal)
    exact = tax / subtotal * 100
    rounded = [round(exact, digits) for digits in range(4)]
    usual = USUAL_TAXES if is_in_cents and is_sure and tax else ()
    fitting = [
        *((percent, _STEP) for percent in rounded[:2]),
        *_nearest(usual, subtotal, tax, (cent, cent / 2 * lines)),
        *((percent, _STEP) for percent in rounded[2:]),
    ]
    for percent, step in fitting:
        if abs(percent * subtotal / 100 - tax) <= step:
            return percent
    return round(exact, 6) if is_sure else None


def _nearest(
    rates: Collection[Decimal], subtotal: Decimal, tax: Decimal, tolerances: Sequence[Decimal]
) -> list[tuple[Decimal, Decimal]]:
    """Give the rate that is within the first tolerance that one is, with it.

    Of two that would do neither is told.
    """
    for within in tolerances:
        near = [percent for percent in rates if abs(percent * subtotal / 100 - tax) <= within]
        if near:
            return [(percent, within) for percent in near if len(near) == 1]
    return []

"""Numbers as an explanation shows them, and the one rounding of an amount."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

from tasks.model.money import decimal_text

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


def money(value: Decimal) -> str:
    """Write an amount or price without needless zeros."""
    return decimal_text(value)

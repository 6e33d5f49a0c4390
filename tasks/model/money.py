"""Exact money on the wire: decimals to text and back, never through a float."""

from __future__ import annotations

from decimal import Decimal

from tasks.model.errors import FusionError


def decimal_text(value: Decimal) -> str:
    """Write a finite decimal as plain digits, the same text for the same number.

    >>> decimal_text(Decimal("49.00")), decimal_text(Decimal("7.5E-3")), decimal_text(Decimal("-0"))
    ('49', '0.0075', '0')

    Raises:
        FusionError: The value is NaN or infinite, which is no amount.
    """
    if not value.is_finite():
        raise FusionError(f"{value} is not an amount: a finite decimal is needed")
    digits = format(value, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits in {"-0", ""} else digits

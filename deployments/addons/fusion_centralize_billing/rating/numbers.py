"""Exact decimals: whatever would lose a digit raises, and the one division comes last."""

from contextlib import AbstractContextManager
from decimal import (
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)

EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
ZERO = Decimal(0)
PERCENT = Decimal("0.01")
_MICRO = Decimal("0.000001")

Number = Decimal | float | str
"""What a decimal is made of: a decimal, its text, or a float field's value."""


def exact() -> AbstractContextManager[Context]:
    """Return a context manager within which no decimal operation rounds."""
    return localcontext(EXACT)


def decimal(value: Number) -> Decimal:
    """Return a number as the decimal that its shortest text shows.

    A float field of Odoo holds the float nearest to a decimal of at most 15 digits, and that
    float's shortest text is this very decimal: 0.0075 is 0.0075 and no 0.00749999....

    Raises:
        ValueError: It is not a finite number.
    """
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"'{value}' is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{value} is not a finite number")
    return number


def divide_half_up(dividend: Decimal, divisor: Decimal | int) -> Decimal:
    """Return ``dividend / divisor`` with 6 decimals, a half away from zero; both are >= 0."""
    micros, rest = divmod(dividend / _MICRO, Decimal(divisor))
    return (micros + (rest + rest >= divisor)) * _MICRO


def show_quantity(dividend: Decimal, divisor: Decimal | int = 1) -> str:
    """Return a quotient as text with 2 to 6 decimals."""
    whole, _point, decimals = format(divide_half_up(dividend, divisor), "f").partition(".")
    return whole + "." + decimals.rstrip("0").ljust(2, "0")


def plain(value: Decimal) -> str:
    """Write a decimal without an exponent and without zeros at its end."""
    digits = format(value, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits

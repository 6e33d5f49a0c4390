"""Exact money on the wire: decimals to text and back, never through a float."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from tasks.model.errors import FusionError

#: Odoo takes no price of 100 million; a sum of many amounts below this one keeps its millionths.
_MOST = Decimal(10) ** 11
#: Digits after the point of the currencies that do not have two, as Lago and Odoo have them.
_DIGITS = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"], 0),
    **dict.fromkeys(["UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    "CLF": 4,
}


def minor_digits(currency: str) -> int:
    """Say how many digits the currency has after the point.

    >>> minor_digits("CAD"), minor_digits("JPY"), minor_digits("KWD"), minor_digits("CLF")
    (2, 0, 3, 4)
    """
    return _DIGITS.get(currency, 2)


def amount_of(text: str | None) -> Decimal | None:
    """Read a decimal of the source; None where there is none that can be billed or compared.

    >>> amount_of("49.00"), amount_of("NaN"), amount_of("-Infinity"), amount_of("1e20")
    (Decimal('49.00'), None, None, None)
    """
    value = number_of(text)
    return value if value is not None and abs(value) < _MOST else None


def number_of(text: str | None) -> Decimal | None:
    """Read a decimal of the source, however large; None where there is none.

    >>> number_of("1e20"), number_of("NaN"), number_of(None)
    (Decimal('1E+20'), None, None)
    """
    value = None if text is None else Decimal(text)
    return value if value is not None and value.is_finite() else None


@lru_cache(maxsize=4096, typed=True)
def exact(value: float) -> Decimal:
    """Take a number off the wire at the digits that Odoo keeps; quotas and zeros come often.

    JSON knows only floats: 15 digits survive, and the most seconds that a period can hold, to
    6 decimals, have no more.

    >>> exact(0.0075), exact(49.0)
    (Decimal('0.0075'), Decimal('49.0'))
    """
    return Decimal(repr(value))


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

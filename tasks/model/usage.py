"""What NexaCloud meters, and how exactly."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

METRIC = "cpu_seconds"


_STEP = Decimal("0.000001")


def whole_microseconds(seconds: Decimal) -> Decimal:
    """Round a quantity to the 6 decimals that Odoo keeps, half away from zero.

    >>> whole_microseconds(Decimal("0.0000005")), whole_microseconds(Decimal("252304.9200"))
    (Decimal('0.000001'), Decimal('252304.920000'))
    """
    return seconds.quantize(_STEP, rounding=ROUND_HALF_UP)

"""What is known about NexaCloud's way of pricing, and what it meters."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

#: Price of a core-hour where a plan names none.
HOUSE_RATE_PER_CORE_HOUR = Decimal("0.0075")
SECONDS_PER_CORE_HOUR = 3600
#: Billing cycle -> the column of ``plans`` that holds its price (NULL: not sold).
CYCLE_PRICES = {"monthly": "price_monthly", "yearly": "price_yearly"}
#: Months of a billing cycle: an add-on is priced by the month.
CYCLE_MONTHS = {"monthly": 1, "yearly": 12}
#: What the description of an item says that settles a change by days; PostgreSQL reads it too.
PRORATED = (
    "(un-?used|remaining) (time|days|period|portion|part) (on|of|for) "
    "|(^|[^a-z])pro-?rat(a|ed|ion)|temps (inutil|non util|restant)"
)
METRIC = "cpu_seconds"
_STEP = Decimal("0.000001")


def whole_microseconds(seconds: Decimal) -> Decimal:
    """Round a quantity to the 6 decimals that Odoo keeps, half away from zero.

    >>> whole_microseconds(Decimal("0.0000005")), whole_microseconds(Decimal("252304.9200"))
    (Decimal('0.000001'), Decimal('252304.920000'))
    """
    return seconds.quantize(_STEP, rounding=ROUND_HALF_UP)

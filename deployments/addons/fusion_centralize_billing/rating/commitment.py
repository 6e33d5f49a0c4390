"""What is missing to the least that a plan costs in a period."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from .numbers import ZERO, plain


class TrueUp(NamedTuple):
    """What is due beside all that a period costs, and why; 0 where the minimum is reached."""

    amount: Decimal
    explanation: str


def true_up(
    minimum: Decimal, days: tuple[int, int], fees: Mapping[str, Decimal], cent: Decimal
) -> TrueUp:
    """Return what a period's fees leave open of the least that it costs.

    Args:
        minimum: Of a whole period, before tax.
        days: On how many days of the period the plan was there, and of how many.
        fees: What the period costs, each fee rounded as it is billed, by what it is for.
        cent: The least amount of the currency.

    >>> fees = {"price": Decimal("15.00"), "usage": Decimal("4.00")}
    >>> true_up(Decimal(45), (15, 30), fees, Decimal("0.01"))[0]
    Decimal('3.50')
    """
    part, whole = days
    least = (minimum * part / whole).quantize(cent, ROUND_HALF_UP)
    total = sum(fees.values(), ZERO)
    missing = max(least - total, ZERO)
    sums = " + ".join(f"{plain(fee)} {name}" for name, fee in fees.items() if fee)
    of_days = f" for {part} of {whole} days" if part != whole else ""
    told = f"{sums or plain(ZERO)} of a minimum of {plain(least)}{of_days}"
    return TrueUp(missing, f"{told} = {plain(missing)} missing")

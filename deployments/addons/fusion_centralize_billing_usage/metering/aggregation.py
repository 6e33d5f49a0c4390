"""How the quantities of one metric in one billing period become one number."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from operator import attrgetter

QUANTITY_STEP = Decimal("0.000001")
_MICROSECOND = timedelta(microseconds=1)


Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity and the half-open time that it was measured over."""

    start: datetime
    end: datetime
    quantity: Decimal


def aggregate(method: str, measures: Sequence[Measure], period: Period) -> Decimal:
    """Return the units of a period; 0 where nothing was measured.

    Args:
        method: A metric's aggregation. ``sum``, ``max``; ``last``: of the measure that starts
            last, of several the one given last; ``count``: of measures; ``unique``: of
            different quantities; ``weighted_sum``: each quantity by the share of the period
            that its time fills, to 6 decimals, half away from zero.
        measures: In the order in which they were stored.
        period: Start and end of the billing period.
    """
    if not measures:
        return Decimal(0)
    # The default context would round sums of more than 28 digits.
    with localcontext(prec=60):
        if method == "weighted_sum":
            return _weighted_sum(measures, period)
        if method == "last":
            # Of several that start then, the one given last is the first one from behind.
            return max(reversed(measures), key=attrgetter("start")).quantity
        return _OF_QUANTITIES[method]([measure.quantity for measure in measures])


def _weighted_sum(measures: Sequence[Measure], period: Period) -> Decimal:
    start, end = period
    weighted = sum(
        (one.quantity * ((one.end - one.start) // _MICROSECOND) for one in measures), Decimal(0)
    )
    share = weighted / ((end - start) // _MICROSECOND)
    return share.quantize(QUANTITY_STEP, rounding=ROUND_HALF_UP)


_OF_QUANTITIES: dict[str, Callable[[list[Decimal]], Decimal]] = {
    "sum": lambda quantities: sum(quantities, Decimal(0)),
    "max": max,
    "unique": lambda quantities: Decimal(len(set(quantities))),
    "count": lambda quantities: Decimal(len(quantities)),
}

"""How the quantities of one metric in one billing period become one number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

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
        return _METHODS[method](measures, period)


def _sum(measures: Sequence[Measure], _period: Period) -> Decimal:
    return sum((measure.quantity for measure in measures), Decimal(0))


def _max(measures: Sequence[Measure], _period: Period) -> Decimal:
    return max(measure.quantity for measure in measures)


def _last(measures: Sequence[Measure], _period: Period) -> Decimal:
    latest = max(measure.start for measure in measures)
    return [measure.quantity for measure in measures if measure.start == latest][-1]


def _unique(measures: Sequence[Measure], _period: Period) -> Decimal:
    return Decimal(len({measure.quantity for measure in measures}))


def _count(measures: Sequence[Measure], _period: Period) -> Decimal:
    return Decimal(len(measures))


def _weighted_sum(measures: Sequence[Measure], period: Period) -> Decimal:
    start, end = period
    weighted = sum(
        (
            measure.quantity * ((measure.end - measure.start) // _MICROSECOND)
            for measure in measures
        ),
        Decimal(0),
    )
    share = weighted / ((end - start) // _MICROSECOND)
    return share.quantize(QUANTITY_STEP, rounding=ROUND_HALF_UP)


_METHODS = {
    "sum": _sum,
    "max": _max,
    "last": _last,
    "unique": _unique,
    "count": _count,
    "weighted_sum": _weighted_sum,
}

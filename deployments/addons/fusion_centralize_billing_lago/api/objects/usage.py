"""What a subscription has used in a billing period, and what that costs."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from ..lago_id import lago_id
from .metric import aggregation_type
from .table import (
    CENTS,
    DAY,
    DECIMAL,
    FREE,
    ID,
    ID_,
    MOMENT,
    NOTHING,
    TEXT,
    TEXT_,
    WHOLE,
    Table,
    list_of,
    or_null,
)
from .values import cents, decimal_text, moment


@dataclass
class PeriodUsage:
    """Rated lines of one billing period.

    Attributes:
        currency: The ``res.currency`` that all lines are in.
        start: Of the billing period.
        end: Its end, which does not belong to it.
        lines: ``RatedLine`` of each charge of the plan.
        taxes_cents: Tax on the sum; 0 if it was not asked for.
    """

    currency: object
    start: object
    end: object
    lines: list
    taxes_cents: int

    @property
    def amount_cents(self) -> int:
        """Return what the lines cost."""
        return sum(cents(line.amount, self.currency) for line in self.lines)


def _units(seen) -> str:
    return decimal_text(max(seen[0].units, Decimal(0)))


_CHARGE = Table(
    "",
    {
        "lago_id": (ID, lago_id),
        "charge_model": (TEXT, lambda charge: charge.charge_model),
        "invoice_display_name": (TEXT_, None),
        "code": (TEXT, lambda charge: charge.metric_id.code),
    },
)
_METRIC = Table(
    "",
    {
        "lago_id": (ID, lago_id),
        "name": (TEXT, lambda metric: metric.name),
        "code": (TEXT, lambda metric: metric.code),
        "aggregation_type": (TEXT, aggregation_type),
    },
)
# Of a line and its currency.
_LINE = Table(
    "",
    {
        "units": (DECIMAL, _units),
        "total_aggregated_units": (DECIMAL, _units),
        "events_count": (WHOLE, lambda seen: seen[0].events_count),
        "amount_cents": (CENTS, lambda seen: cents(seen[0].amount, seen[1])),
        "amount_currency": (TEXT, lambda seen: seen[1].name),
        "pricing_unit_details": (or_null(FREE), None),
        "charge": (_CHARGE.schema, lambda seen: _CHARGE.show(seen[0].charge)),
        "billable_metric": (_METRIC.schema, lambda seen: _METRIC.show(seen[0].charge.metric_id)),
        "filters": (NOTHING, []),
        "grouped_usage": (NOTHING, []),
    },
)
USAGE = Table(
    "Usage",
    {
        "from_datetime": (MOMENT, lambda usage: moment(usage.start)),
        "to_datetime": (MOMENT, lambda usage: moment(usage.end - timedelta(seconds=1))),
        "issuing_date": (DAY, lambda usage: usage.end.date().isoformat()),
        "lago_invoice_id": (ID_, None),
        "currency": (TEXT, lambda usage: usage.currency.name),
        "amount_cents": (CENTS, lambda usage: usage.amount_cents),
        "taxes_amount_cents": (CENTS, lambda usage: usage.taxes_cents),
        "total_amount_cents": (CENTS, lambda usage: usage.amount_cents + usage.taxes_cents),
        "charges_usage": (
            list_of(_LINE.schema),
            lambda usage: [_LINE.show((line, usage.currency)) for line in usage.lines],
        ),
    },
    root="customer_usage",
    plural="usage_periods",
)

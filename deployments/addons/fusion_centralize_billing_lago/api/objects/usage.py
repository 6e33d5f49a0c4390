"""What a subscription has used in a billing period, and what that costs."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from odoo import fields

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
    MOMENT_,
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
        factor: How much longer the period is than what has gone of it.
    """

    currency: object
    start: object
    end: object
    lines: list
    taxes_cents: int
    factor: Decimal = Decimal(1)

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
        "code": (TEXT, lambda charge: charge._api_code()),
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


def _projected(seen) -> Decimal:
    """Return what a line will cost at the period's end: its units go on, and are rated anew."""
    line, _currency, factor = seen
    units = line.units * factor
    if line.charge.charge_model == "percentage":
        return line.amount * factor
    return line.charge._compute_billable(units, None, whole_period=True)["amount"]


_PROJECTED_LINE = Table(
    "",
    {
        **{name: _LINE.keys[name] for name in ("units", "events_count", "amount_cents")},
        "projected_units": (
            DECIMAL,
            lambda seen: decimal_text(round(max(seen[0].units, Decimal(0)) * seen[2], 6)),
        ),
        "projected_amount_cents": (CENTS, lambda seen: cents(_projected(seen), seen[1])),
        "groups": (NOTHING, []),
        **{
            name: _LINE.keys[name]
            for name in (
                "amount_currency",
                "charge",
                "billable_metric",
                "filters",
                "grouped_usage",
            )
        },
    },
)


def _projected_lines(usage) -> list[tuple]:
    return [(line, usage.currency, usage.factor) for line in usage.lines]


PROJECTED_USAGE = Table(
    "ProjectedUsage",
    {
        **{name: one for name, one in USAGE.keys.items() if name != "charges_usage"},
        "projected_amount_cents": (
            CENTS,
            lambda usage: sum(
                cents(_projected(line), usage.currency) for line in _projected_lines(usage)
            ),
        ),
        "charges_usage": (
            list_of(_PROJECTED_LINE.schema),
            lambda usage: [_PROJECTED_LINE.show(line) for line in _projected_lines(usage)],
        ),
    },
    root="customer_projected_usage",
)


@dataclass
class LifetimeUsage:
    """What a subscription has used since it began, in cents.

    Attributes:
        order: That which runs now.
        invoiced: Of billing periods that are over.
        current: Of the period that runs.
        currency: In which all of it is.
    """

    order: object
    invoiced: int
    current: int
    currency: object

    @property
    def begun(self):
        """Return when the subscription began, on whatever plan."""
        order = self.order
        while order.x_fc_previous_id:
            order = order.x_fc_previous_id
        return order.x_fc_subscribed_at or None

    @property
    def historical(self) -> int:
        """Return what it had used before it came here, as its service said."""
        return (self.order.x_fc_api_values or {}).get("historical_usage_cents") or 0


LIFETIME_USAGE = Table(
    "LifetimeUsage",
    {
        "lago_id": (ID, lambda seen: lago_id(seen.order)),
        "lago_subscription_id": (ID, lambda seen: lago_id(seen.order)),
        "external_subscription_id": (TEXT, lambda seen: seen.order._fc_public_id()),
        "external_historical_usage_amount_cents": (CENTS, lambda seen: seen.historical),
        "invoiced_usage_amount_cents": (CENTS, lambda seen: seen.invoiced),
        "current_usage_amount_cents": (CENTS, lambda seen: seen.current),
        "from_datetime": (MOMENT_, lambda seen: moment(seen.begun)),
        "to_datetime": (MOMENT, lambda _seen: moment(fields.Datetime.now())),
        "usage_thresholds": (NOTHING, []),
    },
    root="lifetime_usage",
)

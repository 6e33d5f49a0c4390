"""What a subscription has used in a billing period, and what that costs."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from odoo import fields

from ..lago_id import lago_id
from .metric import METRIC
from .plan import CHARGE
from .subscription import origin_of
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

    @property
    def charges(self) -> list["Used"]:
        """Return the lines of each charge: of one with filters, theirs, and its own last."""
        by_charge = {}
        for line in sorted(self.lines, key=_filters_first):
            by_charge.setdefault(line.charge._main(), []).append(line)
        order = {line.charge: at for at, line in enumerate(self.lines)}
        return [
            Used(by_charge[charge], self.currency, self.factor)
            for charge in sorted(by_charge, key=lambda charge: order.get(charge, 0))
        ]


@dataclass
class Used:
    """Lines of one charge, or one of them.

    Attributes:
        lines: ``RatedLine`` of each of its filters and of the rest.
        currency: See ``PeriodUsage``.
        factor: See there.
    """

    lines: list
    currency: object
    factor: Decimal

    @property
    def charge(self):
        """Return the charge as its service knows it."""
        return self.lines[0].charge._main()

    @property
    def part(self):
        """Return what priced the line: a filter, or the charge itself."""
        return self.lines[0].charge

    @property
    def units(self) -> Decimal:
        """Return what was used."""
        return sum((max(line.units, Decimal(0)) for line in self.lines), Decimal(0))

    @property
    def singly(self) -> list["Used"]:
        """Return the lines one by one, if the charge has filters."""
        if not self.charge.filter_ids:
            return []
        return [Used([line], self.currency, self.factor) for line in self.lines]


def _filters_first(line) -> tuple:
    return not line.charge.filter_of_id, line.charge.id


def _units(used: Used) -> str:
    return decimal_text(used.units)


def _cents(used: Used) -> int:
    return sum(cents(line.amount, used.currency) for line in used.lines)


def _events(used: Used) -> int:
    return sum(line.events_count for line in used.lines)


def _values(used: Used) -> dict:
    """Return the values of a filter; of what met none, none."""
    return used.part._filter()["values"] if used.part.filter_of_id else {}


def _display_name(used: Used) -> str | None:
    return used.part._filter().get("invoice_display_name") if used.part.filter_of_id else None


_CHARGE = Table(
    "",
    {
        **CHARGE.some("lago_id", "charge_model"),
        "invoice_display_name": (TEXT, CHARGE.keys["invoice_display_name"][1]),
        **CHARGE.some("code"),
    },
    bare=("invoice_display_name",),
)
_METRIC = Table("", METRIC.some("lago_id", "name", "code", "aggregation_type"))
_AMOUNTS = {
    "units": (DECIMAL, _units),
    "total_aggregated_units": (DECIMAL, _units),
    "events_count": (WHOLE, _events),
    "amount_cents": (CENTS, _cents),
}
_FILTER = Table(
    "",
    {
        **_AMOUNTS,
        "invoice_display_name": (TEXT, _display_name),
        "values": (FREE, _values),
    },
    bare=("invoice_display_name",),
)
_LINE = Table(
    "",
    {
        **_AMOUNTS,
        "amount_currency": (TEXT, lambda used: used.currency.name),
        "pricing_unit_details": (or_null(FREE), None),
        "charge": (_CHARGE.schema, lambda used: _CHARGE.show(used.charge)),
        "billable_metric": (
            _METRIC.schema,
            lambda used: _METRIC.show(used.charge.metric_id._whole()),
        ),
        "filters": (
            list_of(_FILTER.schema),
            lambda used: [_FILTER.show(one) for one in used.singly],
        ),
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
            lambda usage: [_LINE.show(used) for used in usage.charges],
        ),
    },
    root="customer_usage",
    plural="usage_periods",
)


def _projected(line, factor: Decimal) -> Decimal:
    """Return what a line will cost at the period's end: its units go on, and are rated anew."""
    units = line.units * factor
    if line.charge.charge_model == "percentage":
        return line.amount * factor
    return line.charge._compute_billable(units, None, whole_period=True)["amount"]


def _projected_cents(used: Used) -> int:
    return sum(cents(_projected(line, used.factor), used.currency) for line in used.lines)


_PROJECTIONS = {
    "projected_units": (DECIMAL, lambda used: decimal_text(round(used.units * used.factor, 6))),
    "projected_amount_cents": (CENTS, _projected_cents),
}
_PROJECTED_FILTER = Table("", {**_FILTER.keys, **_PROJECTIONS}, bare=_FILTER.bare)
_PROJECTED_LINE = Table(
    "",
    {
        **_LINE.some("units", "events_count", "amount_cents"),
        **_PROJECTIONS,
        "groups": (NOTHING, []),
        **_LINE.some("amount_currency", "charge", "billable_metric"),
        "filters": (
            list_of(_PROJECTED_FILTER.schema),
            lambda used: [_PROJECTED_FILTER.show(one) for one in used.singly],
        ),
        "grouped_usage": _LINE.keys["grouped_usage"],
    },
)


PROJECTED_USAGE = Table(
    "ProjectedUsage",
    {
        **{name: one for name, one in USAGE.keys.items() if name != "charges_usage"},
        "projected_amount_cents": (
            CENTS,
            lambda usage: sum(_projected_cents(used) for used in usage.charges),
        ),
        "charges_usage": (
            list_of(_PROJECTED_LINE.schema),
            lambda usage: [_PROJECTED_LINE.show(used) for used in usage.charges],
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
    """

    order: object
    invoiced: int
    current: int

    @property
    def begun(self):
        """Return when the subscription began, on whatever plan."""
        return origin_of(self.order).x_fc_subscribed_at or None

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

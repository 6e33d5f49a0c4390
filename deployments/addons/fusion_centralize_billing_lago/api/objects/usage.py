"""What a subscription has used in a billing period, and what that costs."""

from datetime import timedelta
from decimal import Decimal

from ..lago_id import lago_id
from .metric import AGGREGATION_TYPES
from .values import cents, decimal_text, moment


def usage_object(currency, period, lines, taxes_cents: int) -> dict:
    """Return rated lines of one billing period as Lago's ``customer_usage``.

    Args:
        currency: The ``res.currency`` that all lines are in.
        period: Start and end of the billing period; the end does not belong to it.
        lines: ``RatedLine`` of each charge of the plan.
        taxes_cents: Tax on the sum; 0 if it was not asked for.
    """
    start, end = period
    last_moment = end - timedelta(seconds=1)
    amount = sum(cents(line.amount, currency) for line in lines)
    return {
        "from_datetime": moment(start),
        "to_datetime": moment(last_moment),
        "issuing_date": end.date().isoformat(),
        "lago_invoice_id": None,
        "currency": currency.name,
        "amount_cents": amount,
        "taxes_amount_cents": taxes_cents,
        "total_amount_cents": amount + taxes_cents,
        "charges_usage": [_charge_usage(line, currency) for line in lines],
    }


def _charge_usage(line, currency) -> dict:
    charge, metric = line.charge, line.charge.metric_id
    units = decimal_text(max(line.units, Decimal(0)))
    return {
        "units": units,
        "total_aggregated_units": units,
        "events_count": line.events_count,
        "amount_cents": cents(line.amount, currency),
        "amount_currency": currency.name,
        "pricing_unit_details": None,
        "charge": {
            "lago_id": lago_id(charge),
            "charge_model": charge.charge_model,
            "invoice_display_name": None,
            "code": metric.code,
        },
        "billable_metric": {
            "lago_id": lago_id(metric),
            "name": metric.name,
            "code": metric.code,
            "aggregation_type": AGGREGATION_TYPES[metric._of_events()],
        },
        "filters": [],
        "grouped_usage": [],
    }

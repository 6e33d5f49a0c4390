"""What is stored of calendars: those of many orders from one query, and a company's time zone."""

from datetime import date

from odoo.tools import SQL

from .calendar import CYCLES, Calendar

#: Of ``sale_order so`` and its ``sale_subscription_plan recurring``; read by ``calendars_of``.
CALENDAR = SQL(
    """
    json_build_array(
        COALESCE(so.x_fc_first_day, so.start_date), so.x_fc_billing_time = 'calendar',
        so.x_fc_anchor_on, so.x_fc_timezone, so.x_fc_usage_cycle,
        recurring.billing_period_unit, recurring.billing_period_value
    )
    """
)


def company_zone(company) -> str:
    """Return the zone that billing periods are anchored in: that of the company's contact."""
    return company.partner_id.tz or "UTC"


def calendars_of(stored: list, zone: str) -> tuple[Calendar | None, Calendar | None]:
    """Return the periods of an order's usage and those of its recurring price.

    Both are None without a start, the latter without a recurring plan too.

    Args:
        stored: What ``CALENDAR`` selects.
        zone: The company's, for orders that have none of their own.
    """
    first, aligned, anchor, own_zone, usage_cycle, unit, count = stored
    if not first:
        return None, None
    day = date.fromisoformat(first)
    rest = (own_zone or zone, bool(aligned), date.fromisoformat(anchor) if anchor else None)
    usage = Calendar(day, *CYCLES[usage_cycle or "monthly"], *rest)
    return usage, Calendar(day, unit, count, *rest) if unit else None

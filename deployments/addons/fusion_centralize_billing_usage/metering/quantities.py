"""What was measured of many subscriptions, read exactly and put together by billing period."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from odoo.tools import SQL

from .aggregation import Measure

# Subscription id, metric id, start of the billing period.
Key = tuple[int, int, datetime]


def measures_of(
    env, subscription_ids: Iterable[int], since: datetime, until: datetime
) -> dict[Key, list[Measure]]:
    """Return the measures of all billing periods that start in [since, until)."""
    query = SQL(
        """
        SELECT subscription_id, metric_id, billing_start, period_start, period_end,
               quantity::text
        FROM fusion_billing_usage
        WHERE subscription_id = ANY(%s) AND billing_start >= %s AND billing_start < %s
        ORDER BY id
        """,
        list(subscription_ids),
        since,
        until,
    )
    found = defaultdict(list)
    # Odoo reads numerics as floats, therefore the text.
    for subscription_id, metric_id, billing_start, start, end, quantity in env.execute_query(query):
        measure = Measure(start, end, Decimal(quantity))
        found[subscription_id, metric_id, billing_start].append(measure)
    return found


def charges_of(env, service) -> dict[int, list]:
    """Return the service's charges by the id of their ``fusion.billing.plan``."""
    found = defaultdict(list)
    for charge in env["fusion.billing.charge"].search([("service_id", "=", service.id)]):
        found[charge.service_plan_id.id].append(charge)
    return found


def included_of(charge) -> Decimal:
    """Return the quota of a charge as a decimal.

    A float's shortest text is the number that was loaded: it has at most 15 digits.
    """
    return Decimal(repr(charge.included_quota))

"""What Odoo would bill for the periods that were due last, beside a month's ledger.

A month's ledger has the prices that begin in it. Who pays by the quarter or the year is compared
by the price that was due last, wherever its period began. Who pays by the month was billed since
the compared months as well: the latest of these bills says what is agreed now.
"""

from collections.abc import Sequence
from datetime import datetime

from odoo import fields
from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.periods.compared import compared_period, latest_period
from odoo.addons.fusion_centralize_billing_usage.metering.rated import Page
from odoo.addons.fusion_centralize_billing_usage.metering.subscriptions import (
    Subscription,
    page_of_subscriptions,
)

from .batch import LongPeriod
from .ledger import COLUMNS, LedgerLines

# Periods of no more than so many begin in every compared month; longer ones are long.
_SHORT = {"week": 4, "month": 1, "year": 0}
# Of ``sale_subscription_plan recurring``.
IS_LONG = SQL(
    "(%s)",
    SQL(" OR ").join(
        SQL("recurring.billing_period_unit = %s AND recurring.billing_period_value > %s", *short)
        for short in _SHORT.items()
    ),
)


def long_period_page(
    env,
    service,
    since: datetime,
    until: datetime,
    after_id: int,
    limit: int,
    *,
    months: bool = False,
) -> dict:
    """Return the prices of each shadow's long period that was due last, page by order id.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        since: UTC without a zone, as ``until``: the compared months.
        until: Their end.
        after_id: The last order of the page before.
        limit: Subscriptions in the page.
        months: What the source has billed last goes before, if it began after the compared
            months, also of who pays by less.
    """
    found = page_of_subscriptions(env, service, after_id, limit, None if months else IS_LONG)
    now = fields.Datetime.now()
    shadows = [one for one in found if _is_to_switch(one, now)]
    page = Page((since, until), [one.id for one in shadows], [], [], None)
    lines = LedgerLines(env, service, page, shadows)
    rows = []
    billed_until = {
        order.id: order.next_invoice_date
        for order in env["sale.order"].browse([one.id for one in shadows])
    }
    for one in shadows:
        arrears = one.id in lines.behind
        period = months and latest_period(one.recurrence, billed_until[one.id], until, now)
        if not period and one.recurrence.count > _SHORT[one.recurrence.unit]:
            period = compared_period(
                one.recurrence, until, now, arrears=arrears, free_until=one.free_until
            )
        if period:
            rows += lines.of_prices(one, *period)
    return {
        "columns": list(COLUMNS),
        "rows": rows,
        "next_after_id": found[-1].id if len(found) == limit else None,
    }


def of_long_periods(periods: Sequence[LongPeriod]) -> SQL:
    """Return the condition on a ``line`` that it is a price of one of these periods.

    The two sides' periods may begin some days apart.
    """
    return SQL(
        """
        line.id IN (
            SELECT price.id
            FROM unnest(%s::text[], %s::timestamp[]) AS long (subscription, start)
            JOIN fusion_billing_reconciliation price
                ON price.subscription = long.subscription
                AND price.period_start BETWEEN long.start - interval '3 days'
                                           AND long.start + interval '3 days'
            WHERE price.item = 'flat' OR price.item ~ '^(addon|fixed|discount|other):'
        )
        """,
        [subscription for subscription, _start in periods],
        [start for _subscription, start in periods],
    )


def _is_to_switch(subscription: Subscription, now: datetime) -> bool:
    is_over = subscription.ends_at and subscription.ends_at <= now
    return bool(subscription.recurrence and not subscription.live and not is_over)

"""Thresholds that events have reached. Events are only stored as they come; this looks later."""

from datetime import timedelta

from odoo.tools import SQL

from .preview import rate_subscriptions
from .quantities import included_of, plain
from .subscriptions import subscriptions_of
from .thresholds import PERCENTS, insert_thresholds

# A billing period is at most a month; the one that runs began within this time.
_LONGEST_PERIOD = timedelta(days=32)


def raise_event_thresholds(env, service, since, until) -> None:
    """Store an event for every threshold reached by subscriptions with new events.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        since: Events received from this moment on are new; None for all.
        until: Now.
    """
    subscriptions = subscriptions_of(env, service, _orders_with_events(env, service, since))
    page = rate_subscriptions(env, service, subscriptions, until - _LONGEST_PERIOD, until)
    reached = []
    for line in page.lines:
        included = included_of(line.charge)
        if line.over or not included:
            continue
        event = {
            "subscription_id": line.subscription.id,
            "metric_id": line.charge.metric_id.id,
            "period_start": str(line.start),
            "period_end": str(line.end),
            "units": plain(line.units),
            "included": plain(included),
        }
        reached += [
            {**event, "percent": percent}
            for percent in PERCENTS
            if line.units * 100 >= included * percent
        ]
    insert_thresholds(env, service, reached)


def _orders_with_events(env, service, since) -> list[int]:
    query = SQL(
        """
        SELECT so.id FROM sale_order so
        WHERE so.x_fc_service_id = %(service)s AND so.state != 'cancel'
            AND COALESCE(so.x_fc_nexacloud_subscription_id, so.x_fc_external_id) IN (
                SELECT external_subscription_id FROM fusion_billing_event
                WHERE service_id = %(service)s AND created_at >= %(since)s
            )
        """,
        service=service.id,
        since=since or "2000-01-01",
    )
    return [order_id for (order_id,) in env.execute_query(query)]

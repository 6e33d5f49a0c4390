"""Thresholds: a subscription has used most, or all, of what its period includes."""

from collections.abc import Iterable
from datetime import timedelta

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.loader.writing import (
    execute_for,
    json_table,
    listed,
)
from odoo.addons.fusion_centralize_billing.rating.numbers import plain

from .aggregation import aggregate
from .batch import UsageRow
from .preview import rate_subscriptions
from .quantities import charges_of, included_of, measures_of
from .subscriptions import subscriptions_of

PERCENTS = (80, 100)
_COLUMNS = {
    "subscription_id": "int",
    "metric_id": "int",
    "period_start": "timestamp",
    "period_end": "timestamp",
    "units": "numeric",
    "included": "numeric",
    "percent": "int",
}
# A billing period is at most a month; the one that runs began within this time.
_LONGEST_PERIOD = timedelta(days=32)


def raise_thresholds(env, service, rows: list[UsageRow], subscriptions: dict) -> None:
    """Store an event for every threshold that the periods of changed rows have reached.

    A plan that includes nothing has no thresholds. An event that is there already stays as
    it is.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        rows: Rows that were created or corrected.
        subscriptions: By external id.
    """
    quotas = _quotas(env, service)
    periods = {}
    for row in rows:
        included = quotas.get((subscriptions[row.external_id].plan_id, row.metric_id))
        if included:
            periods[row.subscription_id, row.metric_id, row.billing[0]] = (row.billing, included)
    if not periods:
        return
    metrics = env["fusion.billing.metric"].search([])
    aggregations = {metric.id: metric.aggregation for metric in metrics}
    starts, ends = zip(*(billing for billing, _included in periods.values()), strict=True)
    measures = measures_of(env, {key[0] for key in periods}, min(starts), max(ends))
    used = (
        (*key[:2], *billing, aggregate(aggregations[key[1]], measures[key], billing), included)
        for key, (billing, included) in periods.items()
    )
    _insert(service, used)


def _quotas(env, service) -> dict:
    """Return what each plan includes of each metric, by both their ids."""
    return {
        (plan_id, charge.metric_id.id): included_of(charge)
        for plan_id, charges in charges_of(env, service).items()
        for charge in charges
    }


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
    used = (
        (line.subscription.id, line.charge.metric_id.id, line.start, line.end, line.units, included)
        for line in page.lines
        if not line.over and (included := included_of(line.charge))
    )
    _insert(service, used)


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


def _insert(service, used: Iterable[tuple]) -> None:
    """Store the thresholds that were reached, and tell of those that are new.

    Args:
        service: The ``fusion.billing.service``.
        used: Subscription, metric, start and end of a period, units used and units included.
    """
    reached = [
        dict(zip(_COLUMNS, (*period, plain(units), plain(included), percent), strict=True))
        for *period, units, included in used
        for percent in PERCENTS
        if units * 100 >= included * percent
    ]
    if not reached:
        return
    new = execute_for(
        service,
        """
        INSERT INTO fusion_billing_usage_threshold (
            service_id, company_id, create_uid, write_uid, create_date, write_date, %(columns)s
        )
        SELECT %(service)s, %(company)s, %(user)s, %(user)s, %(now)s, %(now)s, %(columns)s
        FROM %(reached)s
        ON CONFLICT DO NOTHING
        RETURNING id
        """,
        columns=listed(_COLUMNS),
        reached=json_table("reached", _COLUMNS, reached),
    )
    thresholds = service.env["fusion.billing.usage.threshold"]
    thresholds.invalidate_model()
    thresholds.browse([row_id for (row_id,) in new])._reached()

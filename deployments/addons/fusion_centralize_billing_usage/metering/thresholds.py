"""Events when a subscription has used most, or all, of what its period includes."""

import json

from odoo.tools import SQL

from .aggregation import aggregate
from .batch import UsageRow
from .quantities import charges_of, included_of, measures_of, plain

PERCENTS = (80, 100)


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
    insert_thresholds(env, service, _events(env, periods) if periods else [])


def _events(env, periods: dict) -> list[dict]:
    """Return the thresholds reached, for periods and quotas by subscription, metric, start."""
    aggregations = {
        metric.id: metric.aggregation for metric in env["fusion.billing.metric"].search([])
    }
    starts, ends = zip(*(billing for billing, _included in periods.values()), strict=True)
    measures = measures_of(env, {key[0] for key in periods}, min(starts), max(ends))
    events = []
    for key, (billing, included) in periods.items():
        units = aggregate(aggregations[key[1]], measures[key], billing)
        event = {
            "subscription_id": key[0],
            "metric_id": key[1],
            "period_start": str(billing[0]),
            "period_end": str(billing[1]),
            "units": plain(units),
            "included": plain(included),
        }
        reached = (percent for percent in PERCENTS if units * 100 >= included * percent)
        events += [{**event, "percent": percent} for percent in reached]
    return events


def _quotas(env, service) -> dict:
    """Return what each plan includes of each metric, by both their ids."""
    return {
        (plan_id, charge.metric_id.id): included_of(charge)
        for plan_id, charges in charges_of(env, service).items()
        for charge in charges
    }


def insert_thresholds(env, service, events: list[dict]) -> None:
    """Store thresholds that were reached, and tell of those that are new."""
    if not events:
        return
    env.cr.execute(
        SQL(
            """
            INSERT INTO fusion_billing_usage_threshold (
                service_id, company_id, create_uid, write_uid, create_date, write_date,
                subscription_id, metric_id, period_start, period_end, percent, units, included
            )
            SELECT %(service)s, %(company)s, %(user)s, %(user)s,
                now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC',
                subscription_id, metric_id, period_start, period_end, percent, units, included
            FROM json_to_recordset(%(events)s) AS event (
                subscription_id int, metric_id int, period_start timestamp,
                period_end timestamp, percent int, units numeric, included numeric
            )
            ON CONFLICT DO NOTHING
            RETURNING id
            """,
            service=service.id,
            company=service.company_id.id,
            user=env.uid,
            events=json.dumps(events),
        )
    )
    thresholds = env["fusion.billing.usage.threshold"]
    thresholds.invalidate_model()
    thresholds.browse([row_id for (row_id,) in env.cr.fetchall()])._reached()

"""What single events come to: the units of a metric in a billing period, reckoned where they are.

The rules are Lago's. A quantity is a property that reads as a plain decimal, of at most 20 digits
and 50 decimals, so that no event makes a period impossible to rate; an event without one is left
out, except by metrics that count events or values. An event belongs to the
subscription that its external id named at its time.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from odoo.tools import SQL

from .quantities import Key


@dataclass(frozen=True, slots=True)
class EventUnits:
    """What the events of one metric, subscription and billing period come to.

    Attributes:
        units: By the metric's aggregation; may be negative.
        count: How many events there were.
        quantities: Of each event in time order; only where a charge wants them.
    """

    units: Decimal
    count: int
    quantities: tuple[Decimal, ...] = ()


def event_units(env, service, wanted: list[tuple]) -> dict[Key, EventUnits]:
    """Return the units of events, for those keys that have events.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        wanted: (subscription id, metric, start and end of the billing period, whether single
            quantities are wanted).
    """
    if not wanted or not _has_events(env, service):
        return {}
    lives = order_lives(env, {one[0] for one in wanted})
    rows = [_cells(lives[order_id], order_id, *one) for order_id, *one in wanted]
    found = {}
    for order_id, metric_id, start, units, count, quantities in env.execute_query(
        SQL(_QUERY, wanted=json.dumps(rows), service=service.id)
    ):
        found[order_id, metric_id, start] = EventUnits(
            Decimal(units or 0), count, tuple(Decimal(one) for one in quantities or ())
        )
    return found


def combined(method: str, measured: Decimal, events: EventUnits | None) -> Decimal:
    """Return the units of a period that has loaded usage, events or both."""
    if not events:
        return measured
    if method == "max":
        return max(measured, events.units)
    # A level that an event told is newer than what was loaded for the period.
    return events.units if method == "last" else measured + events.units


def _has_events(env, service) -> bool:
    query = SQL("SELECT 1 FROM fusion_billing_event WHERE service_id = %s LIMIT 1", service.id)
    return bool(env.execute_query(query))


def order_lives(env, order_ids) -> dict[int, tuple[str, datetime | None, datetime | None]]:
    """Return each order's public id, and from when until when events are its own.

    The first order of an id counts from the first moment of its first day, like its billing
    periods, so that an event sent at once is not too early. One that follows, on another plan
    or after an end, counts from its very moment: the day may be its predecessor's as well.
    An end is kept to the second: what came within that second is not lost, but is that of an
    order which begins in it.
    """
    query = SQL(
        """
        WITH wanted AS (
            SELECT id, x_fc_service_id AS service_id, x_fc_subscribed_at, x_fc_ending_at,
                   x_fc_terminated_at,
                   COALESCE(x_fc_nexacloud_subscription_id, x_fc_external_id) AS public_id
            FROM sale_order WHERE id = ANY(%s)
        ), named AS (
            -- All orders of these ids, found once.
            SELECT other.id, ids.service_id, ids.public_id, other.x_fc_subscribed_at
            FROM (SELECT DISTINCT service_id, public_id FROM wanted) ids
            JOIN sale_order other ON other.x_fc_service_id = ids.service_id
                AND COALESCE(
                    other.x_fc_nexacloud_subscription_id, other.x_fc_external_id
                ) = ids.public_id
        )
        SELECT wanted.id, min(wanted.public_id),
               CASE WHEN min(named.id) < wanted.id THEN min(wanted.x_fc_subscribed_at) END,
               LEAST(
                   min(wanted.x_fc_ending_at),
                   min(wanted.x_fc_terminated_at) + CASE WHEN bool_or(
                       named.id > wanted.id AND named.x_fc_subscribed_at
                           < wanted.x_fc_terminated_at + INTERVAL '1 second'
                   ) THEN INTERVAL '0' ELSE INTERVAL '1 second' END
               )
        FROM wanted LEFT JOIN named USING (service_id, public_id)
        GROUP BY wanted.id
        """,
        list(order_ids),
    )
    return {order_id: tuple(life) for order_id, *life in env.execute_query(query)}


def _cells(life: tuple, order_id: int, metric, start, end, singly: bool) -> dict:
    public_id, begins, ends = life
    chosen = json.loads(metric.event_filter or "{}")
    return {
        "order_id": order_id,
        "metric_id": metric.id,
        "code": metric.event_code or metric.code,
        "part": chosen.get("is", {}),
        "others": chosen.get("not", []),
        "field": metric.field_name or "",
        "method": metric._of_events(),
        "singly": singly,
        "public_id": public_id,
        "billing_start": str(start),
        "billing_end": str(end),
        "since": str(max(start, begins or start)),
        "until": str(min(end, ends or end)),
    }


_QUERY = r"""
    WITH wanted AS (
        SELECT * FROM json_to_recordset(%(wanted)s) AS one (
            order_id int, metric_id int, code text, part jsonb, others jsonb, field text,
            method text, singly boolean, public_id text, billing_start timestamp,
            billing_end timestamp, since timestamp, until timestamp
        )
    )
    SELECT wanted.order_id, wanted.metric_id, wanted.billing_start, found.units::text,
           found.events, found.quantities
    FROM wanted CROSS JOIN LATERAL (
        SELECT count(*) AS events,
            CASE wanted.method
                WHEN 'count' THEN count(*)
                WHEN 'sum' THEN sum(quantity)
                WHEN 'max' THEN max(quantity)
                WHEN 'last' THEN
                    (array_agg(quantity ORDER BY occurred_at DESC, id DESC))[1]
                WHEN 'weighted_sum' THEN round(
                    sum(quantity * extract(epoch FROM wanted.until - occurred_at))
                    / extract(epoch FROM wanted.billing_end - wanted.billing_start), 6)
                WHEN 'unique' THEN count(*) FILTER (WHERE newest AND NOT removed)
            END AS units,
            CASE WHEN wanted.singly
                THEN array_agg(quantity::text ORDER BY occurred_at, id) END AS quantities
        FROM (
            SELECT event.id, event.occurred_at,
                CASE WHEN event.properties ->> wanted.field ~ '^-?\d{1,20}(\.\d{1,50})?$'
                    THEN (event.properties ->> wanted.field)::numeric END AS quantity,
                event.properties ->> wanted.field AS value,
                wanted.method = 'unique' AND row_number() OVER (
                    PARTITION BY event.properties ->> wanted.field
                    ORDER BY event.occurred_at DESC, event.id DESC) = 1 AS newest,
                COALESCE(event.properties ->> 'operation_type', 'add') = 'remove' AS removed
            FROM fusion_billing_event event
            WHERE event.service_id = %(service)s
                AND event.external_subscription_id = wanted.public_id
                AND event.code = wanted.code
                AND NOT EXISTS (
                    SELECT FROM jsonb_each(wanted.part) AS one
                    WHERE NOT COALESCE(
                        one.value @> to_jsonb(event.properties ->> one.key), false)
                )
                AND NOT EXISTS (
                    SELECT FROM jsonb_array_elements(wanted.others) AS other
                    WHERE NOT EXISTS (
                        SELECT FROM jsonb_each(other) AS one
                        WHERE NOT COALESCE(
                            one.value @> to_jsonb(event.properties ->> one.key), false)
                    )
                )
                AND event.occurred_at >= wanted.since AND event.occurred_at < wanted.until
        ) AS own
        WHERE CASE wanted.method WHEN 'count' THEN true
              WHEN 'unique' THEN value IS NOT NULL ELSE quantity IS NOT NULL END
    ) AS found
    WHERE found.events > 0
"""

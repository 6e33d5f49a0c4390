"""Usage as NexaCloud's database adds it up: a line per deployment and billing period.

All queries judge the records in the same way. A record belongs whole to the billing period
that holds its ``period_start``. Where the periods of a subscription begin is not worked out in
SQL: the boundaries come along as parameters, one list for each day of the month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg2 import sql

from tasks.clients.nexacloud.readable import folded, listed, moment_at
from tasks.clients.nexacloud.schema import table_of
from tasks.model.source import ENDED_STATUSES


@dataclass(frozen=True, slots=True)
class UsageScope:
    """Which billing periods are read, and against what their records are judged.

    Attributes:
        zone: Name of the company's time zone, which decides on what day a subscription starts.
        boundaries: By day of the month on which a subscription starts: where its billing
            periods begin, oldest first, until after ``as_of``.
        as_of: The end of what can have been used by now.
        starts_from: Only billing periods that start then or later (None: from the first).
        starts_before: Only those that start before (None: to the last).
        changed_after: Only periods that can have changed since: those that were open then, or
            hold a record that ends later (None: all).
        whole: Ids of deployments of which all periods are read, whatever ``changed_after``.
        most_cores: More than these a deployment cannot use.
    """

    zone: str
    boundaries: Mapping[int, Sequence[datetime]]
    as_of: datetime
    most_cores: int
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    changed_after: datetime | None = None
    whole: Sequence[str] = ()


PERIODS = table_of(
    "usage by billing period",
    id="deployment_id",
    bool="deployment_is_known is_ended",
    timestamp="metered_from metered_until",
    numeric="records quarantined suspicious cpu_seconds",
)
FAULTS = table_of(
    "usage records that break a rule",
    # A period may be infinite: its text is for people, not for arithmetic.
    id="id deployment_id period_start period_end previous_end",
    numeric="cpu_hours",
    bool="is_number is_not_negative is_in_order is_over is_single begins_in_turn follows_on"
    " is_possible deployment_is_known",
)
RECORDS = table_of(
    "good usage records", id="deployment_id", timestamp="period_start", numeric="cpu_seconds"
)

_JUDGED = """
    WITH calendar(day, starts) AS (VALUES {calendar}),
    paying AS (
        SELECT DISTINCT ON (deployment_id) deployment_id, started_at,
               {status} IN ({ended}) AS is_over
        FROM public.subscriptions
        WHERE deployment_id IS NOT NULL AND isfinite(started_at)
        ORDER BY deployment_id, is_over, started_at DESC, id
    ),
    changed AS (
        SELECT deployment_id, min(period_start) AS since FROM public.usage_records
        WHERE period_end > {changed_after} AND isfinite(period_start) GROUP BY deployment_id
    ),
    deployment AS (
        SELECT d.id::text COLLATE "C" AS id, c.starts,
               d.deleted_at IS NOT NULL OR {deployment_status} = 'deleted'
                   OR p.is_over IS NOT FALSE AS is_ended,
               CASE WHEN p.started_at < c.starts[cardinality(c.starts)]
                   THEN c.starts[width_bucket(p.started_at, c.starts)] ELSE 'infinity'
               END AS first_moment,
               CASE WHEN d.id::text = ANY({whole}) THEN '-infinity'
                   ELSE coalesce(
                       c.starts[width_bucket(least({changed_after}, ch.since), c.starts)],
                       {changed_after})
               END AS since
        FROM public.deployments d
        LEFT JOIN paying p ON p.deployment_id::text = d.id::text
        LEFT JOIN changed ch ON ch.deployment_id::text = d.id::text
        LEFT JOIN calendar c
            ON c.day = extract(day FROM p.started_at AT TIME ZONE {zone})::integer
    ),
    placed AS (
        SELECT u.id::text COLLATE "C" AS id, u.deployment_id::text COLLATE "C" AS deployment_id,
               u.period_start, u.period_end, u.cpu_hours,
               d.id IS NOT NULL AS deployment_is_known, d.is_ended,
               coalesce(d.since, {changed_after}) AS since,
               -- Picked here: the rows are sorted below, and the lists are long.
               d.starts[n.number] AS metered_from, d.starts[n.number + 1] AS metered_until,
               coalesce(u.cpu_hours NOT IN ('NaN', 'Infinity', '-Infinity'), false) AS is_number,
               coalesce(u.period_start < u.period_end AND isfinite(u.period_start)
                        AND isfinite(u.period_end), false) AS is_in_order,
               coalesce(u.period_end <= {as_of}, false) AS is_over
        FROM public.usage_records u
        LEFT JOIN deployment d ON d.id = u.deployment_id::text
        CROSS JOIN LATERAL (
            SELECT CASE WHEN u.period_start >= d.first_moment
                THEN width_bucket(u.period_start, d.starts)
            END AS number
        ) n
        -- A record that is not read but overlaps one that is, or comes right before it, counts.
        WHERE (u.period_end IS NULL OR d.id IS NULL
               OR u.period_end > d.since - interval '62 days'){only}
    ),
    compared AS (
        SELECT *,
               is_in_order AND is_over AND lag(is_in_order AND is_over) OVER turn
                   AND (lag(period_start) OVER turn, lag(period_end) OVER turn)
                       = (period_start, period_end) AS is_repeated,
               max(period_end) FILTER (WHERE is_in_order AND is_over) OVER (
                   turn ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous_end
        FROM placed
        WINDOW turn AS (PARTITION BY deployment_id ORDER BY period_start, period_end, id)
    ),
    ruled AS (
        SELECT *,
               -- NULL: the rule does not speak of the record, another one does.
               CASE WHEN is_number THEN cpu_hours >= 0 END AS is_not_negative,
               CASE WHEN is_in_order AND is_over AND is_number
                   THEN cpu_hours * 3600
                       <= {most_cores} * extract(epoch FROM period_end - period_start)
               END AS is_possible,
               coalesce(is_repeated, false) IS FALSE OR NOT deployment_is_known AS is_single,
               CASE WHEN is_in_order AND is_over AND deployment_is_known
                         AND is_repeated IS NOT TRUE
                   THEN coalesce(period_start >= previous_end, true)
               END AS begins_in_turn,
               CASE WHEN is_in_order AND is_over AND deployment_is_known
                   THEN coalesce(period_start <= previous_end, true)
               END AS follows_on
        FROM compared
        WHERE (coalesce(metered_from, period_start) >= since OR period_start IS NULL)
            AND (coalesce(metered_from, period_start) >= {starts_from} OR period_start IS NULL)
            AND (coalesce(metered_from, period_start) < {starts_before} OR period_start IS NULL)
    ),
    judged AS (
        SELECT *,
               deployment_is_known AND is_number AND is_in_order AND is_over AND is_single
                   AND coalesce(is_not_negative AND is_possible AND begins_in_turn, true)
                   AS is_good
        FROM ruled
    )
"""

_SUMS = """
    SELECT deployment_id, bool_and(deployment_is_known) AS deployment_is_known,
           bool_and(coalesce(is_ended, false)) AS is_ended,
           metered_from, max(metered_until) AS metered_until,
           count(*) FILTER (WHERE is_good) AS records,
           count(*) FILTER (WHERE NOT is_good) AS quarantined,
           count(*) FILTER (WHERE NOT is_good OR follows_on IS FALSE) AS suspicious,
           coalesce(sum(cpu_hours * 3600) FILTER (WHERE is_good), 0) AS cpu_seconds
    FROM judged GROUP BY deployment_id, metered_from ORDER BY deployment_id, metered_from
"""
_BROKEN = """
    SELECT {columns} FROM judged WHERE NOT is_good OR follows_on IS FALSE
    ORDER BY deployment_id, period_start, id
"""
_GOOD = """
    SELECT deployment_id, period_start, cpu_hours * 3600 AS cpu_seconds FROM judged
    WHERE is_good ORDER BY deployment_id, period_start, id
"""


_EVERY = sql.SQL("")
_ONLY = " AND (u.deployment_id IS NULL OR u.deployment_id::text = ANY({deployments}::text[]))"


def period_query(scope: UsageScope) -> sql.Composed:
    """Select ``PERIODS``: the sum of the good records of each deployment and billing period.

    ``metered_from`` is NULL for records that begin before the subscription, or whose
    deployment or start is not known.
    """
    return _judged(scope) + sql.SQL(_SUMS)


def fault_query(scope: UsageScope, deployments: Sequence[str]) -> sql.Composed:
    """Select ``FAULTS``: the records of these deployments of which a rule has something to say.

    Records without a deployment are always looked at.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, FAULTS.columns))
    only = sql.SQL(_ONLY).format(deployments=sql.Literal(list(deployments)))
    return _judged(scope, only) + sql.SQL(_BROKEN).format(columns=columns)


def record_query(scope: UsageScope) -> sql.Composed:
    """Select ``RECORDS``: the good ones of the scope, each on its own, by deployment."""
    return _judged(scope) + sql.SQL(_GOOD)


def _judged(scope: UsageScope, only: sql.Composable = _EVERY) -> sql.Composed:
    calendar = sql.SQL(", ").join(
        sql.SQL("({}, {}::timestamptz[])").format(
            sql.Literal(day), sql.Literal([start.isoformat() for start in starts])
        )
        for day, starts in scope.boundaries.items()
    )
    return sql.SQL(_JUDGED).format(
        calendar=calendar,
        status=folded(sql.Identifier("status")),
        ended=listed(ENDED_STATUSES),
        deployment_status=folded(sql.Identifier("d", "status")),
        zone=sql.Literal(scope.zone),
        as_of=moment_at(scope.as_of),
        starts_from=moment_at(scope.starts_from or "-infinity"),
        starts_before=moment_at(scope.starts_before or "infinity"),
        changed_after=moment_at(scope.changed_after or "-infinity"),
        whole=sql.SQL("{}::text[]").format(sql.Literal(list(scope.whole))),
        most_cores=sql.Literal(scope.most_cores),
        only=only,
    )

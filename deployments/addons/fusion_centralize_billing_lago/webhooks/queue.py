"""The outbox as a queue: who may send what, and what became of it. Plain SQL.

Every function has a short transaction of its own, and the database's clock is the only one,
so that workers on many machines agree.
"""

import random
import time
from dataclasses import dataclass

from psycopg2.errors import DeadlockDetected, SerializationFailure

from odoo.tools import SQL

from .pace import delay_seconds
from .sender import Receipt

_TRIES = 20

#: A row may go when it is due, nobody has it, its endpoint is open, and nothing older waits
#: for the same subscription there. What concerns a whole customer (its subscription is
#: empty) waits for everything of that customer, and everything of that customer for it.
_DUE = SQL(
    """
    hook.state = 'pending'
    AND hook.next_retry_at <= clock_timestamp() AT TIME ZONE 'UTC'
    AND (hook.lease_until IS NULL OR hook.lease_until <= clock_timestamp() AT TIME ZONE 'UTC')
    AND endpoint.active
    AND (endpoint.paused_until IS NULL
         OR endpoint.paused_until <= clock_timestamp() AT TIME ZONE 'UTC')
    AND NOT EXISTS (
        SELECT FROM fusion_billing_webhook earlier
        WHERE earlier.state = 'pending' AND earlier.endpoint_id = hook.endpoint_id
          AND earlier.customer = hook.customer AND earlier.id < hook.id
          AND (earlier.subscription = hook.subscription
               OR earlier.subscription = '' OR hook.subscription = '')
    )
    """
)


@dataclass(frozen=True, slots=True)
class Leased:
    """A row that this worker alone may send, until its lease ends."""

    id: int
    endpoint_id: int
    unique_key: str
    event_type: str
    service_id: int
    customer: str
    subscription: str
    body: str
    attempts: int
    url: str
    algorithm: str


def lease(
    registry, owner: str, *, most: int, seconds: float, services=None, rooms=None, room: int
) -> list[Leased]:
    """Take up to ``most`` rows that are due, oldest first, and keep others off them.

    Of each endpoint no more than there is room for: the many of one leave the few of another
    their turn.

    Args:
        registry: Of the database.
        owner: A name that no other worker has.
        most: Rows.
        seconds: How long the lease lasts if it is not ended by ``record`` or ``release``.
        services: Ids; only of these services. None for all.
        rooms: Rows to take at most, by endpoint id.
        room: The same for each other endpoint.
    """
    rooms = rooms or {}
    only = _of(services)
    query = SQL(
        """
        WITH taken AS (
            SELECT due.id FROM fusion_billing_webhook_endpoint endpoint
            CROSS JOIN LATERAL (
                SELECT hook.id FROM fusion_billing_webhook hook
                WHERE hook.endpoint_id = endpoint.id AND %(due)s %(only)s
                ORDER BY hook.id LIMIT COALESCE((
                    SELECT share.room
                    FROM unnest(%(known)s::int[], %(rooms)s::int[]) AS share (id, room)
                    WHERE share.id = endpoint.id
                ), %(room)s)
                FOR UPDATE OF hook SKIP LOCKED
            ) due
            ORDER BY due.id LIMIT %(most)s
        )
        UPDATE fusion_billing_webhook hook
        SET leased_by = %(owner)s,
            lease_until = clock_timestamp() AT TIME ZONE 'UTC' + %(seconds)s * interval '1 second'
        FROM taken, fusion_billing_webhook_endpoint endpoint
        WHERE hook.id = taken.id AND endpoint.id = hook.endpoint_id
        RETURNING hook.id, hook.endpoint_id, hook.unique_key, hook.event_type, hook.service_id,
            hook.customer, hook.subscription, hook.body, hook.attempts,
            endpoint.url, endpoint.signature_algo
        """,
        due=_DUE,
        only=only,
        known=list(rooms),
        rooms=list(rooms.values()),
        room=room,
        most=most,
        owner=owner,
        seconds=seconds,
    )

    def take(cr):
        cr.execute(query)
        return sorted((Leased(*row) for row in cr.fetchall()), key=lambda row: row.id)

    return _transaction(registry, take)


def record(
    registry, owner: str, receipts: list[Receipt], *, most_attempts: int, first_seconds: float
) -> dict[int, tuple[str, object]]:
    """Write down what became of attempts; return each row's state and next time by its id.

    An acknowledgement counts whoever has the lease by now. A failure counts only for the
    one who has it: another worker's attempt decides.
    """

    def write(cr):
        found = {}
        for receipt in receipts:
            cr.execute(_attempt(receipt, owner))
            cr.execute(_outcome(receipt, owner, most_attempts, first_seconds))
            row = cr.fetchone()
            found[receipt.parcel.id] = row or ("taken over", None)
        return found

    return _transaction(registry, write)


def release(registry, owner: str, ids: list[int]) -> None:
    """Give back rows that were not sent after all."""
    query = SQL(
        "UPDATE fusion_billing_webhook SET leased_by = NULL, lease_until = NULL "
        "WHERE id IN %s AND leased_by = %s",
        tuple(ids),
        owner,
    )
    if ids:
        _transaction(registry, lambda cr: cr.execute(query))


def pause(registry, endpoint_id: int, seconds: float) -> None:
    """Leave an endpoint alone for a while: it does not answer."""
    query = SQL(
        "UPDATE fusion_billing_webhook_endpoint SET paused_until = "
        "clock_timestamp() AT TIME ZONE 'UTC' + %s * interval '1 second' WHERE id = %s",
        seconds,
        endpoint_id,
    )
    _transaction(registry, lambda cr: cr.execute(query))


def count(cr, services=None) -> dict:
    """Return how many rows are due, wait for their time or turn, are on their way, are dead.

    ``next_due_at`` is when the next one can go that waits for its time only.
    """
    only = _of(services)
    cr.execute(
        SQL(
            """
            SELECT count(*) FILTER (WHERE hook.state = 'pending' AND %(due)s) AS due,
                count(*) FILTER (WHERE hook.state = 'pending') AS pending,
                count(*) FILTER (WHERE hook.state = 'pending'
                    AND hook.lease_until > clock_timestamp() AT TIME ZONE 'UTC') AS leased,
                count(*) FILTER (WHERE hook.state = 'dead') AS dead,
                min(GREATEST(hook.next_retry_at, endpoint.paused_until))
                    FILTER (WHERE hook.state = 'pending' AND endpoint.active
                        AND (hook.lease_until IS NULL OR
                             hook.lease_until <= clock_timestamp() AT TIME ZONE 'UTC')
                    ) AS next_due_at
            FROM fusion_billing_webhook hook
            LEFT JOIN fusion_billing_webhook_endpoint endpoint ON endpoint.id = hook.endpoint_id
            WHERE hook.state IN ('pending', 'dead') %(only)s
            """,
            due=_DUE,
            only=only,
        )
    )
    return cr.dictfetchone()


def due_ids(cr, *, most: int, services=None) -> list[int]:
    """Return the rows that could be leased now, oldest first; takes none."""
    only = _of(services)
    cr.execute(
        SQL(
            """
            SELECT hook.id FROM fusion_billing_webhook hook
            JOIN fusion_billing_webhook_endpoint endpoint ON endpoint.id = hook.endpoint_id
            WHERE %s %s ORDER BY hook.id LIMIT %s
            """,
            _DUE,
            only,
            most,
        )
    )
    return [row_id for (row_id,) in cr.fetchall()]


def _of(services) -> SQL:
    return SQL() if services is None else SQL("AND hook.service_id = ANY(%s)", list(services))


def _attempt(receipt: Receipt, owner: str) -> SQL:
    return SQL(
        """
        INSERT INTO fusion_billing_webhook_attempt
            (webhook_id, attempted_at, delivered, status, error, milliseconds, worker)
        VALUES (%s, clock_timestamp() AT TIME ZONE 'UTC', %s, %s, %s, %s, %s)
        """,
        receipt.parcel.id,
        receipt.delivered,
        receipt.status,
        receipt.error or None,
        round(receipt.seconds * 1000),
        owner,
    )


def _outcome(receipt: Receipt, owner: str, most_attempts: int, first_seconds: float) -> SQL:
    """Return the update of a row; it finds none if somebody else has the say by now."""
    attempts = receipt.parcel.attempts + 1
    common = SQL(
        "attempts = attempts + 1, last_status = %s, url = %s, signature = %s, "
        "leased_by = NULL, lease_until = NULL",
        receipt.status,
        receipt.parcel.url,
        receipt.signature or None,
    )
    if receipt.delivered:
        change = SQL(
            "state = 'delivered', last_error = NULL, "
            "delivered_at = clock_timestamp() AT TIME ZONE 'UTC'"
        )
        # A canceled or dead one was taken all the same.
        whose = SQL("state <> 'delivered'")
    else:
        wait = delay_seconds(attempts, first_seconds)
        change = SQL(
            "state = %s, last_error = %s, next_retry_at = "
            "clock_timestamp() AT TIME ZONE 'UTC' + %s * interval '1 second'",
            "dead" if attempts >= most_attempts else "pending",
            receipt.error,
            wait,
        )
        whose = SQL("leased_by = %s AND state = 'pending'", owner)
    return SQL(
        "UPDATE fusion_billing_webhook SET %s, %s WHERE id = %s AND %s "
        "RETURNING state, next_retry_at",
        common,
        change,
        receipt.parcel.id,
        whose,
    )


def _transaction(registry, work):
    """Run ``work`` in a transaction of its own, again when another worker was in the way."""
    for tries_left in reversed(range(_TRIES)):
        try:
            with registry.cursor() as cr:
                return work(cr)
        except (SerializationFailure, DeadlockDetected):
            if not tries_left:
                raise
            time.sleep(random.uniform(0.005, 0.05))  # noqa: S311 (no secret)
    raise AssertionError("unreachable")

"""NexaCloud's database, as the receiver changes it: each message counts once."""

from __future__ import annotations

from contextlib import closing

import psycopg2

from deployments.sample.receiver.reactions import Reaction, Step

_CHANGES = {
    Step.SUSPEND: "UPDATE deployments SET status = 'suspended' WHERE status = 'running'",
    Step.RESTORE: "UPDATE deployments SET status = 'running' WHERE status = 'suspended'",
    Step.DEPROVISION: (
        "UPDATE deployments SET status = 'deleted', deleted_at = now() WHERE status <> 'deleted'"
    ),
}
_OF_SUBSCRIPTIONS = " AND id IN (SELECT deployment_id FROM subscriptions WHERE id::text = ANY(%s))"


def apply(dsn: str, unique_key: str, event_type: str, reaction: Reaction) -> str:
    """Note a message and do what it asks for, in one transaction; return what was done.

    A message that comes again changes nothing: ``known``.
    """
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sample.webhook_receipts (unique_key, event_type, subscription_ids)"
            " VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (unique_key, event_type, list(reaction.subscription_ids)),
        )
        if not cursor.rowcount:
            return "known"
        if reaction.step is None:
            return "noted"
        cursor.execute(
            _CHANGES[reaction.step] + _OF_SUBSCRIPTIONS, (list(reaction.subscription_ids),)
        )
        done = f"{reaction.step}: {cursor.rowcount} deployments"
        cursor.execute(
            "UPDATE sample.webhook_receipts SET reaction = %s WHERE unique_key = %s",
            (done, unique_key),
        )
        return done

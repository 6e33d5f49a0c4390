"""What NexaCloud does about a billing event, in its database: each message counts once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psycopg2


class Step(StrEnum):
    """What happens to deployments."""

    SUSPEND = "suspend"
    RESTORE = "restore"
    DEPROVISION = "deprovision"


_CHANGES = {
    Step.SUSPEND: "UPDATE deployments SET status = 'suspended' WHERE status = 'running'",
    Step.RESTORE: "UPDATE deployments SET status = 'running' WHERE status = 'suspended'",
    Step.DEPROVISION: (
        "UPDATE deployments SET status = 'deleted', deleted_at = now() WHERE status <> 'deleted'"
    ),
}
_OF_SUBSCRIPTIONS = " AND id IN (SELECT deployment_id FROM subscriptions WHERE id::text = ANY(%s))"


@dataclass(frozen=True, slots=True)
class Reaction:
    """A step for the deployments of these subscriptions; no step for what is only noted."""

    step: Step | None
    subscription_ids: tuple[str, ...]


def react(message: Mapping[str, Any]) -> Reaction:
    """Decide what to do; an event type that is new to us is noted and nothing else.

    Raises:
        KeyError: The message is not of the shape that its type promises.

    >>> ended = {"external_id": "s1", "next_plan_code": None}
    >>> react({"webhook_type": "subscription.terminated", "subscription": ended}).step
    <Step.DEPROVISION: 'deprovision'>
    """
    match message["webhook_type"]:
        case "invoice.payment_failure":
            failure = message["payment_provider_invoice_payment_error"]
            return Reaction(Step.SUSPEND, tuple(failure["external_subscription_ids"]))
        case "invoice.payment_overdue":
            return Reaction(Step.SUSPEND, _billed(message))
        case "invoice.payment_status_updated":
            paid = message["invoice"]["payment_status"] == "succeeded"
            return Reaction(Step.RESTORE if paid else None, _billed(message))
        case "subscription.terminated":
            subscription = message["subscription"]
            # It goes on under another plan: nothing ends for the customer.
            step = None if subscription["next_plan_code"] else Step.DEPROVISION
            return Reaction(step, (subscription["external_id"],))
        case _:
            return Reaction(None, ())


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


def _billed(message: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(each["external_id"] for each in message["invoice"]["subscriptions"])

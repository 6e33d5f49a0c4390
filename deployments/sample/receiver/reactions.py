"""What NexaCloud does about a billing event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Step(StrEnum):
    """What happens to deployments."""

    SUSPEND = "suspend"
    RESTORE = "restore"
    DEPROVISION = "deprovision"


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


def _billed(message: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(each["external_id"] for each in message["invoice"]["subscriptions"])

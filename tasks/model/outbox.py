"""Odoo's outbox of webhooks: messages, attempts to deliver them, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

DELIVERED, RETRY, GIVEN_UP, TAKEN_OVER = "delivered", "pending", "dead", "taken over"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver one message; a message can have several in a run.

    Attributes:
        odoo_id: Of the message in Odoo's outbox.
        unique_key: By which the app knows the message again.
        event_type: Lago's name of what happened.
        service: Code of the service.
        customer: External id of the account, "" if there is none.
        subscription: External id of the subscription, "" if it concerns the whole account.
        url: The endpoint.
        number: Which attempt it was, from 1.
        outcome: ``delivered``; ``pending``: it comes again; ``dead``: it was given up;
            ``taken over``: another worker has it by now.
        status: HTTP status; None without an answer.
        error: Why it was not delivered, "" if it was.
        milliseconds: How long it took.
        next_at: When it comes again, None if it does not.
    """

    odoo_id: int
    unique_key: str
    event_type: str
    service: str
    customer: str
    subscription: str
    url: str
    number: int
    outcome: str
    status: int | None
    error: str
    milliseconds: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message in the outbox that waits, or was given up."""

    odoo_id: int
    unique_key: str
    event_type: str
    service: str
    customer: str
    subscription: str
    url: str
    attempts: int
    status: int | None
    error: str
    happened_at: datetime
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is left in the outbox.

    Attributes:
        due: Could go now.
        pending: Waits: for its time, its turn, or because it is on its way.
        leased: On its way now.
        given_up: Waits for a person.
        next_due_at: When the next one can go, None if none waits.
    """

    due: int = 0
    pending: int = 0
    leased: int = 0
    given_up: int = 0
    next_due_at: datetime | None = None

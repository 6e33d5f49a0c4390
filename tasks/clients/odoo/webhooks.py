"""Odoo's outbox of webhooks, over RPC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tasks.clients.odoo.connection import Odoo
from tasks.model.outbox import Attempt, Backlog, Message

WEBHOOK = "fusion.billing.webhook"
_COMMON = ("unique_key", "event_type", "service", "customer", "subscription", "url")


def tell_what_time_brought(odoo: Odoo) -> int:
    """Let Odoo queue what only time brings (overdue invoices, ...); returns how many it saw."""
    return int(odoo.call(WEBHOOK, "tell_what_time_brought"))


def deliver(
    odoo: Odoo, *, limit: int, worker: str, service: str | None
) -> tuple[tuple[Attempt, ...], Backlog]:
    """Let Odoo send what is due; a second call goes on where the first one ended.

    Args:
        odoo: A connection.
        limit: Messages to take.
        worker: A name for Odoo's log of attempts.
        service: Code of the one service to deliver for; None: all.
    """
    answer = odoo.call(WEBHOOK, "deliver", limit=limit, worker=worker, service=service or False)
    attempts = tuple(
        Attempt(
            **_common(row),
            number=row["attempt"],
            outcome=row["outcome"],
            status=row["status"],
            error=row["error"],
            milliseconds=row["milliseconds"],
        )
        for row in answer["attempts"]
    )
    return attempts, _backlog(answer)


def waiting(odoo: Odoo, *, limit: int, service: str | None) -> tuple[tuple[Message, ...], Backlog]:
    """Read what could be sent now, without sending it, and what is left."""
    answer = odoo.call(WEBHOOK, "waiting", limit=limit, service=service or False)
    return _messages(answer["rows"]), _backlog(answer)


def given_up(odoo: Odoo, *, limit: int, service: str | None) -> tuple[Message, ...]:
    """Read the newest messages that were given up."""
    return _messages(odoo.call(WEBHOOK, "given_up", limit=limit, service=service or False))


def _messages(rows: Iterable[dict[str, Any]]) -> tuple[Message, ...]:
    return tuple(
        Message(
            **_common(row),
            attempts=row["attempts"],
            status=row["last_status"],
            error=row["last_error"],
            happened_at=datetime.fromisoformat(row["happened_at"]),
        )
        for row in rows
    )


def _common(row: dict[str, Any]) -> dict[str, Any]:
    """Read what an attempt and a message tell alike."""
    told = {name: row[name] for name in _COMMON}
    return told | {"odoo_id": row["id"], "next_at": _moment(row["next_retry_at"])}


def _backlog(answer: dict[str, Any]) -> Backlog:
    return Backlog(
        due=answer["due"],
        pending=answer["pending"],
        leased=answer["leased"],
        given_up=answer["dead"],
        next_due_at=_moment(answer["next_due_at"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

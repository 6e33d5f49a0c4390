"""Facts on NexaCloud's invoices that the quality rules look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tasks.model.money import amount_of
from tasks.model.source import Row
from tasks.reconcile.ledger_nexacloud import (
    is_settled,
    origin_of,
    status_of,
    was_paid,
)

_DAY = timedelta(days=1)
_TOLD = (
    "invoice_id", "user_id", "subscription_id", "stripe_invoice_id", "status", "currency",
    "subtotal", "tax", "total", "period_start", "period_end", "created_at", "paid_at", "unreadable",
)  # fmt: skip


def invoice_facts(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the facts on one invoice.

    Args:
        rows: Its items, each with the invoice's columns; one without an item if it has none.

    Returns:
        The invoice's columns, ``items`` (their number), and the facts. A fact of None means that
        its rule does not apply.
    """
    head = rows[0]
    subtotal, tax, total = (amount_of(head[name]) for name in ("subtotal", "tax", "total"))
    items = [amount_of(row["amount"]) for row in rows if row["item_id"] is not None]
    known = [amount for amount in items if amount is not None]
    start, end = head["period_start"], head["period_end"]
    facts: dict[str, Any] = {
        "has_amounts": None not in (subtotal, tax, total, *items),
        "currency_text": head["currency"] or "",
        "has_period": start is not None and end is not None and start < end,
        "origin": origin_of(head["stripe_invoice_id"]),
        "status_text": status_of(head["status"]),
        "is_settled": is_settled(head["status"]),
        "status_is_reliable": was_paid(head["status"]) == (head["paid_at"] is not None),
        "days_off_period": _days_off(head["created_at"], start, end),
        "cents_off_total": None,
        "cents_off_items": None,
        "items_where_billed": None,
    }
    if subtotal is not None and tax is not None and total is not None:
        facts["cents_off_total"] = 100 * (subtotal + tax - total)
        facts["items_where_billed"] = len(items) if subtotal else None
        if items and len(known) == len(items):
            facts["cents_off_items"] = 100 * (sum(known, Decimal(0)) - subtotal)
    return {**{name: head[name] for name in _TOLD}, "items": len(items), **facts}


def _days_off(
    created: datetime | None, start: datetime | None, end: datetime | None
) -> float | None:
    """Give the days by which an invoice was made before (negative) or after its period."""
    if created is None or start is None or end is None:
        return None
    if created < start:
        return (created - start) / _DAY
    return max(created - end, timedelta()) / _DAY


def item_facts(row: Row) -> dict[str, Any]:
    """Return the facts on an item of no invoice."""
    return {**row, "invoice_is_known": False}

"""Facts on NexaCloud's invoices that the quality rules look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tasks.model.source import Row
from tasks.reconcile.ledger_nexacloud import origin_of

STATUSES = frozenset({"draft", "open", "paid", "void", "uncollectible"})
#: An invoice is written when its period begins or, at the latest, a while after it ended.
_EARLY, _LATE = timedelta(days=31), timedelta(days=62)
_HALF_CENT = Decimal("0.005")
_CENT = Decimal("0.01")
#: Facts without which an invoice's amounts could not be compared: its lines are left out.
_NEEDED = ("has_customer", "has_amounts", "has_currency", "has_period", "is_readable")
_TOLD = (
    "invoice_id", "user_id", "subscription_id", "stripe_invoice_id", "status", "currency",
    "subtotal", "tax", "total", "period_start", "period_end", "created_at", "paid_at", "unreadable",
)  # fmt: skip


def invoice_facts(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the facts on one invoice.

    Args:
        rows: Its items, each with the invoice's columns; one without an item if it has none.

    Returns:
        The invoice's columns, ``items`` (their number), the facts, and ``is_clean``: no rule
        has anything to say.
    """
    head = rows[0]
    subtotal, tax, total = (_number(head[name]) for name in ("subtotal", "tax", "total"))
    items = [_number(row["amount"]) for row in rows if row["item_id"] is not None]
    known = [amount for amount in items if amount is not None]
    start, end, created = head["period_start"], head["period_end"], head["created_at"]
    is_paid = head["status"] == "paid"
    facts: dict[str, Any] = {
        "is_readable": head["unreadable"] is None,
        "has_customer": head["user_id"] is not None,
        "has_amounts": None not in (subtotal, tax, total, *items),
        "has_currency": bool(head["currency"]) and len(head["currency"]) == 3,
        "has_period": start is not None and end is not None and start < end,
        "origin_is_known": origin_of(head["stripe_invoice_id"]) != "nexacloud",
        "status_is_known": head["status"] in STATUSES,
        "status_is_reliable": is_paid == (head["paid_at"] is not None),
        "total_foots": None,
        "has_items": None,
        "items_foot": None,
        "created_in_time": (
            None if None in (start, end, created) else start - _EARLY <= created <= end + _LATE
        ),
    }
    if subtotal is not None and tax is not None and total is not None:
        facts["total_foots"] = abs(subtotal + tax - total) < _CENT
        facts["has_items"] = bool(items) if subtotal else None
        foots = abs(sum(known, Decimal(0)) - subtotal) < _HALF_CENT
        facts["items_foot"] = foots if items and len(known) == len(items) else None
    told = {name: head[name] for name in _TOLD}
    clean = all(fact is not False for fact in facts.values())
    return {**told, "items": len(items), **facts, "is_clean": clean}


def is_readable(facts: Row) -> bool:
    """Say whether an invoice can be compared at all."""
    return all(facts[name] for name in _NEEDED)


def item_facts(row: Row) -> dict[str, Any]:
    """Return the facts on an item of no invoice."""
    return {**row, "invoice_is_known": False}


def _number(text: str | None) -> Decimal | None:
    value = None if text is None else Decimal(text)
    return value if value is not None and value.is_finite() else None

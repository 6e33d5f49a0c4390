"""Facts on NexaCloud's invoices and their items, and the quality rules that look at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.check.result import CheckResult
from tasks.check.run import check_rows
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

TABLE = "invoices"


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


def check_invoices(
    suspicious: Sequence[Row],
    orphans: Sequence[Row],
    *,
    invoices: int,
    docs_dir: Path | None,
    run_name: str,
) -> CheckResult:
    """Name the rules that NexaCloud's invoices break.

    Args:
        suspicious: Facts on the invoices of which a rule has something to say.
        orphans: Facts on items of no invoice.
        invoices: All invoices that were looked through.
        docs_dir: Folder of Data Docs and their history; None builds none.
        run_name: Title of this run in Data Docs.

    Returns:
        Findings keyed by the invoice's or item's id. An invoice that breaks a rule critical for
        the row has no ledger lines.

    Raises:
        FatalError: A rule could not be evaluated.
    """
    rows = {TABLE: suspicious, "invoice_items": orphans}
    checked = check_rows(rows.items(), docs_dir=docs_dir, run_name=run_name)
    counted = tuple(
        replace(stat, checked=invoices) if stat.suite == TABLE else stat for stat in checked.checks
    )
    return replace(checked, checks=counted)

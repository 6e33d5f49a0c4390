"""An invoice that breaks no rule, and for each rule what makes it break just that one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 9, 5, 4, tzinfo=UTC)
CLEAN = {
    "invoice_id": "clean",
    "user_id": "anna",
    "subscription_id": "sub-1",
    "item_id": "item-1",
    "stripe_invoice_id": "in_1",
    "status": "paid",
    "currency": "CAD",
    "description": "Daily backups",
    "subtotal": "39.0000",
    "tax": "5.0700",
    "total": "44.07",
    "quantity": "1",
    "unit_price": "39.00",
    "amount": "39.0000",
    "period_start": START,
    "period_end": START + timedelta(days=30),
    "created_at": START,
    "paid_at": START,
    "unreadable": None,
}
CASES = {
    "invoice_amount_missing": {"subtotal": None},
    "invoice_currency_missing": {"currency": ""},
    "invoice_customer_missing": {"user_id": None},
    "invoice_period_missing": {"period_end": START},
    "invoice_created_at_unreliable": {"created_at": START - timedelta(days=400)},
    "invoice_items_do_not_foot": {"amount": "12"},
    "invoice_origin_unknown": {"stripe_invoice_id": "x"},
    "invoice_status_unknown": {"status": "lost", "paid_at": None},
    "invoice_status_unreliable": {"paid_at": None},
    "invoice_total_does_not_foot": {"total": "50"},
    "invoice_unsettled": {"status": "partially_refunded"},
    "invoice_without_items": {"item_id": None, "amount": None},
    "value_unreadable": {"unreadable": "created_at is infinity"},
}

ORPHAN_ITEM = "invoice_item_orphan"

"""What NexaCloud billed and what Odoo holds, read with plain SQL, for the sample's own test."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

USAGE = re.compile(r"CPU overage (\d{4}-\d{2}-\d{2}) → ")
FLAT = re.compile(r" \((\d{4}-\d{2}-\d{2}) → \d{4}-\d{2}-\d{2}\)$")
#: Subscription, item, first day in UTC.
Key = tuple[str, str, str]


def billed(world) -> dict[tuple[str, Key], Decimal]:
    """Amounts by invoice and key; void invoices were issued anew."""
    rows = world.source_sql(
        "SELECT i.id::text, i.subscription_id::text, x.description, x.amount"
        " FROM invoices i JOIN invoice_items x ON x.invoice_id = i.id::text"
        " WHERE i.status <> 'void' AND i.subscription_id IS NOT NULL"
    )
    amounts = {}
    for invoice, subscription, description, amount in rows:
        for item, pattern in (("usage:cpu_seconds", USAGE), ("flat", FLAT)):
            if found := pattern.search(description):
                amounts[invoice, (subscription, item, found[1])] = amount
    return amounts


def labels(world) -> dict[tuple[str, Key], str]:
    """Causes of the injected differences by invoice and key."""
    rows = world.source_sql(
        "SELECT ref, subscription, item, period_start AT TIME ZONE 'UTC', cause"
        " FROM sample.injected_differences"
    )
    return {
        (ref, (subscription, item, f"{start:%Y-%m-%d}")): cause
        for ref, subscription, item, start, cause in rows
    }


def in_odoo(world) -> dict[Key, tuple[Decimal, datetime]]:
    """What Odoo would bill for usage, with the period's end, by key."""
    rows = world.sql(
        "SELECT o.x_fc_nexacloud_subscription_id, r.period_start, r.amount, r.period_end"
        " FROM fusion_billing_rating r JOIN sale_order o ON o.id = r.subscription_id"
    )
    return {
        (subscription, "usage:cpu_seconds", f"{start:%Y-%m-%d}"): (Decimal(str(amount)), end)
        for subscription, start, amount, end in rows
    }


def flat_in_odoo(world) -> dict[str, Decimal]:
    """The flat price by subscription."""
    rows = world.sql(
        "SELECT o.x_fc_nexacloud_subscription_id, l.price_unit FROM sale_order_line l"
        " JOIN sale_order o ON o.id = l.order_id"
        " WHERE o.x_fc_shadow AND l.x_fc_external_id IS NULL"
    )
    return {subscription: Decimal(str(price)) for subscription, price in rows}

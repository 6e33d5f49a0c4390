"""NexaCloud's invoices with their items, and the usage behind what they bill, as queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg2 import sql

from tasks.clients.nexacloud.readable import folded, listed, moment, moment_at, text, unreadable
from tasks.clients.nexacloud.schema import Kind, table_of
from tasks.model.nexacloud import PRORATED
from tasks.model.source import ENDED_STATUSES, LIVE_STATUSES


@dataclass(frozen=True, slots=True)
class InvoiceScope:
    """Invoices that can hold a line of a period starting in [since, until).

    Usage is billed after its period, on an invoice that names the next one: invoices that begin
    a month and a half later are read too. One without a period is read in any case.
    """

    since: datetime
    until: datetime


INVOICE_ITEMS = table_of(
    "invoices with their items",
    id="invoice_id user_id subscription_id item_id",
    text="stripe_invoice_id description unreadable",
    word="status",
    code="currency",
    numeric="subtotal tax total quantity unit_price amount",
    timestamp="period_start period_end created_at paid_at",
)
ORPHANS = table_of("items of no invoice", id="id invoice_id", text="description", numeric="amount")
USAGE_ROWS = table_of(
    "usage records of subscriptions",
    id="subscription_id",
    timestamp="period_start period_end",
    numeric="cpu_seconds",
)

_INVOICE_ITEMS = """
    SELECT i.id::text AS invoice_id, i.user_id::text AS user_id,
           i.subscription_id::text AS subscription_id, x.id::text AS item_id,
           {number} AS stripe_invoice_id, {description} AS description,
           {unreadable} AS unreadable,
           {status} AS status, {currency} AS currency,
           i.subtotal, i.tax, i.total, x.quantity, x.unit_price, x.amount,
           {moments}
    FROM public.invoices i LEFT JOIN public.invoice_items x ON x.invoice_id::text = i.id::text
    WHERE ({start} IS NULL OR {end} IS NULL
        OR (i.period_start >= {since} AND i.period_start < {until} + interval '45 days')){only}
    ORDER BY i.id, x.id
"""
_EVERY = sql.SQL("")
#: One without end is read as none.
_DESCRIPTION = text(sql.Identifier("x", "description"))
#: Invoices that settle something: a change by days, or what an ended subscription had left open.
_SETTLING = """
        AND (EXISTS (SELECT FROM public.invoice_items p
                     WHERE p.invoice_id::text = i.id::text AND p.description ~* {prorated})
            OR i.subscription_id::text IN (
                SELECT s.id::text FROM public.subscriptions s
                LEFT JOIN public.deployments d ON d.id::text = s.deployment_id::text
                WHERE {status} IN ({ended}) OR d.deleted_at IS NOT NULL
                    OR {deployment_status} = 'deleted'))
"""
#: Their period begins where a live subscription's ends, or later; both have a time of day.
_BEYOND = """
        AND i.period_start IS NOT NULL AND EXISTS (
            SELECT FROM public.subscriptions s
            WHERE s.id::text = i.subscription_id::text AND {status} IN ({live})
                AND i.period_start >= s.current_period_end - interval '36 hours')
"""
_EVER, _NEVER = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_ORPHANS = """
    SELECT x.id::text AS id, x.invoice_id::text AS invoice_id, {description} AS description,
           x.amount
    FROM public.invoice_items x LEFT JOIN public.invoices i ON i.id::text = x.invoice_id::text
    WHERE i.id IS NULL ORDER BY x.id
"""
#: Records that a rule of the metering keeps out are no evidence: only the plainest are asked for.
_USAGE_ROWS = """
    SELECT s.id::text AS subscription_id, u.period_start, u.period_end,
           u.cpu_hours * 3600 AS cpu_seconds
    FROM public.subscriptions s
    JOIN public.usage_records u ON u.deployment_id::text = s.deployment_id::text
    WHERE s.id::text = ANY({subscriptions}::text[])
        AND u.period_end > {since} AND u.period_start < {until}
        AND {start} IS NOT NULL AND {end} IS NOT NULL AND u.period_start < u.period_end
        AND u.cpu_hours >= 0 AND u.cpu_hours NOT IN ('NaN', 'Infinity')
    ORDER BY s.id, u.period_start, u.period_end
"""


def settling_query(scope: InvoiceScope) -> sql.Composed:
    """Select ``INVOICE_ITEMS`` of the invoices that prorate, or are of an ended subscription."""
    only = sql.SQL(_SETTLING).format(
        prorated=sql.Literal(PRORATED),
        status=folded(sql.Identifier("s", "status")),
        ended=listed(ENDED_STATUSES),
        deployment_status=folded(sql.Identifier("d", "status")),
    )
    return invoice_query(scope, only)


def invoice_query(scope: InvoiceScope, only: sql.Composable = _EVERY) -> sql.Composed:
    """Select ``INVOICE_ITEMS``: a row per item, and one for an invoice without any."""
    moments = {name: moment(sql.Identifier("i", name)) for name in INVOICE_ITEMS.moments}
    return sql.SQL(_INVOICE_ITEMS).format(
        moments=sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(selected, sql.Identifier(name))
            for name, selected in moments.items()
        ),
        number=text(sql.Identifier("i", "stripe_invoice_id")),
        description=_DESCRIPTION,
        unreadable=unreadable(INVOICE_ITEMS.moments, of="i"),
        status=folded(sql.Identifier("i", "status")),
        currency=folded(sql.Identifier("i", "currency"), Kind.CODE),
        start=moments["period_start"],
        end=moments["period_end"],
        since=moment_at(scope.since),
        until=moment_at(scope.until),
        only=only,
    )


def price_query(scope: InvoiceScope, subscriptions: Sequence[str]) -> sql.Composed:
    """Select ``INVOICE_ITEMS`` of the invoices of some subscriptions."""
    only = sql.SQL("AND i.subscription_id::text = ANY({}::text[])")
    return invoice_query(scope, only.format(sql.Literal(list(subscriptions))))


def beyond_query() -> sql.Composed:
    """Select ``INVOICE_ITEMS`` of the invoices beyond the period in their subscription's row."""
    only = sql.SQL(_BEYOND).format(
        status=folded(sql.Identifier("s", "status")),
        live=listed(LIVE_STATUSES),
    )
    return invoice_query(InvoiceScope(_EVER, _NEVER), only)


def orphan_query() -> sql.Composed:
    """Select ``ORPHANS``: items whose invoice is not there."""
    return sql.SQL(_ORPHANS).format(description=_DESCRIPTION)


def usage_row_query(subscriptions: Sequence[str], since: datetime, until: datetime) -> sql.Composed:
    """Select ``USAGE_ROWS``: the records that touch [since, until)."""
    return sql.SQL(_USAGE_ROWS).format(
        subscriptions=sql.Literal(list(subscriptions)),
        start=moment(sql.Identifier("u", "period_start")),
        end=moment(sql.Identifier("u", "period_end")),
        since=moment_at(since),
        until=moment_at(until),
    )

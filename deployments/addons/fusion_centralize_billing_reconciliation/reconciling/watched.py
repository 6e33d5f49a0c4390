"""What the watch looks at after the switch: who is live, what is posted, what is not paid."""

from datetime import datetime, timedelta

from odoo.addons.fusion_centralize_billing.rating.numbers import plain
from odoo.addons.fusion_centralize_billing_usage.metering.subscriptions import (
    page_of_subscriptions,
)

from .posted import posted_lines
from .tax_rates import percentages_of, tax_rates_of


def watched_page(env, service, since: datetime, until: datetime, after_id: int, limit: int) -> dict:
    """Return a page of live subscriptions with their posted lines, one by one.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        since: UTC without a zone; lines of periods that start then or later.
        until: And before that.
        after_id: The last order of the page before.
        limit: Subscriptions in the page.
    """
    page = page_of_subscriptions(env, service, after_id, limit)
    live = {one.id: one for one in page if one.live}
    rates = tax_rates_of(env, list(live))
    percentages = percentages_of(env)
    zones = {one.id: one.calendar.zone for one in live.values() if one.calendar}
    rows = []
    for order_id, line in posted_lines(env, zones):
        if not since <= line.start < until:
            continue
        one = live[order_id]
        rows.append(
            {
                "customer": one.account,
                "subscription": one.source_id,
                "item": line.item,
                "period_start": f"{line.start.isoformat()}Z",
                "period_end": f"{line.end.isoformat()}Z",
                "units": None if line.units is None else plain(line.units),
                "amount": plain(line.amount),
                "currency": line.currency,
                "tax_rate": percentages(line.tax_ids),
                "due_tax_rate": rates.get((order_id, line.item)) or rates.get((order_id, "flat")),
                "ref": line.refs[0],
            }
        )
    return {
        "rows": rows,
        "live": [
            {
                "customer": one.account,
                "subscription": one.source_id,
                "order": one.name,
                "flat_from": _moment(one.flat_from),
                "usage_from": _moment(one.usage_from),
                "ends_at": _moment(one.ends_at),
            }
            for one in live.values()
        ],
        "unpaid": _unpaid(env, live),
        "next_after_id": page[-1].id if len(page) == limit else None,
    }


def _unpaid(env, live: dict) -> list[dict]:
    """Return what is not paid, and the day after which Odoo's plan ends the subscription."""
    orders = env["sale.order"].browse(live)
    has_limit = "auto_close_limit" in env["sale.subscription.plan"]._fields
    found = []
    for order in orders:
        moves = order.order_line.invoice_lines.move_id.filtered(
            lambda move: (
                move.state == "posted"
                and move.move_type == "out_invoice"
                and move.payment_state in ("not_paid", "partial")
            )
        )
        limit = order.plan_id.auto_close_limit if has_limit else 0
        one = live[order.id]
        found += [
            {
                "customer": one.account,
                "subscription": one.source_id,
                "ref": move.name,
                "amount": f"{move.amount_residual:.{move.currency_id.decimal_places}f}",
                "currency": move.currency_id.name,
                "closes_on": (move.invoice_date + timedelta(days=limit)).isoformat()
                if limit and order.subscription_state in order._fc_running()
                else None,
            }
            for move in moves
        ]
    return found


def _moment(value: datetime | None) -> str | None:
    return f"{value.isoformat()}Z" if value else None

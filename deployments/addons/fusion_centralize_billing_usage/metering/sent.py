"""Rates the usage that services send themselves, when an invoice of it is due."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from odoo import fields

from odoo.addons.fusion_centralize_billing.periods.calendar import midnight

from .preview import rate_subscriptions
from .rated import RatedLine
from .ratings import store_page
from .subscriptions import Subscription, subscriptions_of

_logger = logging.getLogger(__name__)

# Days of a unit at most; so many periods back usage is looked for that could not be rated.
_DAYS = {"week": 7, "month": 31, "year": 366}
_PERIODS = 3


def rate_sent(service, orders, at: datetime | None = None) -> None:
    """Put on running orders what their usage costs, of periods that are over at a moment.

    What is billed already stays as it is; what cannot be rated is logged, and keeps no other back.

    Args:
        service: The ``fusion.billing.service``, in a superuser environment of its company.
        orders: Its running orders.
        at: The moment; None: for each order when its next invoice is due, at most now.
    """
    now = fields.Datetime.now()
    # What follows reads with plain SQL.
    service.env.flush_all()
    due = {order.id: order.next_invoice_date for order in orders}
    subscriptions = subscriptions_of(service.env, service, orders.ids)
    until = {one.id: at or _due(one, due[one.id], now) for one in subscriptions}
    if not subscriptions:
        return
    days = max(_days(one) for one in subscriptions)
    since = min(until.values()) - timedelta(days=days * _PERIODS)
    page = rate_subscriptions(service.env, service, subscriptions, since, now)

    def until_then(line: RatedLine) -> RatedLine:
        return replace(line, over=line.over and _end(line) <= until[line.subscription.id])

    page = replace(
        page,
        lines=list(map(until_then, page.lines)),
        commitments=list(map(until_then, page.commitments)),
    )
    result = store_page(service.env, service, page)
    for row in result["rows"]:
        _logger.warning("The usage of %(external_id)s is not billed: %(message)s", row)
    service.env.flush_all()
    orders.invalidate_recordset()


def _end(line: RatedLine) -> datetime:
    """Return when nothing more can be used: the period's end, or that of the subscription."""
    return min(line.end, line.subscription.ends_at or line.end)


def _days(subscription: Subscription) -> int:
    calendar = subscription.calendar
    return _DAYS[calendar.unit] * calendar.count if calendar else 0


def _due(subscription: Subscription, day, now: datetime) -> datetime:
    if not day or not subscription.calendar:
        return now
    return min(now, midnight(day, subscription.calendar.zone))

"""The end of a subscription."""

from datetime import UTC
from zoneinfo import ZoneInfo

from odoo import fields

from ...metering.subscriptions import company_zone


def end_subscription(order, at=None) -> None:
    """End a subscription now, or at a moment; one that has not begun is canceled.

    A shadow stays the draft that it is. A running order is closed as Odoo closes it, and gets
    no further invoices; what it has used until now is still billed.
    """
    order.x_fc_next_ids.filtered(lambda one: one._fc_status() == "pending")._action_cancel()
    if order._fc_status() == "pending":
        order._action_cancel()
        return
    at = at or fields.Datetime.now()
    order.write({"x_fc_terminated_at": at, "end_date": local_day(order, at)})
    if order.state == "sale":
        close = getattr(order, "set_close", None)
        if close:
            close()
        else:
            order.write({"subscription_state": "6_churn"})


def local_day(order, moment):
    """Return the day of a moment in the zone in which billing periods are anchored."""
    zone = company_zone(order.x_fc_service_id.company_id)
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()

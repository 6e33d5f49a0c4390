"""The end of a subscription."""

from datetime import UTC
from zoneinfo import ZoneInfo

from odoo import fields

from odoo.addons.fusion_centralize_billing.periods.zone import company_zone


def end_subscription(order, at=None) -> None:
    """End a subscription now, or at a moment; one that has not begun is canceled.

    A shadow stays the draft that it is. A running order is closed as Odoo closes it, and gets
    no further invoices; what it has used until now is still billed.
    """
    take_back_change(order)
    if order._fc_status() == "pending":
        if pending_change(order.x_fc_previous_id):
            take_back_change(order.x_fc_previous_id)
        else:
            cancel(order)
        return
    at = at or fields.Datetime.now()
    order.write({"x_fc_terminated_at": at, "end_date": local_day(order, at)})
    if order.state == "sale":
        close = getattr(order, "set_close", None)
        if close:
            close()
        else:
            order.write({"subscription_state": "6_churn"})


def pending_change(order):
    """Return the order on another plan that is to take over from this one, possibly empty."""
    return order.x_fc_next_ids.filtered(lambda one: one._fc_status() == "pending")


def take_back_change(order) -> None:
    """Cancel a change of plan that is to come: the subscription goes on, to its own end."""
    coming = pending_change(order)
    if coming:
        write_end(order, coming[0].x_fc_ending_at)
        cancel(coming)


def cancel(orders) -> None:
    """Cancel subscriptions that have not begun; what never was has no end either."""
    orders.write({"x_fc_ending_at": False, "end_date": False})
    orders._action_cancel()


def write_end(order, ending) -> None:
    """Write the moment at which a subscription ends; False or None: it goes on."""
    day = local_day(order, ending) if ending else False
    order.write({"x_fc_ending_at": ending or False, "end_date": day})


def local_day(order, moment):
    """Return the day of a moment in the zone in which billing periods are anchored."""
    zone = company_zone(order.x_fc_service_id.company_id)
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()

"""A subscription: an order of the service."""

from datetime import timedelta

from odoo import fields

from odoo.addons.fusion_centralize_billing.periods.calendar import period_at

from ..lago_id import lago_id
from .customer import customer_object
from .plan import code_of, plan_object, price_of
from .values import cents, first_moment, moment


def subscription_object(order, *, full: bool = False) -> dict:
    """Return a ``sale.order`` of a service as Lago's ``subscription``.

    Args:
        order: An order with an external id.
        full: Also its plan and its customer, as in webhooks.
    """
    service, plan = order.x_fc_service_id, order.x_fc_service_plan_id
    link = order._fc_link()
    calendar = order._fc_calendar()
    begun = order.x_fc_subscribed_at or first_moment(order.start_date, calendar and calendar.zone)
    status = order._fc_status()
    successor = order.x_fc_next_ids.filtered(lambda one: one.state != "cancel")[:1]
    coming = bool(successor) and successor._fc_status() == "pending"
    period = _period(calendar) if status == "active" else (None, None)
    body = {
        "lago_id": lago_id(order),
        "external_id": order._fc_public_id(),
        "lago_customer_id": lago_id(link),
        "external_customer_id": link.external_id or None,
        "name": order.client_order_ref or None,
        "plan_code": code_of(plan),
        "plan_amount_cents": cents(price_of(plan), plan.currency_id) if plan else None,
        "plan_amount_currency": service.company_id.currency_id.name,
        "status": status,
        "billing_time": order.x_fc_billing_time or "anniversary",
        "subscription_at": moment(begun),
        "started_at": moment(begun) if status in ("active", "terminated") else None,
        "trial_ended_at": None,
        "ending_at": moment((successor if coming else order).x_fc_ending_at),
        "terminated_at": moment(order._fc_ends_at()) if status == "terminated" else None,
        "canceled_at": moment(order.write_date) if status == "canceled" else None,
        "created_at": moment(order.create_date),
        "previous_plan_code": code_of(order.x_fc_previous_id.x_fc_service_plan_id),
        "next_plan_code": code_of(successor.x_fc_service_plan_id),
        "downgrade_plan_date": successor.start_date.isoformat() if coming else None,
        "current_billing_period_started_at": moment(period[0]),
        "current_billing_period_ending_at": moment(period[1] and period[1] - timedelta(seconds=1)),
        "on_termination_credit_note": None,
        "on_termination_invoice": "generate",
    }
    if full:
        body["plan"] = plan_object(plan) if plan else None
        body["customer"] = customer_object(link) if link else None
    return body


def _period(calendar) -> tuple:
    """Return the running billing period; its end does not belong to it."""
    return (calendar and period_at(calendar, fields.Datetime.now())) or (None, None)

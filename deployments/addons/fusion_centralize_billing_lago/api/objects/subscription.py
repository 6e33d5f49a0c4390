"""A subscription: an order of the service, with an external id."""

from datetime import timedelta
from functools import cached_property

from odoo import fields

from odoo.addons.fusion_centralize_billing.periods.calendar import period_at

from ..lago_id import lago_id
from .customer import CUSTOMER
from .plan import PLAN, code_of
from .table import CENTS, DAY_, FLAG, ID, ID_, MOMENT, MOMENT_, TEXT, TEXT_, Table, one_of, or_null
from .values import cents, first_moment, moment


def origin_of(order):
    """Return the order with which a subscription began, on whatever plan."""
    while order.x_fc_previous_id:
        order = order.x_fc_previous_id
    return order


class _Seen:
    """A ``sale.order`` of a service, its plan, and the order that follows it."""

    def __init__(self, order) -> None:
        self.order = order
        self.plan = order.x_fc_service_plan_id
        self.status = order.x_fc_status
        self.successor = order.x_fc_next_ids.filtered(lambda one: one.state != "cancel")[:1]
        self.has_coming = bool(self.successor) and self.successor.x_fc_status == "pending"

    @cached_property
    def link(self):
        return self.order._fc_link()

    @cached_property
    def calendar(self):
        return self.order._fc_calendar()

    @cached_property
    def price(self):
        return self.order._fc_plan_price()

    @cached_property
    def first(self):
        """When it began, on whatever plan."""
        return self._begin(origin_of(self.order))

    @cached_property
    def told(self) -> dict:
        return self.order.x_fc_api_values or {}

    @cached_property
    def begun(self):
        return self._begin(self.order)

    def _begin(self, order):
        zone = self.calendar and self.calendar.zone
        return order.x_fc_subscribed_at or first_moment(order.start_date, zone)

    @cached_property
    def period(self) -> tuple:
        """The running billing period; its end does not belong to it."""
        if self.status != "active" or not self.calendar:
            return (None, None)
        return period_at(self.calendar, fields.Datetime.now()) or (None, None)

    @property
    def last_moment(self):
        return self.period[1] and self.period[1] - timedelta(seconds=1)


def _when(*statuses: str, at):
    """Read a moment that only subscriptions of some statuses have."""
    return lambda seen: moment(at(seen)) if seen.status in statuses else None


def _trial_ended(seen: _Seen) -> str | None:
    """Return when a trial was over; None as long as it lasts, or without one."""
    ends = first_moment(seen.order.x_fc_trial_ends_on, seen.order._fc_zone())
    return moment(ends) if ends and ends <= fields.Datetime.now() else None


def _plan(seen: _Seen) -> dict | None:
    """Return the plan as the subscription has it, with what was agreed for it alone."""
    if not seen.plan:
        return None
    return {**PLAN.show(seen.plan, seen.price), **(seen.told.get("plan") or {})}


SUBSCRIPTION = Table(
    "Subscription",
    {
        "lago_id": (ID, lambda seen: lago_id(seen.order)),
        "external_id": (TEXT, lambda seen: seen.order._fc_public_id()),
        "lago_customer_id": (ID_, lambda seen: lago_id(seen.link)),
        "external_customer_id": (TEXT_, lambda seen: seen.link.external_id or None),
        "name": (TEXT_, lambda seen: seen.order.client_order_ref or None),
        "plan_code": (TEXT_, lambda seen: code_of(seen.plan)),
        "plan_amount_cents": (
            or_null(CENTS),
            lambda seen: cents(seen.price, seen.plan.currency_id) if seen.plan else None,
        ),
        "plan_amount_currency": (TEXT, lambda seen: seen.order.currency_id.name),
        "status": (one_of("pending", "active", "terminated", "canceled"), lambda seen: seen.status),
        "billing_time": (
            one_of("anniversary", "calendar"),
            lambda seen: seen.order.x_fc_billing_time or "anniversary",
        ),
        "billing_entity_code": (TEXT, lambda seen: seen.order.x_fc_service_id.code),
        "subscription_at": (MOMENT_, lambda seen: moment(seen.first)),
        "started_at": (MOMENT_, _when("active", "terminated", at=lambda seen: seen.begun)),
        "trial_ended_at": (MOMENT_, _trial_ended),
        "ending_at": (
            MOMENT_,
            lambda seen: moment((seen.successor if seen.has_coming else seen.order).x_fc_ending_at),
        ),
        "terminated_at": (MOMENT_, _when("terminated", at=lambda seen: seen.order._fc_ends_at())),
        "canceled_at": (MOMENT_, _when("canceled", at=lambda seen: seen.order.write_date)),
        "created_at": (MOMENT, lambda seen: moment(seen.order.create_date)),
        "previous_plan_code": (
            TEXT_,
            lambda seen: code_of(seen.order.x_fc_previous_id.x_fc_service_plan_id),
        ),
        "next_plan_code": (TEXT_, lambda seen: code_of(seen.successor.x_fc_service_plan_id)),
        "downgrade_plan_date": (
            DAY_,
            lambda seen: seen.successor.start_date.isoformat() if seen.has_coming else None,
        ),
        "current_billing_period_started_at": (MOMENT_, lambda seen: moment(seen.period[0])),
        "current_billing_period_ending_at": (MOMENT_, lambda seen: moment(seen.last_moment)),
        "on_termination_credit_note": (
            TEXT_,
            lambda seen: (
                None
                if seen.order.x_fc_arrears
                else seen.told.get("on_termination_credit_note") or "credit"
            ),
        ),
        "on_termination_invoice": (
            TEXT,
            lambda seen: seen.told.get("on_termination_invoice") or "generate",
        ),
        "consolidate_invoice": (FLAG, False),
    },
    more={
        "plan": (or_null(PLAN.ref), _plan),
        "customer": (
            or_null(CUSTOMER.ref),
            lambda seen: CUSTOMER.show(seen.link) if seen.link else None,
        ),
    },
    root="subscription",
    model="sale.order",
    view=_Seen,
)

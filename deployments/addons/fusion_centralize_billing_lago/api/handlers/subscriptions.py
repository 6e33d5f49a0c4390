"""Subscriptions: orders of the service. Until it is live, they are shadows that charge nobody."""

from odoo import fields
from odoo.fields import Domain

from odoo.addons.fusion_centralize_billing.models.sale_order_status import CURRENT

from ...crediting.endings import end_subscription
from ..call import Call
from ..currencies import check_currency, check_pays_in
from ..errors import INVALID, TAKEN, UNSUPPORTED, InvalidError, NotFoundError
from ..finding import (
    any_link,
    asked_for,
    check_entity,
    check_tax_codes,
    entity_query,
    find_plan,
    find_subscription,
    subscriptions_named,
)
from ..inputs import (
    BY_PROVIDER,
    CURRENCY,
    Choice,
    Days,
    Listing,
    Moment,
    Shape,
    Text,
    Unsupported,
    Whole,
)
from ..objects import SUBSCRIPTION
from ..paging import listed
from ..routing import route
from .agreeing import AGREED, agree
from .customers import make_customer
from .subscribing import change_plan, make_subscription

OVERRIDES = Shape(
    {
        "amount_cents": Whole(0, 10**10),
        "amount_currency": CURRENCY,
        "name": Text(),
        "description": Text(2000),
        "invoice_display_name": Text(),
        "tax_codes": Listing(Text()),
        "trial_period": Days(),
        "minimum_commitment": Unsupported(),
        "usage_thresholds": Unsupported(),
        "metadata": Unsupported(),
        **AGREED,
    }
)
_SHARED = {
    "name": Text(),
    "ending_at": Moment(),
    "subscription_at": Moment(),
    "billing_entity_code": Text(),
    "invoice_custom_section": Unsupported(),
    "payment_method": BY_PROVIDER,
    # Odoo invoices each order by itself.
    "consolidate_invoice": Unsupported(),
    "purchase_order_number": Unsupported(),
    "activation_rules": Unsupported(),
    "usage_thresholds": Unsupported(),
}
VALUES = Shape(
    {
        "external_customer_id": Text(200),
        "external_id": Text(190),
        "plan_code": Text(),
        "billing_time": Choice(("anniversary", "calendar")),
        "plan_overrides": OVERRIDES,
        **_SHARED,
    },
    mandatory=("external_customer_id", "external_id", "plan_code"),
)
_LATER = {name: AGREED.get(name, Unsupported()) for name in OVERRIDES.fields}
CHANGES = Shape({**_SHARED, "plan_overrides": Shape(_LATER)})
ON_END = {
    "on_termination_invoice": Choice(("generate", "skip")),
    "on_termination_credit_note": Choice(("credit", "refund", "offset", "skip")),
}
# Lago's words; the last is none of ours.
STATUSES = (*CURRENT, "terminated", "canceled", "incomplete")
STATUS = Choice(STATUSES)
QUERY = {
    "plan_code": Text(),
    "external_id": Text(200),
    "currency": Text(3),
    "status[]": Listing(STATUS),
    **entity_query(),
}
# What is over does not change any more, and does not end a second time.
RUNNING = ("active", "pending")


@route(
    "POST",
    "/subscriptions",
    SUBSCRIPTION.one,
    body=VALUES,
    partly="no commitment and thresholds, no payment method, no activation rules",
    faults=(404,),
)
def create(call: Call) -> dict:
    """Create a subscription, or move the one that is there to another plan."""
    values = call.body()
    plan = find_plan(call, values["plan_code"])
    link = any_link(call, values["external_customer_id"])
    if not link or link.deleted_at:
        link = link or make_customer(call, {"external_id": values["external_customer_id"]})
        link.write({"deleted_at": False})
    _check_end(values)
    check_entity(call, values)
    check_currency(values.get("plan_overrides") or {}, plan.currency_id)
    check_pays_in(link, plan.currency_id)
    check_tax_codes(call, values.get("plan_overrides") or {})
    order = _running(call, values["external_id"])
    if not order:
        order = make_subscription(call, link, plan, values)
    elif order._fc_link() != link:
        raise InvalidError({"external_id": [TAKEN]})
    elif order.x_fc_service_plan_id._sold() == plan:
        # A change of plan that is to come stays, too.
        _write_changes(order, values)
    else:
        order = change_plan(call, order, link, plan, values)
    return SUBSCRIPTION.answer(order, full=True)


@route("GET", "/subscriptions/{external_id}", SUBSCRIPTION.one, query={"status": STATUS})
def find(call: Call) -> dict:
    """Find a subscription: the active one, unless a status is named."""
    return SUBSCRIPTION.answer(_found(call), full=True)


@route(
    "GET",
    "/subscriptions",
    SUBSCRIPTION.page,
    query=QUERY,
    of_customer="List a customer's subscriptions",
)
def list_(call: Call) -> dict:
    """List subscriptions: active ones, unless statuses are named."""
    wanted = call.wanted()
    statuses = wanted.get("status") or ["active"]
    domain = [("x_fc_service_id", "=", call.service.id), ("x_fc_external_id", "!=", False)]
    domain = Domain(domain) & Domain("x_fc_status", "in", statuses)
    domain &= Domain(asked_for(call, wanted, "x_fc_account_link_id"))
    if "plan_code" in wanted:
        sold = [("parent_id", "=", False), ("code", "=", wanted["plan_code"])]
        plans = call.env["fusion.billing.plan"].search([*call.mine, *sold])
        keys = (plans | plans.child_ids).mapped("external_id")
        domain &= Domain("x_fc_nexacloud_plan_id", "in", keys)
    if "external_id" in wanted:
        domain &= Domain("id", "in", subscriptions_named(call, wanted["external_id"]).ids)
    return listed(call, SUBSCRIPTION, domain)


@route(
    "PUT",
    "/subscriptions/{external_id}",
    SUBSCRIPTION.one,
    body=CHANGES,
    query={"status": STATUS},
    partly="of overrides those of charges, no payment method, no activation rules",
)
def update(call: Call) -> dict:
    """Change a subscription's name or end; that of one that has not begun, its begin."""
    order = _found(call, RUNNING, RUNNING)
    values = call.body()
    _check_end(values)
    check_entity(call, values)
    _write_changes(order, values)
    agree(call, order, values.get("plan_overrides") or {})
    begins = values.get("subscription_at")
    # A plan that is to come begins where the one before ends, whatever is said.
    if begins and order.x_fc_status == "pending" and not order.x_fc_previous_id:
        order._fc_move_begin(begins)
    return SUBSCRIPTION.answer(order, full=True)


@route(
    "DELETE",
    "/subscriptions/{external_id}",
    SUBSCRIPTION.one,
    query={"status": STATUS, **ON_END},
    partly="usage is always billed",
)
def terminate(call: Call) -> dict:
    """End a subscription: what was used is billed, what was paid ahead is credited."""
    order = _found(call, ("active",), RUNNING)
    wanted = call.wanted()
    terms = {name: wanted[name] for name in ON_END if name in wanted}
    _check_end_terms(order, terms)
    end_subscription(order, terms)
    return SUBSCRIPTION.answer(order, full=True)


def _check_end_terms(order, terms: dict) -> None:
    """Refuse what an end does not do to this subscription.

    Raises:
        InvalidError: It is not for its plan, or Odoo would bill the usage nevertheless.
    """
    if "on_termination_credit_note" in terms and order.x_fc_arrears:
        raise InvalidError({"on_termination_credit_note": [INVALID]})
    charges = order.x_fc_service_plan_id.charge_ids
    if terms.get("on_termination_invoice") == "skip" and charges:
        raise InvalidError({"on_termination_invoice": [UNSUPPORTED]})


def _found(call: Call, statuses=("active",), allowed=STATUSES):
    asked = call.query.get("status")
    if asked and asked not in allowed:
        raise NotFoundError("subscription")
    return find_subscription(call, call.path["external_id"], *((asked,) if asked else statuses))


def _running(call: Call, external_id: str):
    """Return the subscription of this id that is not over, the active before the pending."""
    orders = subscriptions_named(call, external_id)
    for status in ("active", "pending"):
        for order in orders:
            if order.x_fc_status == status:
                return order
    return orders.browse()


def _check_end(values: dict) -> None:
    ending, begins = values.get("ending_at"), values.get("subscription_at")
    if ending and ending <= max(fields.Datetime.now(), begins or ending.min):
        raise InvalidError({"ending_at": [INVALID]})


def _write_changes(order, values: dict) -> None:
    if "name" in values:
        order.write({"client_order_ref": values["name"] or False})
    if "ending_at" in values:
        ending, coming = values["ending_at"], order._fc_coming()
        if coming and ending and ending <= coming[0].x_fc_subscribed_at:
            order._fc_take_back_change()
            coming = None
        # The end is that of the subscription, whatever plan it is on by then.
        (coming or order)._fc_set_end(ending)

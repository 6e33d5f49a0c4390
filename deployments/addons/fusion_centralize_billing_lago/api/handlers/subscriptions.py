"""Subscriptions: orders of the service. Until it is live, they are shadows that charge nobody."""

from decimal import Decimal
from itertools import chain, count

from odoo import fields
from odoo.fields import Domain

from odoo.addons.fusion_centralize_billing.loader.orders import OrderLoader
from odoo.addons.fusion_centralize_billing.loader.row import FAILED, UNCHANGED, Row
from odoo.addons.fusion_centralize_billing.models.fusion_billing_plan import MONTHS
from odoo.addons.fusion_centralize_billing.models.sale_order_status import CURRENT
from odoo.addons.fusion_centralize_billing.periods.calendar import Calendar, day_of, days_at
from odoo.addons.fusion_centralize_billing.periods.zone import company_zone

from ..call import Call
from ..errors import INVALID, TAKEN, NotFoundError, UnprocessableError
from ..finding import any_link, find_link, find_plan, find_subscription, subscriptions_named
from ..inputs import Choice, Flag, Listing, Moment, Shape, Text, Unsupported
from ..objects import SUBSCRIPTION
from ..paging import page_of
from ..routing import route
from .customers import make_customer

VALUES = Shape(
    {
        "external_customer_id": Text(200),
        "external_id": Text(190),
        "plan_code": Text(),
        "name": Text(),
        "billing_time": Choice(("anniversary", "calendar")),
        "subscription_at": Moment(),
        "ending_at": Moment(),
        "consolidate_invoice": Flag(),
        "plan_overrides": Unsupported(),
        "activation_rules": Unsupported(),
    },
    mandatory=("external_customer_id", "external_id", "plan_code"),
)
CHANGES = Shape(
    {
        "name": Text(),
        "ending_at": Moment(),
        "subscription_at": Moment(),
        "plan_overrides": Unsupported(),
    }
)
# Lago's words; the last is none of ours.
STATUSES = (*CURRENT, "terminated", "canceled", "incomplete")
STATUS = Choice(STATUSES)
QUERY = {"plan_code": Text(), "external_id": Text(200), "status[]": Listing(STATUS)}
# What is over does not change any more, and does not end a second time.
RUNNING = ("active", "pending")


@route(
    "POST",
    "/subscriptions",
    SUBSCRIPTION.one,
    body=("subscription", VALUES),
    faults=(400, 404, 422),
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
    order = _running(call, values["external_id"])
    if not order:
        order = _make(call, link, plan, values)
    elif order._fc_link() != link:
        raise UnprocessableError({"external_id": [TAKEN]})
    elif order.x_fc_service_plan_id == plan:
        order._fc_take_back_change()
        _write_changes(order, values)
    else:
        order = _change_plan(call, order, link, plan, values)
    return {"subscription": SUBSCRIPTION.show(order)}


@route(
    "GET", "/subscriptions/{external_id}", SUBSCRIPTION.one, query={"status": STATUS}, faults=(404,)
)
def find(call: Call) -> dict:
    """Find a subscription: the active one, unless a status is named."""
    return {"subscription": SUBSCRIPTION.show(_found(call))}


@route(
    "GET",
    "/customers/{external_id}/subscriptions",
    SUBSCRIPTION.page,
    summary="List a customer's subscriptions",
    query=QUERY,
    paged=True,
    faults=(404, 422),
)
@route(
    "GET",
    "/subscriptions",
    SUBSCRIPTION.page,
    query={"external_customer_id": Text(200), **QUERY},
    paged=True,
    faults=(422,),
)
def list_(call: Call) -> dict:
    """List subscriptions: active ones, unless statuses are named."""
    statuses = call.query.getlist("status[]") or ["active"]
    wanted = call.wanted()
    orders, page = call.env["sale.order"], page_of(call.query)
    domain = [("x_fc_service_id", "=", call.service.id), ("x_fc_external_id", "!=", False)]
    domain = Domain(domain) & Domain("x_fc_status", "in", statuses)
    if "external_id" in call.path:
        domain &= Domain("x_fc_account_link_id", "=", find_link(call, call.path["external_id"]).id)
    elif "external_customer_id" in wanted:
        link = any_link(call, wanted["external_customer_id"])
        domain &= Domain("x_fc_account_link_id", "=", link.id or 0)
    if "plan_code" in wanted:
        plans = call.env["fusion.billing.plan"].search(
            [("service_id", "=", call.service.id), ("code", "=", wanted["plan_code"])]
        )
        domain &= Domain("x_fc_nexacloud_plan_id", "in", plans.mapped("external_id"))
    if "external_id" in wanted:
        domain &= Domain("id", "in", subscriptions_named(call, wanted["external_id"]).ids)
    total = orders.search_count(domain)
    found = orders.search(domain, order="id desc", limit=page.size, offset=page.offset)
    return {
        "subscriptions": [SUBSCRIPTION.show(order) for order in found],
        "meta": page.meta(total),
    }


@route(
    "PUT",
    "/subscriptions/{external_id}",
    SUBSCRIPTION.one,
    body=("subscription", CHANGES),
    query={"status": STATUS},
    faults=(400, 404, 422),
)
def update(call: Call) -> dict:
    """Change a subscription's name or end."""
    order = _found(call, RUNNING, RUNNING)
    values = call.body()
    _check_end(values)
    _write_changes(order, values)
    begins = values.get("subscription_at")
    if begins and order.x_fc_status == "pending":
        order._fc_move_begin(begins)
    return {"subscription": SUBSCRIPTION.show(order)}


@route(
    "DELETE",
    "/subscriptions/{external_id}",
    SUBSCRIPTION.one,
    query={"status": STATUS},
    faults=(404, 422),
)
def terminate(call: Call) -> dict:
    """End a subscription."""
    order = _found(call, ("active",), RUNNING)
    order._fc_end()
    return {"subscription": SUBSCRIPTION.show(order)}


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
        raise UnprocessableError({"ending_at": [INVALID]})


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


def _change_plan(call: Call, order, link, plan, values: dict):
    """Move a subscription to another plan and return the order that is active.

    To a dearer plan now, to a cheaper one at the end of its billing period.
    """
    order._fc_take_back_change()
    now = fields.Datetime.now()
    inherited = {
        "name": order.client_order_ref or None,
        "billing_time": order.x_fc_billing_time or "anniversary",
        "ending_at": order.x_fc_ending_at or None,
        **values,
    }
    if order.x_fc_status == "pending":
        begins = order.x_fc_subscribed_at or values.get("subscription_at")
        order._fc_cancel()
        return _make(call, link, plan, {**inherited, "subscription_at": begins})
    if order._fc_rises_to(plan):
        order._fc_end(now)
        return _make(call, link, plan, {**inherited, "subscription_at": now}, before=order)
    ends_at, ending = order._fc_period_ends_at(), inherited["ending_at"]
    if ending and ending <= ends_at:
        order._fc_set_end(ending)
        return order
    order._fc_set_end(ends_at)
    _make(call, link, plan, {**inherited, "subscription_at": ends_at}, before=order)
    order.invalidate_recordset(["x_fc_next_ids"])
    return order


def _make(call: Call, link, plan, values: dict, before=None):
    """Create an order as a load would; confirm it if the service is live.

    Raises:
        UnprocessableError: Odoo refuses it.
    """
    begins = values.get("subscription_at") or fields.Datetime.now()
    zone = company_zone(call.company)
    first_day = day_of(begins, zone)
    aligned = values.get("billing_time") != "anniversary"
    calendar = Calendar(first_day, "month", MONTHS[plan._cycle()], zone, aligned)
    period = days_at(calendar, fields.Datetime.now())
    orders = call.env["sale.order"]
    name = _free_id(call, values["external_id"])
    data = {
        "external_id": name,
        "subscription_id": values["external_id"],
        "deployment_id": None,
        "plan_id": plan.external_id,
        "plan_code": plan.code,
        "name": values.get("name"),
        "cycle": plan._cycle(),
        "price": format(Decimal(str(plan._price())), "f"),
        "currency": call.currency.name,
        "started_on": first_day.isoformat(),
        "period_start": period[0].isoformat(),
        "period_end": period[1].isoformat(),
    }
    customer = Row("customer", link.external_id, {}, "")
    customer.done(UNCHANGED, link.partner_id.id)
    row = Row("order", name, data, "", parent=customer)
    OrderLoader(call.env, call.service, full_compare=False).load([row], [])
    if row.outcome == FAILED:
        raise UnprocessableError({"base": [row.message]})
    order = orders.browse(row.odoo_id)
    order._fc_set_end(values.get("ending_at"))
    order.write(
        {
            "x_fc_billing_time": "calendar" if aligned else "anniversary",
            "x_fc_subscribed_at": begins,
            "x_fc_previous_id": before.id if before else False,
        }
    )
    if call.service.phase == "live" or link.billing_state == "live":
        order._fc_go_live(period, before)
    return order


def _free_id(call: Call, external_id: str) -> str:
    """Return an id for a new order: the subscription's own, unless an older order holds it.

    That order may be of another subscription, whose id looks like a number of this one.
    """
    orders, mine = call.env["sale.order"], [("x_fc_service_id", "=", call.service.id)]
    names = chain([external_id], (f"{external_id}/{number}" for number in count(2)))
    return next(
        name
        for name in names
        if not orders.search_count([*mine, ("x_fc_external_id", "=", name)], limit=1)
    )

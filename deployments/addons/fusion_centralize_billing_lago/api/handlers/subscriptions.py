"""Subscriptions: orders of the service. Until it is live, they are shadows that charge nobody."""

from datetime import UTC, date
from decimal import Decimal
from itertools import chain, count
from zoneinfo import ZoneInfo

from odoo import fields
from odoo.fields import Domain

from odoo.addons.fusion_centralize_billing.loader.orders import OrderLoader
from odoo.addons.fusion_centralize_billing.loader.row import FAILED, UNCHANGED, Row
from odoo.addons.fusion_centralize_billing.periods.calendar import Calendar, period_at
from odoo.addons.fusion_centralize_billing.periods.zone import company_zone

from ..call import Call
from ..errors import INVALID, TAKEN, NotFoundError, UnprocessableError
from ..finding import any_link, find_link, find_plan, find_subscription, subscriptions_named
from ..inputs import Choice, Flag, Moment, Shape, Text, Unsupported
from ..objects import subscription_object
from ..objects.plan import interval_of, price_of
from ..paging import page_of
from .customers import make_customer
from .ending import cancel, end_subscription, local_day, pending_change, take_back_change, write_end
from .statuses import STATUSES, status_domain

SUBSCRIPTION = Shape(
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
# What is over does not change any more, and does not end a second time.
RUNNING = ("active", "pending")
MONTHS = {"monthly": 1, "yearly": 12}


def create(call: Call) -> dict:
    """Create a subscription, return the one that is there, or change its plan."""
    values = call.body("subscription", SUBSCRIPTION)
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
        take_back_change(order)
        _write_changes(order, values)
    else:
        order = _change_plan(call, order, link, plan, values)
    return {"subscription": subscription_object(order)}


def find(call: Call) -> dict:
    """Return one subscription: the active one, or that of ``status``."""
    return {"subscription": subscription_object(_found(call))}


def list_(call: Call) -> dict:
    """Return a page of the subscriptions: active ones, or those of ``status[]``."""
    statuses = call.query.getlist("status[]") or ["active"]
    wanted = call.wanted(external_customer_id=Text(200), plan_code=Text(), external_id=Text(200))
    orders, page = call.env["sale.order"], page_of(call.query)
    domain = [("x_fc_service_id", "=", call.service.id), ("x_fc_external_id", "!=", False)]
    domain = Domain(domain) & status_domain(call.service, statuses)
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
        "subscriptions": [subscription_object(order) for order in found],
        "meta": page.meta(total),
    }


def update(call: Call) -> dict:
    """Change a subscription's name, its end, or the start of one that has not begun."""
    order = _found(call, RUNNING, RUNNING)
    values = call.body("subscription", CHANGES)
    _check_end(values)
    _write_changes(order, values)
    begins = values.get("subscription_at")
    if begins and order._fc_status() == "pending":
        _move_begin(order, begins)
    return {"subscription": subscription_object(order)}


def terminate(call: Call) -> dict:
    """End a subscription now; one that has not begun is canceled."""
    order = _found(call, ("active",), RUNNING)
    end_subscription(order)
    return {"subscription": subscription_object(order)}


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
            if order._fc_status() == status:
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
        ending, coming = values["ending_at"], pending_change(order)
        if coming and ending and ending <= coming[0].x_fc_subscribed_at:
            take_back_change(order)
            coming = None
        # The end is that of the subscription, whatever plan it is on by then.
        write_end(coming or order, ending)


def _move_begin(order, begins) -> None:
    """Let a subscription that has not begun begin at another moment, and its invoices with it."""
    first_day, cycle = local_day(order, begins), order.plan_id
    calendar = Calendar(
        first_day,
        cycle.billing_period_unit,
        cycle.billing_period_value,
        company_zone(order.x_fc_service_id.company_id),
        order.x_fc_billing_time == "calendar",
    )
    period = _period(calendar)
    order.write(
        {
            "x_fc_subscribed_at": begins,
            "start_date": first_day,
            # Of a shadow it is until when the old side has billed.
            "next_invoice_date": period[1] if order.x_fc_shadow else period[0],
            "x_fc_billed_until": False if order.x_fc_shadow else period[0],
        }
    )


def _change_plan(call: Call, order, link, plan, values: dict):
    """Move a subscription to another plan and return the order that is active.

    To a dearer plan now, to a cheaper one at the end of its billing period.
    """
    take_back_change(order)
    now = fields.Datetime.now()
    inherited = {
        "name": order.client_order_ref or None,
        "billing_time": order.x_fc_billing_time or "anniversary",
        "ending_at": order.x_fc_ending_at or None,
        **values,
    }
    if order._fc_status() == "pending":
        begins = order.x_fc_subscribed_at or values.get("subscription_at")
        cancel(order)
        return _make(call, link, plan, {**inherited, "subscription_at": begins})
    if _per_year(plan) >= _per_year(order.x_fc_service_plan_id):
        end_subscription(order, now)
        return _make(call, link, plan, {**inherited, "subscription_at": now}, before=order)
    calendar = order._fc_calendar()
    period = calendar and period_at(calendar, now)
    ends_at = period[1] if period else now
    ending = inherited["ending_at"]
    if ending and ending <= ends_at:
        write_end(order, ending)
        return order
    write_end(order, ends_at)
    _make(call, link, plan, {**inherited, "subscription_at": ends_at}, before=order)
    order.invalidate_recordset(["x_fc_next_ids"])
    return order


def _per_year(plan) -> float:
    return price_of(plan) * 12 / MONTHS[interval_of(plan)] if plan else 0.0


def _make(call: Call, link, plan, values: dict, before=None):
    """Create an order as a load would; confirm it if the service is live.

    Raises:
        UnprocessableError: Odoo refuses it.
    """
    begins = values.get("subscription_at") or fields.Datetime.now()
    zone = company_zone(call.company)
    first_day = begins.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    aligned = values.get("billing_time") != "anniversary"
    period = _period(Calendar(first_day, "month", MONTHS[interval_of(plan)], zone, aligned))
    orders = call.env["sale.order"]
    name = _free_id(call, values["external_id"])
    data = {
        "external_id": name,
        "subscription_id": values["external_id"],
        "deployment_id": None,
        "plan_id": plan.external_id,
        "plan_code": plan.code,
        "name": values.get("name"),
        "cycle": interval_of(plan),
        "price": format(Decimal(str(price_of(plan))), "f"),
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
    write_end(order, values.get("ending_at"))
    order.write(
        {
            "x_fc_billing_time": "calendar" if aligned else "anniversary",
            "x_fc_subscribed_at": begins,
            "x_fc_previous_id": before.id if before else False,
        }
    )
    if call.service.phase == "live" or link.billing_state == "live":
        order._release_from_shadow()
        order.action_confirm()
        first = _first_invoice(period, before)
        order.write({"next_invoice_date": first, "x_fc_billed_until": first})
        # Whoever pays by card goes on paying by it on another plan.
        order.payment_token_id = before.payment_token_id if before else False
        call.env["fusion.billing.charge"]._follow_orders(call.service, [plan.external_id])
    return order


def _first_invoice(period: tuple, before) -> date:
    """Return the day of a live order's first invoice, which bills the period from then on.

    Odoo bills a plan's price ahead. After a change of plan what the order before has billed
    stays as it is: the new price begins where that ends, so that no day is billed twice.

    Args:
        period: Days of the period that runs now, or of the first.
        before: The order of the plan before, or None.
    """
    billed_until = before.next_invoice_date if before else None
    return min(max(period[0], billed_until), period[1]) if billed_until else period[0]


def _period(calendar: Calendar) -> tuple:
    """Return the days of the period that runs now, or of the first one."""
    zone = ZoneInfo(calendar.zone)
    bounds = period_at(calendar, fields.Datetime.now()) or (
        calendar.boundary(0),
        calendar.boundary(1),
    )
    return tuple(moment.replace(tzinfo=UTC).astimezone(zone).date() for moment in bounds)


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

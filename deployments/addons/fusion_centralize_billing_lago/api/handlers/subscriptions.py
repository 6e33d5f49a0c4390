"""Subscriptions: orders of the service. Until it is live, they are shadows that charge nobody."""

from datetime import timedelta
from decimal import Decimal
from itertools import chain, count

from odoo import fields
from odoo.fields import Domain

from odoo.addons.fusion_centralize_billing.loader.orders import OrderLoader
from odoo.addons.fusion_centralize_billing.loader.row import FAILED, UNCHANGED, Row
from odoo.addons.fusion_centralize_billing.models.sale_order_status import CURRENT
from odoo.addons.fusion_centralize_billing.periods.calendar import Calendar, day_of, days_at
from odoo.addons.fusion_centralize_billing.periods.cycles import CYCLES
from odoo.addons.fusion_centralize_billing.periods.zone import company_zone

from ...crediting.endings import end_subscription
from ..call import Call
from ..errors import INVALID, TAKEN, UNSUPPORTED, NotFoundError, UnprocessableError
from ..finding import (
    any_link,
    check_currency,
    check_entity,
    check_pays_in,
    check_tax_codes,
    entity_query,
    find_plan,
    find_subscription,
    of_asked_link,
    of_entity,
    subscriptions_named,
)
from ..inputs import Choice, Days, Listing, Moment, Shape, Text, Unsupported, Whole
from ..objects import SUBSCRIPTION
from ..paging import page_of
from ..routing import route
from .customers import make_customer, terms_told
from .fixed_charges import lines_told

OVERRIDES = Shape(
    {
        "amount_cents": Whole(0, 10**10),
        "amount_currency": Text(3, "[A-Za-z]{3}"),
        "name": Text(),
        "description": Text(2000),
        "invoice_display_name": Text(),
        "tax_codes": Listing(Text()),
        "trial_period": Days(),
        "charges": Unsupported(),
        "fixed_charges": Unsupported(),
        "minimum_commitment": Unsupported(),
        "usage_thresholds": Unsupported(),
    }
)
_SHARED = {
    "name": Text(),
    "ending_at": Moment(),
    "subscription_at": Moment(),
    "billing_entity_code": Text(),
    "invoice_custom_section": Unsupported(),
    "payment_method": Unsupported((None, {}, {"payment_method_type": "provider"})),
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
CHANGES = Shape({**_SHARED, "plan_overrides": Unsupported()})
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
    body=("subscription", VALUES),
    faults=(400, 404, 422),
    partly="no overrides of charges, no payment method, no activation rules",
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
    check_currency(values.get("plan_overrides") or {}, plan.currency_id, "amount_currency")
    check_pays_in(link, plan.currency_id)
    check_tax_codes(call, values.get("plan_overrides") or {})
    order = _running(call, values["external_id"])
    if not order:
        order = _make(call, link, plan, values)
    elif order._fc_link() != link:
        raise UnprocessableError({"external_id": [TAKEN]})
    elif order.x_fc_service_plan_id == plan:
        # A change of plan that is to come stays, too.
        _write_changes(order, values)
    else:
        order = _change_plan(call, order, link, plan, values)
    return {"subscription": SUBSCRIPTION.show(order, full=True)}


@route(
    "GET", "/subscriptions/{external_id}", SUBSCRIPTION.one, query={"status": STATUS}, faults=(404,)
)
def find(call: Call) -> dict:
    """Find a subscription: the active one, unless a status is named."""
    return {"subscription": SUBSCRIPTION.show(_found(call), full=True)}


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
    wanted = call.wanted()
    statuses = wanted.get("status") or ["active"]
    orders, page = call.env["sale.order"], page_of(call.query)
    domain = [("x_fc_service_id", "=", call.service.id), ("x_fc_external_id", "!=", False)]
    domain = Domain(domain) & Domain("x_fc_status", "in", statuses)
    domain &= Domain(of_asked_link(call, wanted, "x_fc_account_link_id"))
    if "plan_code" in wanted:
        plans = call.env["fusion.billing.plan"].search(
            [("service_id", "=", call.service.id), ("code", "=", wanted["plan_code"])]
        )
        domain &= Domain("x_fc_nexacloud_plan_id", "in", plans.mapped("external_id"))
    if "currency" in wanted:
        domain &= Domain("currency_id.name", "=", wanted["currency"].upper())
    if not of_entity(call, wanted):
        domain &= Domain.FALSE
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
    partly="no overrides, no payment method, no activation rules",
)
def update(call: Call) -> dict:
    """Change a subscription's name or end; that of one that has not begun, its begin."""
    order = _found(call, RUNNING, RUNNING)
    values = call.body()
    _check_end(values)
    check_entity(call, values)
    _write_changes(order, values)
    begins = values.get("subscription_at")
    # A plan that is to come begins where the one before ends, whatever is said.
    if begins and order.x_fc_status == "pending" and not order.x_fc_previous_id:
        order._fc_move_begin(begins)
    return {"subscription": SUBSCRIPTION.show(order, full=True)}


@route(
    "DELETE",
    "/subscriptions/{external_id}",
    SUBSCRIPTION.one,
    query={"status": STATUS, **ON_END},
    faults=(404, 422),
    partly="usage is always billed",
)
def terminate(call: Call) -> dict:
    """End a subscription: what was used is billed, what was paid ahead is credited."""
    order = _found(call, ("active",), RUNNING)
    wanted = call.wanted()
    terms = {name: wanted[name] for name in ON_END if name in wanted}
    _check_end_terms(order, terms)
    end_subscription(order, terms)
    return {"subscription": SUBSCRIPTION.show(order, full=True)}


def _check_end_terms(order, terms: dict) -> None:
    """Refuse what an end does not do to this subscription.

    Raises:
        UnprocessableError: It is not for its plan, or Odoo would bill the usage nevertheless.
    """
    if "on_termination_credit_note" in terms and order.x_fc_arrears:
        raise UnprocessableError({"on_termination_credit_note": [INVALID]})
    charges = order.x_fc_service_plan_id.charge_ids
    if terms.get("on_termination_invoice") == "skip" and charges:
        raise UnprocessableError({"on_termination_invoice": [UNSUPPORTED]})


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

    To a dearer plan now, to a cheaper one at the end of its billing period. The days that periods
    are counted from stay.
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
        # The day of the change is the new plan's.
        end_subscription(order, {}, at=now, changed=True)
        return _make(call, link, plan, {**inherited, "subscription_at": now}, before=order)
    ends_at, ending = order._fc_recurring_period_ends_at(), inherited["ending_at"]
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
    told = link.api_values or {}
    zone = told.get("timezone") or company_zone(call.company)
    first_day = day_of(begins, zone)
    aligned = values.get("billing_time") != "anniversary"
    anchor = before and (before.x_fc_anchor_on or before._fc_first())
    cycle = plan._cycle()
    calendar = Calendar(first_day, *CYCLES[cycle], zone, aligned, anchor or None)
    period = days_at(calendar, fields.Datetime.now())
    overrides = {name: one for name, one in (values.get("plan_overrides") or {}).items() if one}
    name = _free_id(call, values["external_id"])
    data = {
        "external_id": name,
        "subscription_id": values["external_id"],
        "deployment_id": None,
        "plan_id": plan.external_id,
        "plan_code": plan.code,
        "name": values.get("name"),
        "cycle": cycle,
        "price": _price(plan, values.get("plan_overrides") or {}),
        "currency": plan.currency_id.name,
        "started_on": first_day.isoformat(),
        "period_start": period[0].isoformat(),
        "period_end": period[1].isoformat(),
        "in_advance": plan._is_ahead(),
        "usage_cycle": _usage_cycle(plan),
        "timezone": told.get("timezone"),
        "anchor_on": anchor.isoformat() if anchor else None,
        "lines": lines_told(plan),
    }
    days = overrides.get("trial_period", plan._told("trial_period"))
    if days and not before:
        data["trial_ends_on"] = (first_day + timedelta(days=days)).isoformat()
    codes = overrides.get("tax_codes") or plan._told("tax_codes")
    if codes:
        data["tax_codes"] = codes
    customer = Row("customer", link.external_id, terms_told(told), "")
    customer.done(UNCHANGED, link.partner_id.id)
    row = Row("order", name, data, "", parent=customer)
    OrderLoader(call.env, call.service, full_compare=False).load([row], [])
    if row.outcome == FAILED:
        raise UnprocessableError({"base": [row.message]})
    order = call.env["sale.order"].browse(row.odoo_id)
    order._fc_set_end(values.get("ending_at"))
    order.write(
        {
            "x_fc_billing_time": "calendar" if aligned else "anniversary",
            "x_fc_subscribed_at": begins,
            "x_fc_previous_id": before.id if before else False,
            "x_fc_api_values": _kept(overrides, before),
        }
    )
    if call.service.phase == "live" or link.billing_state == "live":
        order._fc_go_live(period, before)
    return order


def _price(plan, overrides: dict) -> str:
    """Return the price of a period: the plan's, or what was agreed for this subscription."""
    if overrides.get("amount_cents") is None:
        return format(Decimal(str(plan._price())), "f")
    return format(Decimal(overrides["amount_cents"]).scaleb(-plan.currency_id.decimal_places), "f")


def _usage_cycle(plan) -> str | None:
    """Return how often usage is billed if it is not monthly: with the price of the plan."""
    cycle = plan._cycle()
    monthly = cycle in ("yearly", "semiannual") and plan._told("bill_charges_monthly") is not False
    return None if monthly or cycle == "monthly" else cycle


def _kept(overrides: dict, before) -> dict:
    """Return what is kept of what was told: the plan's own terms, and what was used before."""
    told = (before.x_fc_api_values or {}) if before else {}
    kept = {name: told[name] for name in ("historical_usage_cents",) if name in told}
    shown = {name: one for name, one in overrides.items() if name in _TOLD_OF_PLAN}
    return {**kept, **({"plan": shown} if shown else {})}


_TOLD_OF_PLAN = ("name", "description", "invoice_display_name")


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

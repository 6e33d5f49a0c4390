"""A subscription as an order: made as a load makes it, and moved to another plan as Lago does."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import chain, count

from odoo import fields

from odoo.addons.fusion_centralize_billing.loader.orders import OrderLoader
from odoo.addons.fusion_centralize_billing.loader.row import FAILED, UNCHANGED, Row
from odoo.addons.fusion_centralize_billing.periods.calendar import CYCLES, Calendar, day_of, days_at
from odoo.addons.fusion_centralize_billing.periods.stored import company_zone

from ...crediting.endings import end_subscription
from ..call import Call
from ..errors import InvalidError
from ..finding import subscriptions_named
from .agreeing import agree
from .customers import terms_told
from .fixed_charges import lines_told


def change_plan(call: Call, order, link, plan, values: dict):
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
        return make_subscription(call, link, plan, {**inherited, "subscription_at": begins})
    if order._fc_rises_to(plan, float(_price(plan, values.get("plan_overrides") or {}))):
        # The day of the change is the new plan's.
        end_subscription(order, {}, at=now, changed=True)
        return make_subscription(
            call, link, plan, {**inherited, "subscription_at": now}, before=order
        )
    ends_at, ending = order._fc_recurring_period_ends_at(), inherited["ending_at"]
    if ending and ending <= ends_at:
        order._fc_set_end(ending)
        return order
    order._fc_set_end(ends_at)
    make_subscription(call, link, plan, {**inherited, "subscription_at": ends_at}, before=order)
    order.invalidate_recordset(["x_fc_next_ids"])
    return order


def make_subscription(call: Call, link, plan, values: dict, before=None):
    """Create an order as a load would; confirm it if the service is live.

    Raises:
        InvalidError: Odoo refuses it.
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
    agreed = values.get("plan_overrides") or {}
    overrides = {name: one for name, one in agreed.items() if one}
    name = _free_id(call, values["external_id"])
    data = {
        "external_id": name,
        "subscription_id": values["external_id"],
        "deployment_id": None,
        "plan_id": plan.external_id,
        "plan_code": plan.code,
        "name": values.get("name"),
        "cycle": cycle,
        "price": _price(plan, agreed),
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
    trial = _trial_ends_on(call, link, plan, values, first_day)
    if trial:
        data["trial_ends_on"] = trial.isoformat()
    codes = overrides.get("tax_codes") or plan._told("tax_codes")
    if codes:
        data["tax_codes"] = codes
    customer = Row("customer", link.external_id, terms_told(told), "")
    customer.done(UNCHANGED, link.partner_id.id)
    row = Row("order", name, data, "", parent=customer)
    OrderLoader(call.env, call.service, full_compare=False).load([row], [])
    if row.outcome == FAILED:
        raise InvalidError({"base": [row.message]})
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
    agree(call, order, agreed)
    return order


def _trial_ends_on(call: Call, link, plan, values: dict, first_day: date) -> date | None:
    """Return the first day that costs after a trial, None without one that still runs.

    A trial is counted from the first day of the subscription, on whatever plan, and of those of its
    id that are over: nobody tries twice.
    """
    days = (values.get("plan_overrides") or {}).get("trial_period")
    days = plan._told("trial_period") if days is None else days
    if not days:
        return None
    begun = [
        order.x_fc_anchor_on or order._fc_first()
        for order in subscriptions_named(call, values["external_id"])
        if order._fc_link() == link and order.x_fc_status in ("active", "terminated")
    ]
    ends_on = min([first_day, *filter(None, begun)]) + timedelta(days=days)
    return ends_on if ends_on > first_day else None


def _price(plan, overrides: dict) -> str:
    """Return the price of a period: the plan's, or what was agreed for this subscription."""
    if overrides.get("amount_cents") is None:
        return format(Decimal(str(plan._price())), "f")
    return format(Decimal(overrides["amount_cents"]).scaleb(-plan.currency_id.decimal_places), "f")


def _usage_cycle(plan) -> str | None:
    """Return how often usage is billed if it is not monthly: with the price of the plan."""
    cycle = plan._cycle()
    return None if plan._charges_monthly() or cycle == "monthly" else cycle


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

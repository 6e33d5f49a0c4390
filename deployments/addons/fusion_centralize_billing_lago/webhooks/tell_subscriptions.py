"""Subscriptions that start, change and end, and use up what is included."""

from datetime import timedelta

from odoo import fields
from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.models.sale_order_following import UPSELL

from ..api.lago_id import lago_id
from ..api.objects import SUBSCRIPTION
from ..api.objects.values import decimal_text, moment
from . import told

#: A change of these alone is not a change of the subscription.
_BY_ITSELF = (
    "current_billing_period_started_at",
    "current_billing_period_ending_at",
    "next_plan_code",
    "downgrade_plan_date",
    "status",
    "started_at",
    "terminated_at",
)
_RUNNING, _PAUSED, _OVER = "active", "paused", ("terminated", "canceled")


def tell(orders) -> None:
    """Tell of orders that are no shadow what has become of them since they were last told of."""
    live = orders.filtered(lambda one: one.x_fc_service_id and not one.x_fc_shadow)
    for service, its_orders in live.grouped("x_fc_service_id").items():
        known = told.read(its_orders, service)
        # An upgrade ends one order and starts another: the end is told first.
        for order in its_orders.sorted(lambda one: (status_of(one) == _RUNNING, one.id)):
            _tell_one(order, service, known.get(order.id, told.Told()))


def status_of(order) -> str | None:
    """Return where a subscription stands; None for what is not confirmed, or is no subscription.

    An upsell is part of another one. Lago has no word for one that is paused; here it is told.
    """
    if order.state not in ("sale", "cancel") or order.subscription_state == UPSELL:
        return None
    status = order.x_fc_status
    return _PAUSED if status == _RUNNING and order.subscription_state == "4_paused" else status


def tell_due(env, services=None) -> int:
    """Tell of subscriptions that began or ended by their dates since; return how many."""
    rows = env.execute_query(
        SQL(
            """
            SELECT so.id FROM sale_order so
            JOIN fusion_billing_webhook_told told
                ON told.model = 'sale.order' AND told.record_id = so.id
            WHERE so.state = 'sale' AND so.x_fc_shadow IS NOT TRUE AND (
                told.status = 'pending' AND so.start_date <= %(tomorrow)s
                OR told.status IN ('active', 'paused', 'pending')
                AND LEAST(so.x_fc_terminated_at, so.x_fc_ending_at) <= %(now)s
            ) AND (%(services)s::int[] IS NULL OR so.x_fc_service_id = ANY(%(services)s))
            ORDER BY so.id
            """,
            services=services,
            now=fields.Datetime.now(),
            tomorrow=fields.Date.today() + timedelta(days=1),
        )
    )
    orders = env["sale.order"].browse([order_id for (order_id,) in rows])
    # What is in the cache may be from before their day.
    orders.invalidate_recordset(["x_fc_status"])
    tell(orders)
    return len(rows)


#: How many days before its end Lago tells of a subscription that ends.
_ALERTS = (45, 15)


def tell_coming(env, services=None) -> int:
    """Tell of trials that are over and of ends that come; return how many were looked at."""
    today = fields.Date.today()
    of_services = [] if services is None else [("x_fc_service_id", "in", services)]
    orders = env["sale.order"].search(
        [
            *of_services,
            ("state", "=", "sale"),
            ("x_fc_shadow", "=", False),
            ("x_fc_service_id.phase", "=", "live"),
            "|",
            "&",
            ("x_fc_trial_ends_on", "<=", today),
            ("x_fc_trial_ends_on", ">", today - timedelta(days=2)),
            "&",
            ("x_fc_ending_at", ">", fields.Datetime.now()),
            ("x_fc_ending_at", "<=", fields.Datetime.now() + timedelta(days=max(_ALERTS))),
        ]
    )
    for order in orders:
        if status_of(order) == _RUNNING:
            _tell_coming(order, today)
    return len(orders)


def _tell_coming(order, today) -> None:
    """Tell each of them once: what was told is kept with the order."""
    kept = list((order.x_fc_api_values or {}).get("told") or [])
    news = []
    if order.x_fc_trial_ends_on and order.x_fc_trial_ends_on <= today:
        news.append(("trial", "subscription.trial_ended"))
    # A plan that another one follows does not end for the app.
    if order.x_fc_ending_at and not order._fc_coming():
        left = (order.x_fc_ending_at.date() - today).days
        if left in _ALERTS:
            news.append((f"alert-{left}", "subscription.termination_alert"))
    for mark, event_type in news:
        if mark not in kept:
            kept.append(mark)
            _emit(order, order.x_fc_service_id, event_type)
    if len(kept) != len((order.x_fc_api_values or {}).get("told") or []):
        order.x_fc_api_values = {**(order.x_fc_api_values or {}), "told": kept}


def tell_thresholds(thresholds) -> None:
    """Tell of thresholds that live subscriptions have just reached."""
    for threshold in thresholds.sorted("id"):
        order = threshold.subscription_id
        if status_of(order) == _RUNNING and not order.x_fc_shadow:
            _emit(
                order,
                threshold.service_id,
                "subscription.usage_threshold_reached",
                lambda order=order, threshold=threshold: {
                    **SUBSCRIPTION.show(order, full=True),
                    "usage_threshold": _threshold_object(threshold),
                },
            )


def _tell_one(order, service, before) -> None:
    status = status_of(order)
    if status is None:
        return
    digest = told.digest_of(SUBSCRIPTION.show(order), without=_BY_ITSELF)
    if not told.news(order, service, before, status=status, digest=digest):
        return
    change = _change(order, status, before.status)
    if change:
        _emit(order, service, f"subscription.{change}")


def _change(order, status: str, before: str | None) -> str | None:
    """Return what became of a subscription, as its app sees it; None for nothing to tell.

    A renewal is the same subscription for the app, though Odoo makes another order of it.
    """
    if status == _RUNNING:
        if before == _PAUSED:
            return "resumed"
        return "updated" if before == _RUNNING or order._fc_renews() else "started"
    if before in (_RUNNING, _PAUSED):
        if status == _PAUSED:
            return "paused" if before == _RUNNING else None
        if status in _OVER and not order._fc_renewal():
            return "terminated"
    if status == "canceled" and before == "pending" and not order.x_fc_previous_id:
        return "canceled"
    return None


def tell_upsold(order) -> None:
    """Tell that more of a subscription was sold."""
    if status_of(order) == _RUNNING and order.x_fc_service_id and not order.x_fc_shadow:
        _emit(order, order.x_fc_service_id, "subscription.updated")


def _emit(order, service, event_type, content=None) -> None:
    order.env["fusion.billing.webhook"]._emit(
        service,
        event_type,
        order,
        content or (lambda: SUBSCRIPTION.show(order, full=True)),
        link=order._fc_link(),
        subscription=order._fc_public_id(),
    )


def _threshold_object(threshold) -> dict:
    """Return a threshold as Lago's, and below what it is about.

    Lago's thresholds are amounts; these are shares of what a period includes.
    """
    metric = threshold.metric_id._whole()
    return {
        "lago_id": lago_id(threshold),
        "threshold_display_name": f"{threshold.percent} % of {metric.name}",
        "amount_cents": 0,
        "recurring": True,
        "created_at": moment(threshold.create_date),
        "updated_at": moment(threshold.create_date),
        "billable_metric_code": metric.code,
        "percent": threshold.percent,
        "units": decimal_text(threshold.units),
        "included_units": decimal_text(threshold.included),
        "from_datetime": moment(threshold.period_start),
        "to_datetime": moment(threshold.period_end - timedelta(seconds=1)),
    }

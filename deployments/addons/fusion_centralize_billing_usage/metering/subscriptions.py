"""The subscriptions of a service, as metering and rating see them: one query for many."""

from dataclasses import dataclass
from datetime import datetime

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.periods.calendar import Calendar, midnight
from odoo.addons.fusion_centralize_billing.periods.zone import company_zone


@dataclass(frozen=True, slots=True)
class Subscription:
    """An order of the service.

    Attributes:
        id: Of the ``sale.order``.
        external_id: The deployment's id in the service.
        calendar: Its metering periods; None without a start. They are monthly whatever the
            order's recurrence, because a plan's quota is meant per month.
        plan_id: Of its ``fusion.billing.plan``; None if that is not here.
        live: Confirmed and no shadow, so that its usage may be put on it.
        flat: Its recurring price before tax, as decimal text.
        ends_at: The moment from which it is over; None if it goes on.
        name: Of the order.
        account: The customer's id in the service; "" if the order was loaded without one.
        source_id: The subscription's id in the service; the external id if it has none.
        recurrence: The periods of its recurring price; None without a start or a plan.
        usage_from: The first moment whose usage Odoo bills; None if it bills all of it.
        flat_from: The same of its recurring price; None before a cutover.
    """

    id: int
    external_id: str
    calendar: Calendar | None
    plan_id: int | None
    live: bool
    flat: str
    ends_at: datetime | None = None
    name: str = ""
    account: str = ""
    source_id: str = ""
    recurrence: Calendar | None = None
    usage_from: datetime | None = None
    flat_from: datetime | None = None


def find_subscriptions(env, service, external_ids) -> dict[str, Subscription]:
    """Return the service's subscriptions among these ids, by external id."""
    where = SQL("so.x_fc_external_id = ANY(%s)", list(external_ids))
    found = _select(env, service, where, SQL(""))
    return {subscription.external_id: subscription for subscription in found}


def page_of_subscriptions(env, service, after_id: int, limit: int) -> list[Subscription]:
    """Return the next subscriptions by order id, canceled ones left out."""
    where = SQL("so.id > %s AND so.state != 'cancel' AND so.x_fc_external_id IS NOT NULL", after_id)
    return _select(env, service, where, SQL("ORDER BY so.id LIMIT %s", limit))


def subscriptions_of(env, service, order_ids) -> list[Subscription]:
    """Return these orders of the service, the oldest first."""
    return _select(env, service, SQL("so.id = ANY(%s)", list(order_ids)), SQL("ORDER BY so.id"))


def _select(env, service, where: SQL, tail: SQL) -> list[Subscription]:
    zone = company_zone(service.company_id)
    query = SQL(
        """
        SELECT so.id, so.x_fc_external_id, so.start_date, so.x_fc_billing_time = 'calendar',
               LEAST(so.x_fc_terminated_at, so.x_fc_ending_at), plan.id,
               so.state = 'sale' AND so.x_fc_shadow IS NOT TRUE,
               COALESCE(trim_scale((
                   SELECT SUM(line.product_uom_qty * line.price_unit
                              * (1 - COALESCE(line.discount, 0) / 100))
                   FROM sale_order_line line
                   WHERE line.order_id = so.id AND line.product_id = plan.flat_product_id
               )), 0)::text,
               so.name, COALESCE(account.external_id, ''), so.x_fc_usage_from,
               COALESCE(NULLIF(so.x_fc_nexacloud_subscription_id, ''), so.x_fc_external_id),
               recurring.billing_period_unit, recurring.billing_period_value,
               so.x_fc_billed_from
        FROM sale_order so
        LEFT JOIN fusion_billing_plan plan
            ON plan.service_id = so.x_fc_service_id
            AND plan.external_id = so.x_fc_nexacloud_plan_id
        LEFT JOIN fusion_billing_account_link account ON account.id = so.x_fc_account_link_id
        LEFT JOIN sale_subscription_plan recurring ON recurring.id = so.plan_id
        WHERE so.x_fc_service_id = %(service)s AND %(where)s %(tail)s
        """,
        service=service.id,
        where=where,
        tail=tail,
    )
    return [
        Subscription(
            id=order_id,
            external_id=external_id,
            calendar=Calendar(first_day, "month", 1, zone, bool(aligned)) if first_day else None,
            ends_at=ends_at,
            plan_id=plan_id,
            live=live,
            flat=flat,
            name=name,
            account=account,
            source_id=source_id,
            recurrence=(
                Calendar(first_day, unit, count, zone, bool(aligned))
                if first_day and unit
                else None
            ),
            usage_from=midnight(usage_from, zone) if usage_from else None,
            flat_from=midnight(flat_from, zone) if flat_from else None,
        )
        for (
            order_id,
            external_id,
            first_day,
            aligned,
            ends_at,
            plan_id,
            live,
            flat,
            name,
            account,
            usage_from,
            source_id,
            unit,
            count,
            flat_from,
        ) in env.execute_query(query)
    ]

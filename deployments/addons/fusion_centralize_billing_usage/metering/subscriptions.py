"""The subscriptions of a service, as metering and rating see them: one query for many."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.periods.calendar import Calendar, midnight
from odoo.addons.fusion_centralize_billing.periods.stored import (
    CALENDAR,
    calendars_of,
    company_zone,
)

#: What the service calls the subscription of an order ``so``.
SOURCE_ID = SQL("COALESCE(NULLIF(so.x_fc_nexacloud_subscription_id, ''), so.x_fc_external_id)")
# What a subscription has as it is stored.
_PLAIN = (
    *("id", "external_id", "plan_id", "live", "flat", "ends_at", "name", "account", "source_id"),
    *("starts_at", "currency", "free_until"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """What recurs with a subscription beside its flat price, for one period, before tax.

    ``ends_on`` is the first day on which it is billed no more; None: it goes on.
    """

    item: str
    kind: str
    ends_on: date | None
    units: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Subscription:
    """An order of the service.

    Attributes:
        id: Of the ``sale.order``.
        external_id: The deployment's id in the service.
        calendar: Its metering periods; None without a start. They are monthly unless the order
            says otherwise, because a plan's quota is meant per month.
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
        starts_at: The first moment that is a renewal's own; None if it is none.
        before: What it renews.
        currency: Code of the currency that it is billed in.
        free_until: First day whose recurring price is billed after a trial; None: all are.
        lines: What recurs beside the flat price.
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
    starts_at: datetime | None = None
    before: "Subscription | None" = None
    currency: str = ""
    free_until: date | None = None
    lines: tuple[Line, ...] = ()

    def at(self, moment: datetime) -> "Subscription":
        """Return the order that the subscription was at a moment."""
        earlier = self.before and self.starts_at and moment < self.starts_at
        return self.before.at(moment) if earlier else self


def find_subscriptions(env, service, external_ids) -> dict[str, Subscription]:
    """Return the service's subscriptions among these ids, by external id."""
    where = SQL("so.x_fc_external_id = ANY(%s)", list(external_ids))
    found = _with_before(env, service, _select(env, service, where, SQL("")))
    return {subscription.external_id: subscription for subscription in found}


def each_order(subscriptions: Iterable[Subscription]) -> Iterator[Subscription]:
    """Yield these subscriptions, and the orders that they renew."""
    for subscription in subscriptions:
        one = subscription
        while one:
            yield one
            one = one.before


def page_of_subscriptions(
    env, service, after_id: int, limit: int, only: SQL | None = None
) -> list[Subscription]:
    """Return the next subscriptions by order id, canceled ones left out.

    ``only`` is a condition on the order ``so`` and its plan ``recurring``.
    """
    where = SQL(
        "so.id > %s AND so.state != 'cancel' AND so.x_fc_external_id IS NOT NULL AND %s",
        after_id,
        only or SQL("TRUE"),
    )
    return _select(env, service, where, SQL("ORDER BY so.id LIMIT %s", limit))


def subscriptions_of(env, service, order_ids) -> list[Subscription]:
    """Return these orders of the service, the oldest first."""
    return _select(env, service, SQL("so.id = ANY(%s)", list(order_ids)), SQL("ORDER BY so.id"))


def orders_of(service, source_ids: Iterable[str]) -> list[tuple[str, int, int]]:
    """Return of each order of these subscriptions their id at the service, its own, its contact."""
    query = SQL(
        """
        SELECT %(source_id)s, so.id, so.partner_id FROM sale_order so
        WHERE so.x_fc_service_id = %(service)s
            AND (so.x_fc_nexacloud_subscription_id = ANY(%(ids)s)
                 OR so.x_fc_external_id = ANY(%(ids)s))
        """,
        source_id=SOURCE_ID,
        service=service.id,
        ids=list(source_ids),
    )
    return service.env.execute_query(query)


def _with_before(env, service, found: list[Subscription]) -> list[Subscription]:
    """Return the subscriptions, renewals with what they renew."""
    renewed = [one.source_id for one in found if one.starts_at]
    if not renewed:
        return found
    where = SQL("%s = ANY(%s) AND so.state = 'sale'", SOURCE_ID, renewed)
    chains = {}
    # The oldest first, so that each finds the one before it.
    for one in _select(env, service, where, SQL("ORDER BY so.id")):
        chains[one.source_id] = replace(one, before=chains.get(one.source_id))
    return [chains[one.source_id] if one.starts_at else one for one in found]


def _select(env, service, where: SQL, tail: SQL) -> list[Subscription]:
    zone = company_zone(service.company_id)
    query = SQL(
        """
        SELECT so.id, so.x_fc_external_id, plan.id,
               so.state = 'sale' AND so.x_fc_shadow IS NOT TRUE,
               COALESCE(trim_scale((
                   SELECT SUM(line.product_uom_qty * line.price_unit
                              * (1 - COALESCE(line.discount, 0) / 100))
                   FROM sale_order_line line
                   WHERE line.order_id = so.id AND line.product_id = plan.flat_product_id
               )), 0)::text,
               LEAST(so.x_fc_terminated_at, so.x_fc_ending_at),
               so.name, COALESCE(account.external_id, ''), %(source_id)s,
               CASE WHEN so.x_fc_first_day IS NOT NULL THEN so.x_fc_subscribed_at END,
               COALESCE(currency.name, ''), so.x_fc_trial_ends_on,
               %(calendar)s, so.x_fc_usage_from, so.x_fc_billed_from,
               (
                   SELECT json_agg(json_build_array(
                       line.x_fc_item, line.x_fc_kind, line.x_fc_ends_on,
                       trim_scale(line.product_uom_qty)::text, trim_scale(
                           line.product_uom_qty * line.price_unit
                           * (1 - COALESCE(line.discount, 0) / 100)
                       )::text
                   ) ORDER BY line.id)
                   FROM sale_order_line line
                   WHERE line.order_id = so.id AND line.x_fc_item IS NOT NULL
               )
        FROM sale_order so
        LEFT JOIN fusion_billing_plan plan
            ON plan.service_id = so.x_fc_service_id
            AND plan.external_id = so.x_fc_nexacloud_plan_id
        LEFT JOIN fusion_billing_account_link account ON account.id = so.x_fc_account_link_id
        LEFT JOIN sale_subscription_plan recurring ON recurring.id = so.plan_id
        LEFT JOIN res_currency currency ON currency.id = so.currency_id
        WHERE so.x_fc_service_id = %(service)s AND %(where)s %(tail)s
        """,
        source_id=SOURCE_ID,
        service=service.id,
        calendar=CALENDAR,
        where=where,
        tail=tail,
    )
    found = []
    for *plain, stored, usage_from, flat_from, lines in env.execute_query(query):
        calendar, recurrence = calendars_of(stored, zone)
        worked_out = {
            "calendar": calendar,
            "recurrence": recurrence,
            "usage_from": _begin(usage_from, calendar, zone),
            "flat_from": _begin(flat_from, recurrence, zone),
            "lines": tuple(_line(*line) for line in lines or ()),
        }
        found.append(Subscription(**dict(zip(_PLAIN, plain, strict=True)), **worked_out))
    return found


def _begin(day: date | None, calendar: Calendar | None, zone: str) -> datetime | None:
    """Return a day's first moment, in the zone of the subscription."""
    return midnight(day, calendar.zone if calendar else zone) if day else None


def _line(item: str, kind: str, ends_on: str | None, units: str, amount: str) -> Line:
    day = date.fromisoformat(ends_on) if ends_on else None
    return Line(item, kind, day, Decimal(units), Decimal(amount))

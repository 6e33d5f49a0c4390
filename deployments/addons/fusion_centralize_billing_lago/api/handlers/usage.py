"""What customers have used, as the addon rates it."""

from datetime import timedelta
from decimal import Decimal

from odoo import fields

from odoo.addons.fusion_centralize_billing.periods.calendar import period_at, periods_starting
from odoo.addons.fusion_centralize_billing_usage.metering.preview import rate_subscriptions
from odoo.addons.fusion_centralize_billing_usage.metering.subscriptions import subscriptions_of

from ..call import Call
from ..errors import MANDATORY, InvalidError, MethodNotAllowedError
from ..finding import find_link, find_subscription, subscriptions_named
from ..inputs import Choice, Shape, Text, Whole
from ..lago_id import record_id_of
from ..objects import LIFETIME_USAGE, PROJECTED_USAGE, USAGE, LifetimeUsage, PeriodUsage
from ..objects.values import cents
from ..paging import page_of
from ..routing import route

QUERY = {
    "external_subscription_id": Text(200),
    "apply_taxes": Choice(("true", "false")),
    "charge_id": Text(),
    "charge_code": Text(),
    "billable_metric_code": Text(),
    "filter_by_charge_id": Text(),
    "filter_by_charge_code": Text(),
    # Nothing is grouped here: the whole is the same.
    "full_usage": Choice(("true", "false")),
}
HISTORY = Shape({"external_historical_usage_amount_cents": Whole(0, 10**15)})


@route(
    "GET",
    "/customers/{external_id}/current_usage",
    USAGE.one,
    query=QUERY,
    partly="not by group",
    faults=(405,),
)
def current_usage(call: Call) -> dict:
    """What a subscription has used in the billing period that runs."""
    return USAGE.answer(_period_usage(call, *_running(call)))


@route(
    "GET",
    "/customers/{external_id}/past_usage",
    USAGE.page,
    query={**QUERY, "periods_count": Whole(1, 1000)},
    faults=(405,),
)
def past_usage(call: Call) -> dict:
    """What a subscription has used in the billing periods that are over."""
    order = _order(call)
    periods = _past_periods(order)
    count = call.wanted().get("periods_count")
    periods = periods[:count] if count else periods
    page = page_of(call.query)
    shown = periods[page.offset : page.offset + page.size]
    return {
        "usage_periods": [USAGE.show(_period_usage(call, order, period)) for period in shown],
        "meta": page.meta(len(periods)),
    }


@route(
    "GET",
    "/customers/{external_id}/projected_usage",
    PROJECTED_USAGE.one,
    query={name: QUERY[name] for name in ("external_subscription_id", "apply_taxes")},
    faults=(405,),
)
def projected_usage(call: Call) -> dict:
    """What a subscription will have used at its period's end, if it goes on like this."""
    order, period = _running(call)
    usage = _period_usage(call, order, period)
    gone = max((fields.Datetime.now() - period[0]).total_seconds(), 1)
    usage.factor = Decimal(int((period[1] - period[0]).total_seconds())) / Decimal(int(gone))
    return PROJECTED_USAGE.answer(usage)


@route("GET", "/subscriptions/{external_id}/lifetime_usage", LIFETIME_USAGE.one)
def lifetime_usage(call: Call) -> dict:
    """What a subscription has used since it began."""
    return LIFETIME_USAGE.answer(_lifetime(call))


@route("PUT", "/subscriptions/{external_id}/lifetime_usage", LIFETIME_USAGE.one, body=HISTORY)
def set_lifetime_usage(call: Call) -> dict:
    """Say what a subscription had used before it came here."""
    order = find_subscription(call, call.path["external_id"], "active")
    amount = call.body().get("external_historical_usage_amount_cents")
    if amount is None:
        raise InvalidError({"external_historical_usage_amount_cents": [MANDATORY]})
    order.x_fc_api_values = {**(order.x_fc_api_values or {}), "historical_usage_cents": amount}
    return LIFETIME_USAGE.answer(_lifetime(call))


def _lifetime(call: Call) -> LifetimeUsage:
    order = find_subscription(call, call.path["external_id"], "active")
    orders = subscriptions_named(call, call.path["external_id"]).filtered(
        lambda one: one.state != "cancel"
    )
    ratings = call.env["fusion.billing.rating"].search(
        [
            ("subscription_id", "in", orders.ids),
            ("state", "=", "billed"),
            ("metric_id", "!=", False),
        ]
    )
    invoiced = sum(cents(one.amount, one.currency_id) for one in ratings)
    period = _period(order)
    current = _period_usage(call, order, period).amount_cents if period else 0
    return LifetimeUsage(order, invoiced, current)


def _order(call: Call, *statuses: str):
    """Return the subscription that is asked about, the newest of its id.

    Raises:
        MethodNotAllowedError: The customer has none that runs.
    """
    link = find_link(call, call.path["external_id"])
    external_id = call.query.get("external_subscription_id")
    if not external_id:
        raise InvalidError({"external_subscription_id": [MANDATORY]})
    for order in subscriptions_named(call, external_id):
        if order._fc_link() == link and (not statuses or order.x_fc_status in statuses):
            return order
    raise MethodNotAllowedError("no_active_subscription")


def _running(call: Call) -> tuple:
    """Return the active subscription that is asked about, and its billing period.

    Raises:
        MethodNotAllowedError: The customer has none that runs.
    """
    order = _order(call, "active")
    period = _period(order)
    if not period:
        raise MethodNotAllowedError("no_active_subscription")
    return order, period


def _period(order) -> tuple | None:
    calendar = order._fc_calendar()
    return calendar and period_at(calendar, fields.Datetime.now())


def _past_periods(order) -> list[tuple]:
    calendar, now = order._fc_calendar(), fields.Datetime.now()
    if not calendar:
        return []
    until = min(now, order._fc_ends_at() or now)
    every = (
        periods_starting(calendar, calendar.boundary(0), until)
        if until > calendar.boundary(0)
        else ()
    )
    over = [period for period in every if period[1] <= now or order.x_fc_status == "terminated"]
    return over[::-1]


def _period_usage(call: Call, order, period: tuple) -> PeriodUsage:
    (subscription,) = subscriptions_of(call.env, call.service, [order.id])
    start = period[0]
    page = rate_subscriptions(
        call.env, call.service, [subscription], start, start + timedelta(seconds=1)
    )
    lines = [line for line in page.lines if _is_wanted(call, line)]
    taxes = 0 if call.query.get("apply_taxes") == "false" else _taxes(call, order, lines)
    return PeriodUsage(order.currency_id, *period, lines, taxes)


def _is_wanted(call: Call, line) -> bool:
    charge = line.charge._main()
    metric = charge.metric_id._whole()
    code = call.query.get("billable_metric_code")
    charge_code = call.query.get("charge_code") or call.query.get("filter_by_charge_code")
    charge_id = call.query.get("charge_id") or call.query.get("filter_by_charge_id")
    return (
        (not code or code == metric.code)
        and (not charge_code or charge_code == charge._api_code())
        and (not charge_id or record_id_of(charge._name, charge_id) == charge.id)
    )


def _taxes(call: Call, order, lines: list) -> int:
    """Return the tax on what was used, as the order's own taxes would have it."""
    position, currency, total = order.fiscal_position_id, order.currency_id, 0
    for line in lines:
        taxes = line.charge.product_id.taxes_id._filter_taxes_by_company(call.company)
        taxed = position.map_tax(taxes).compute_all(float(line.amount), currency)
        total += cents(taxed["total_included"], currency)
        total -= cents(taxed["total_excluded"], currency)
    return total

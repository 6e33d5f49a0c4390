"""What usage costs: one page of subscriptions after the other, so that memory stays flat."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.loader.arguments import check_page
from odoo.addons.fusion_centralize_billing.loader.row import FAILED
from odoo.addons.fusion_centralize_billing.periods.calendar import periods_starting
from odoo.addons.fusion_centralize_billing.periods.shares import share_of

from .aggregation import aggregate
from .batch import UsageRow
from .events import combined, event_units
from .minimums import commitments_of, days_there
from .quantities import charges_of, measures_of
from .rated import Page, RatedLine, failure
from .subscriptions import Subscription, each_order, find_subscriptions, page_of_subscriptions

MAX_PAGE = 5_000
NEVER = datetime(1, 1, 1)  # noqa: DTZ001 (moments are UTC without a zone)


def rate_page(env, service, since: datetime, until: datetime, after_id: int, limit: int) -> Page:
    """Rate the periods starting in [since, until) of the next subscriptions by order id.

    Periods that have not begun yet are left out. A subscription without a billing calendar,
    or whose plan has no charge, has no lines; usage that it has nevertheless is told.
    """
    check_page(after_id, limit, MAX_PAGE)
    subscriptions = page_of_subscriptions(env, service, after_id, limit)
    last = subscriptions[-1].id if len(subscriptions) == limit else None
    return rate_subscriptions(env, service, subscriptions, since, until, next_after_id=last)


def rate_subscriptions(
    env,
    service,
    subscriptions: list[Subscription],
    since: datetime,
    until: datetime,
    *,
    next_after_id: int | None = None,
) -> Page:
    """Rate the periods starting in [since, until) of these subscriptions, as ``rate_page``."""
    now = fields.Datetime.now()
    until = min(until, now)
    ids = [subscription.id for subscription in subscriptions]
    measures = measures_of(env, ids, since, until)
    charges = charges_of(env, service)
    periods = list(_periods(subscriptions, since, until))
    due = [
        (subscription, charge, period)
        for subscription, period in periods
        for charge in charges.get(subscription.plan_id, ())
    ]
    events = event_units(
        env,
        service,
        [
            (subscription.id, charge.metric_id, *period, _by_event(charge))
            for subscription, charge, period in due
        ],
    )
    page = Page((since, until), ids, [], [], next_after_id)
    tariffs = {}
    for subscription, charge, period in due:
        key = subscription.id, charge.metric_id.id, period[0]
        found = measures.pop(key, []), events.get(key)
        _rate_into(page, subscription, charge, period, found, now, tariffs)
    page.commitments.extend(commitments_of(env, service, page, periods, now))
    _tell_left_over(env, page, subscriptions, charges, measures)
    return page


def rate_rows(env, service, rows: list[UsageRow]) -> Page:
    """Rate the billing periods that the rows of a batch lie in, those that failed left out."""
    keys = {
        (row.subscription_id, row.metric, row.billing[0]) for row in rows if row.outcome != FAILED
    }
    if not keys:
        return Page((NEVER, NEVER), [], [], [], None)
    named = {row.external_id for row in rows}
    starts = [start for _subscription, _metric, start in keys]
    last = max(starts) + timedelta(seconds=1)
    found = find_subscriptions(env, service, named)
    page = rate_subscriptions(env, service, list(each_order(found.values())), min(starts), last)
    told = {(order_id, metric, f"{start.isoformat()}Z") for order_id, metric, start in keys}
    return replace(
        page,
        lines=[
            line
            for line in page.lines
            if (line.subscription.id, line.charge.metric_id.code, line.start) in keys
        ],
        failed=[
            row
            for row in page.failed
            if (row["order_id"], row["metric"], row["period_start"]) in told
        ],
    )


def _periods(subscriptions, since: datetime, until: datetime) -> Iterator[tuple]:
    """Yield every subscription with each of its periods that starts in [since, until)."""
    for subscription in subscriptions:
        end = min(until, subscription.ends_at or until)
        begin = max(since, subscription.starts_at or since)
        if subscription.calendar and begin < end:
            for period in periods_starting(subscription.calendar, begin, end):
                yield subscription, period


def _by_event(charge) -> bool:
    """Tell whether the charge's fees are per event, the earliest being the free ones."""
    return charge.charge_model == "percentage" and charge.metric_id.aggregation == "sum"


def _rate_into(page: Page, subscription, charge, period, found, now, tariffs: dict) -> None:
    try:
        # Terms are read once for all of a page: that takes longer than to rate by them.
        tariff = tariffs.get(charge.id) or tariffs.setdefault(charge.id, charge._tariff())
        page.lines.append(_rate(subscription, charge, period, *found, now, tariff))
    except UserError as refused:
        metric = charge.metric_id.code
        page.failed.append(failure(subscription, metric, period[0], "charge_invalid", str(refused)))


def _rate(subscription, charge, period, measures, events, now, tariff) -> RatedLine:
    start, end = period
    method = charge.metric_id.aggregation
    measured = aggregate(method, measures, period)
    units = combined(charge.metric_id._of_events(), measured, events)
    units = charge.metric_id._rounded(units)
    singly = None
    if _by_event(charge):
        loaded = sorted(measures, key=lambda one: one.start)
        singly = [*(one.quantity for one in loaded), *(events.quantities if events else ())]
    over = end <= now
    if charge.service_id.source == "lago":
        # Lago bills what was used when a subscription ends, and of a minimum the days until then.
        over = min(end, subscription.ends_at or end) <= now
        if tariff.minimum:
            order = charge.env["sale.order"].browse(subscription.id)
            days = days_there(subscription, order, period)
            tariff = tariff.with_minimum(share_of(tariff.minimum, days))
    billable = charge._compute_billable(units, singly, whole_period=over, tariff=tariff)
    count = events.count if events else 0
    return RatedLine(subscription, charge, start, end, over, **billable, events_count=count)


def _tell_left_over(env, page: Page, subscriptions, charges: dict, measures: dict) -> None:
    """Tell of usage that no line covers: it must not become free unseen."""
    by_id = {subscription.id: subscription for subscription in subscriptions}
    for (subscription_id, metric_id, start), found in measures.items():
        if not any(measure.quantity for measure in found):
            continue
        subscription = by_id[subscription_id]
        metric = env["fusion.billing.metric"].browse(metric_id)
        charged = (charge.metric_id for charge in charges.get(subscription.plan_id, ()))
        reason = _PERIOD_MOVED if metric in charged else _NO_CHARGE
        page.failed.append(failure(subscription, metric.code, start, *reason))


_NO_CHARGE = ("no_charge", "There is usage of the metric, but the plan has no charge for it.")
_PERIOD_MOVED = (
    "period_moved",
    "There is usage of a billing period that the subscription does not have any more: "
    "its start, its cycle or the company's time zone changed. Load the usage again.",
)

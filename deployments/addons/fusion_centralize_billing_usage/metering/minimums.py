"""What is missing to the least that a plan costs in a period, once all of the period is rated."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from odoo.addons.fusion_centralize_billing.periods.calendar import day_of
from odoo.addons.fusion_centralize_billing.periods.shares import is_due
from odoo.addons.fusion_centralize_billing.rating import true_up

from .rated import MINIMUM, Page, RatedLine, failure
from .subscriptions import Subscription

ZERO = Decimal(0)
Period = tuple[datetime, datetime]
_OTHER_CYCLE = (
    "minimum_cycle",
    "The plan has a minimum for each period of its price, and its usage is billed by others: "
    "what is missing to it is not known. Bill the usage with the price, or take the minimum away.",
)


class Commitment:
    """The minimum of a plan where a rated line has its charge: it counts no metric.

    Args:
        plan: A ``fusion.billing.plan`` with a minimum.
    """

    id = None
    price_per_unit, unit_batch = 0.0, 1

    def __init__(self, plan) -> None:
        # Of a charge it tells that somebody is live; of a minimum the order alone does.
        self.plan_id = plan
        self.metric_id = plan.env["fusion.billing.metric"]
        self.product_id = plan.overage_product_id
        self.currency_id = plan.currency_id
        self.taxes_told, self.tax_ids = plan.minimum_taxes_told, plan.minimum_tax_ids
        self.name = plan.minimum_name or plan.env._("Minimum commitment")
        self.amount = Decimal(repr(plan.minimum_amount))
        self.since = plan.minimum_from or None


def commitments_of(
    env, service, page: Page, periods: Iterable[tuple[Subscription, Period]], now: datetime
) -> Iterator[RatedLine]:
    """Yield what is missing to the minimums of plans, 0 too, in periods that are over.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        page: All usage of these periods, rated; what fails is told there.
        periods: Subscriptions with their periods of usage.
        now: The moment.
    """
    plans = env["fusion.billing.plan"].with_context(active_test=False)
    found = plans.search([("service_id", "=", service.id), ("minimum_amount", ">", 0)])
    commitments = {plan.id: Commitment(plan) for plan in found}
    if not commitments:
        return
    used: dict[tuple, Decimal] = defaultdict(Decimal)
    for line in page.lines:
        used[line.subscription.id, line.start] += line.amount.quantize(line.cent, ROUND_HALF_UP)
    unknown = {(row["order_id"], row["period_start"]) for row in page.failed}
    orders = env["sale.order"].browse(page.subscription_ids)
    for subscription, period in periods:
        commitment = commitments.get(subscription.plan_id)
        over = min(period[1], subscription.ends_at or period[1])
        if not commitment or over > now or (commitment.since and over <= commitment.since):
            continue
        if subscription.calendar != subscription.recurrence:
            page.failed.append(failure(subscription, MINIMUM, period[0], *_OTHER_CYCLE))
        elif (subscription.id, f"{period[0].isoformat()}Z") not in unknown:
            order = orders.browse(subscription.id).with_prefetch(orders.ids)
            usage = used[subscription.id, period[0]]
            yield _missing(subscription, order, commitment, period, usage)


def days_there(subscription: Subscription, order, period: Period) -> tuple[int, int]:
    """Return on how many days of a period a subscription had its plan, and of how many.

    The last day is the plan's, unless another plan begins on it.
    """
    calendar, ends_at = subscription.calendar, subscription.ends_at
    part, whole = calendar.days(calendar.number_at(period[0]))
    if ends_at and ends_at < period[1]:
        last = day_of(ends_at - timedelta(seconds=1), calendar.zone)
        follows = last in order.x_fc_next_ids.mapped("start_date")
        unused = (day_of(period[1], calendar.zone) - last).days - (0 if follows else 1)
        part = max(0, part - unused)
    return part, whole


def _missing(
    subscription: Subscription, order, commitment: Commitment, period: Period, usage: Decimal
) -> RatedLine:
    days = days_there(subscription, order, period)
    cent = Decimal(1).scaleb(-commitment.currency_id.decimal_places)
    fees = {
        "price": _price(subscription, order, period, days, cent),
        "fixed charges": _fixed(subscription, period, cent),
        "usage": usage,
    }
    due = true_up(commitment.amount, days, fees, cent)
    none = (ZERO, ZERO, ZERO, due.amount, ZERO)
    return RatedLine(subscription, commitment, *period, True, *none, due.explanation)


def _price(
    subscription: Subscription, order, period: Period, days: tuple[int, int], cent: Decimal
) -> Decimal:
    """Return the price that a period was billed at: what is paid ahead knows no end."""
    calendar = subscription.calendar
    if not order.x_fc_arrears:
        days = calendar.days(calendar.number_at(period[0]))
    part, whole = days
    if subscription.free_until:
        free = (subscription.free_until - day_of(period[0], calendar.zone)).days
        part = max(0, part - max(0, free))
    return (Decimal(subscription.flat) * part / whole).quantize(cent, ROUND_HALF_UP)


def _fixed(subscription: Subscription, period: Period, cent: Decimal) -> Decimal:
    zone = subscription.calendar.zone
    return sum(
        (
            line.amount.quantize(cent, ROUND_HALF_UP)
            for line in subscription.lines
            if line.kind == "fixed_charge" and is_due(line.ends_on, period[0], zone)
        ),
        ZERO,
    )

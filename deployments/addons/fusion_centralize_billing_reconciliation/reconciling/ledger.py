"""Odoo's side of a reconciliation: one page of subscriptions as comparable amounts.

The amounts are the rating's own and the orders' prices; what is posted already goes before
what would be billed. Nothing is worked out a second time here.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, partial

from odoo import fields
from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.periods.calendar import (
    Calendar,
    midnight,
    period_at,
    periods_starting,
)
from odoo.addons.fusion_centralize_billing.periods.shares import (
    billed_days,
    is_due,
    priced_from,
    share_of,
)
from odoo.addons.fusion_centralize_billing.rating.numbers import plain
from odoo.addons.fusion_centralize_billing_usage.metering.preview import rate_subscriptions
from odoo.addons.fusion_centralize_billing_usage.metering.rated import MINIMUM, Page, RatedLine
from odoo.addons.fusion_centralize_billing_usage.metering.subscriptions import (
    Subscription,
    page_of_subscriptions,
)

from .posted import Posted, posted_of
from .tax_rates import tax_rates_of, tax_rates_of_usage
from .terms import charge_terms, flat_terms

COLUMNS = (
    "customer",
    "subscription",
    "item",
    "period_start",
    "period_end",
    "units",
    "amount",
    "currency",
    "tax_rate",
    "ref",
    "origin",
    "terms",
)
ORIGIN = "odoo"
FLAT = "flat"


def ledger_page(env, service, since: datetime, until: datetime, after_id: int, limit: int) -> dict:
    """Return the lines of the periods that start in [since, until), page by order id.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        since: UTC without a zone, as ``until``.
        until: Periods that have not begun yet are left out whatever it is.
        after_id: The last order of the page before.
        limit: Subscriptions in the page.
    """
    subscriptions = page_of_subscriptions(env, service, after_id, limit)
    page = rate_subscriptions(env, service, subscriptions, since, until)
    lines = LedgerLines(env, service, page, subscriptions)
    return {
        "columns": list(COLUMNS),
        "rows": [row for subscription in subscriptions for row in lines.of(subscription)],
        "failed": [lines.failure(failed) for failed in page.failed],
        "switched": [
            [one.source_id, f"{one.flat_from.isoformat()}Z", f"{one.usage_from.isoformat()}Z"]
            for one in subscriptions
            if one.live and one.flat_from and one.usage_from and not one.starts_at
        ],
        "next_after_id": subscriptions[-1].id if len(subscriptions) == limit else None,
    }


class LedgerLines:
    """Writes the rows of one page's subscriptions."""

    def __init__(self, env, service, page: Page, subscriptions: list[Subscription]) -> None:
        self.window = page.window
        self.subscriptions = {one.id: one for one in subscriptions}
        query = SQL("SELECT id, code FROM fusion_billing_plan WHERE service_id = %s", service.id)
        self.plan_codes = dict(env.execute_query(query))
        self.rates = tax_rates_of(env, page.subscription_ids)
        self.rates |= tax_rates_of_usage(env, [*page.lines, *page.commitments])
        live = [one for one in subscriptions if one.live]
        self.posted = posted_of(env, live, page.window)
        self.usage = _by_subscription(page.lines)
        self.commitments = _by_subscription(page.commitments)
        self.charge_terms = cache(charge_terms)
        self.flat_terms = cache(flat_terms)
        self.now = fields.Datetime.now()
        behind = [("id", "in", page.subscription_ids), ("x_fc_arrears", "=", True)]
        self.behind = set(env["sale.order"].search(behind).ids)

    def of(self, subscription: Subscription) -> Iterator[list]:
        """Yield a subscription's rows: recurring price, usage, then what else is posted."""
        posted = self.posted.get(subscription.id, {})
        for due, terms in self._billable(subscription):
            yield self._row(subscription, posted.pop((due.item, due.start), due), terms)
        for found in posted.values():
            yield self._row(subscription, found, "")

    def of_prices(
        self, subscription: Subscription, since: datetime, until: datetime
    ) -> Iterator[list]:
        """Yield the rows of what recurs in the periods that start in [since, until), not posted."""
        for due, terms in self._recurring(subscription, since, until):
            yield self._row(subscription, due, terms)

    def failure(self, failed: dict) -> dict:
        """Return a row of the preview's failures with the ids of the ledger."""
        subscription = self.subscriptions[failed["order_id"]]
        ids = {"customer": subscription.account, "subscription": subscription.source_id}
        return {**failed, **ids}

    def _billable(self, subscription: Subscription) -> Iterator[tuple[Posted, str]]:
        """Yield all that the page's window bills, as an invoice would have it, with its terms."""
        since, until = self.window
        until = min(until, subscription.ends_at or until)
        since = max(since, subscription.starts_at or since)
        if subscription.recurrence and since < until:
            yield from self._recurring(subscription, since, until)
        due = partial(_due, subscription)
        for line in self.usage.get(subscription.id, ()):
            metric = line.charge.metric_id.code
            terms = self.charge_terms(line.charge)
            period = (line.start, line.end)
            billed = (f"usage:{metric}", line.start) in self.posted.get(subscription.id, {})
            # An order line bills both in one amount.
            used = line.amount if billed else line.amount - line.true_up
            yield due(f"usage:{metric}", period, line.units, used), terms
            if not billed and (missing := _missing(line)) > 0:
                yield due(f"minimum:{metric}", period, None, missing), terms
        for line in self.commitments.get(subscription.id, ()):
            if line.amount:
                yield due(MINIMUM, (line.start, line.end), None, line.amount), ""

    def _recurring(
        self, subscription: Subscription, since: datetime, until: datetime
    ) -> Iterator[tuple[Posted, str]]:
        """Yield the flat price and what recurs beside it of the periods that start in the time."""
        calendar = subscription.recurrence
        flat = Decimal(subscription.flat)
        code = self.plan_codes.get(subscription.plan_id, "")
        terms = self.flat_terms(subscription.flat, calendar.unit, calendar.count, code)
        periods = periods_starting(calendar, since, until)
        for period in _and_trial_end(calendar, periods, subscription.free_until):
            if subscription.id in self.behind and period[1] > self.now:
                # In arrears nothing is due before the period is over.
                continue
            start = priced_from(period, subscription.free_until, calendar.zone)
            if since <= start < until:
                days = billed_days(calendar, period[0], subscription.free_until)
                price = share_of(flat, days)
                yield _due(subscription, FLAT, (start, period[1]), Decimal(1), price), terms
            if period[0] < since:
                continue
            sums: dict[str, tuple[Decimal, Decimal]] = {}
            for line in subscription.lines:
                if is_due(line.ends_on, period[0], calendar.zone):
                    units, amount = sums.get(line.item, (Decimal(0), Decimal(0)))
                    sums[line.item] = (units + line.units, amount + line.amount)
            for item, (units, amount) in sums.items():
                yield _due(subscription, item, period, units, amount), ""

    def _row(self, subscription: Subscription, line: Posted, terms: str) -> list:
        return [
            subscription.account,
            subscription.source_id,
            line.item,
            f"{line.start.isoformat()}Z",
            f"{line.end.isoformat()}Z",
            None if line.units is None else plain(line.units),
            plain(line.amount),
            line.currency,
            self.rates.get((subscription.id, line.item)) or self.rates.get((subscription.id, FLAT)),
            ", ".join(line.refs),
            ORIGIN,
            terms,
        ]


def _due(subscription: Subscription, item: str, period, units, amount) -> Posted:
    """Return what is not posted yet as if it were, by the order's name."""
    return Posted(item, *period, units, amount, subscription.currency, [subscription.name])


def _missing(line: RatedLine) -> Decimal:
    """Return what a minimum adds to what was used, which is a fee in whole subunits."""
    if not line.true_up:
        return line.true_up
    return line.amount - (line.amount - line.true_up).quantize(line.cent, rounding=ROUND_HALF_UP)


def _and_trial_end(
    calendar: Calendar, periods: tuple[tuple[datetime, datetime], ...], free_until: date | None
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the periods, and before them the one in which a trial ends: its price begins there."""
    ending = free_until and period_at(calendar, midnight(free_until, calendar.zone))
    return (ending, *periods) if ending and ending not in periods else periods


def _by_subscription(lines: list[RatedLine]) -> dict[int, list[RatedLine]]:
    found = defaultdict(list)
    for line in lines:
        found[line.subscription.id].append(line)
    return found

"""From which day on Odoo bills what Lago billed: its terms and its invoices, read again.

Lago is ended at the switch without a last invoice and without a credit note. So Odoo goes on where
Lago's invoices stop: with the price of the next period, or, of arrears, of the one that runs;
with the usage of the period that runs. A subscription whose last due price is on no finalized
invoice yet (Lago is late, or the invoice is a draft) gets no days: Odoo leaves its customer in
shadow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from tasks.backfill.mapping.lago_plans import usage_cycle
from tasks.backfill.mapping.lago_source import ACTIVE, LagoSource
from tasks.cutover.boundary import PlannedSubscription
from tasks.cutover.records import Gate, Switch
from tasks.model.lago import LagoPlan, LagoSubscription, trial_end
from tasks.model.lago_billed import DRAFT, FINALIZED
from tasks.model.lago_periods import Rhythm

_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class LagoBilled:
    """What is invoiced: begins of the periods whose price is, and who has drafts.

    ``prices`` are begins of periods by external id; ``drafts`` external ids of subscriptions.
    """

    prices: Mapping[str, frozenset[datetime]]
    drafts: frozenset[str]


def lago_switches(
    planned: Iterable[PlannedSubscription], source: LagoSource, as_of: datetime
) -> tuple[Switch, ...]:
    """Find the first days that Lago has not billed, and what it owes each customer now.

    Args:
        planned: The subscriptions as Odoo's plan of the cutover names them.
        source: The service in Lago, read now.
        as_of: When it was read.
    """
    live = {each.external_id: each for each in source.subscriptions if each.status == ACTIVE}
    billed = _billed(source)
    customers = source.customers_by_id
    switches = []
    for each in planned:
        subscription, customer = live.get(each.subscription), customers.get(each.customer)
        days = None
        if subscription is not None and customer is not None:
            plan = source.plan_of(subscription)
            zone = ZoneInfo(source.organization.zone_of(customer))
            name = subscription.customer, subscription.external_id
            first = source.first_starts.get(name)
            days = plan and _days(subscription, plan, zone, billed, as_of, first)
        flat, usage = days or ("", "")
        owed = source.credits_of(customer) if customer is not None else ()
        told = tuple((credit.external_id, f"{credit.amount:f}") for credit in owed)
        switches.append(
            Switch(each.customer, each.subscription, each.cycle, str(flat), str(usage), told)
        )
    return tuple(switches)


def renewals_stopped(source_subscriptions: Iterable[LagoSubscription], live: set[str]) -> Gate:
    """Judge whether Lago has stopped billing those whom Odoo bills already.

    Args:
        source_subscriptions: Of Lago, read now.
        live: External ids of the customers whom Odoo bills.
    """
    found = sorted(
        each.external_id
        for each in source_subscriptions
        if each.status == ACTIVE and each.customer in live
    )
    if not found:
        return Gate("renewals_stopped", ok=True, sentence="Lago bills nobody whom Odoo bills.")
    words = (
        f"{len(found):,} subscriptions of customers whom Odoo bills are still active in Lago, which"
        " would bill them too: terminate them there, without invoice and credit note."
    )
    return Gate(
        "renewals_stopped",
        ok=False,
        sentence=words,
        count=len(found),
        examples=tuple(found[:_EXAMPLES]),
    )


def _days(
    subscription: LagoSubscription,
    plan: LagoPlan,
    zone: ZoneInfo,
    billed: LagoBilled,
    as_of: datetime,
    first_started: datetime | None,
) -> tuple[date, date] | None:
    """Give the first days of price and usage that Lago has not billed; None: nobody knows."""
    if subscription.started_at is None or subscription.external_id in billed.drafts:
        return None
    started = subscription.started_at.astimezone(zone).date()
    today = as_of.astimezone(zone).date()
    anchor = (subscription.anchor_at or subscription.started_at).astimezone(zone).date()
    rhythm = Rhythm(plan.interval, subscription.billing_time, anchor)
    period = rhythm.period_at(today)
    since = max(period.start, started)
    over = trial_end(subscription, plan, first_started)
    free_until = over.astimezone(zone).date() if over else started
    if today < max(started, free_until):
        return None
    last_due = max(since, free_until) if plan.is_in_advance else None
    if not plan.is_in_advance and period.start > max(started, free_until):
        last_due = max(rhythm.after(period, -1).start, started, free_until)
    if last_due is not None and plan.price != Decimal(0):
        moment = datetime.combine(last_due, time(), zone).astimezone(UTC)
        if moment not in billed.prices.get(subscription.external_id, frozenset()):
            return None
    metered = Rhythm(usage_cycle(plan) or "monthly", subscription.billing_time, anchor)
    usage = max(metered.period_at(today).start, started)
    return (period.end if plan.is_in_advance else since), usage


def _billed(source: LagoSource) -> LagoBilled:
    status = {invoice.lago_id: invoice.status for invoice in source.billing.invoices}
    prices: dict[str, set[datetime]] = defaultdict(set)
    drafts = set()
    for fee in source.billing.fees:
        state = status.get(fee.invoice or "")
        if state == DRAFT:
            drafts.add(fee.subscription)
        if state == FINALIZED and fee.kind == "subscription":
            prices[fee.subscription].add(fee.start)
    found = {name: frozenset(begins) for name, begins in prices.items()}
    return LagoBilled(found, frozenset(drafts))

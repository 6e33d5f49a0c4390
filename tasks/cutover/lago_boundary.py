"""From which day on Odoo bills what Lago billed: its terms and its invoices, read again.

Lago is ended at the switch without a last invoice and without a credit note. So Odoo goes on where
Lago's invoices stop: with the price of the next period, or, of arrears, of the one that runs;
with the usage of the period that runs; of who is in a trial, with its end. A subscription whose
last due price is on no finalized invoice yet, of whose running period Lago has billed usage at a
threshold, or whose customer has an invoice or a purchase of credits that Lago is yet to settle,
gets no days: Odoo leaves its customer in shadow, and readiness says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from tasks.backfill.mapping.lago_customers import ACTIVE
from tasks.backfill.mapping.lago_parts import Span, span_of, usage_rhythm
from tasks.backfill.mapping.lago_source import LagoSource
from tasks.cutover.billed import PlannedSubscription
from tasks.cutover.gates import Gate
from tasks.cutover.records import Switch
from tasks.model.errors import RecordError
from tasks.model.lago import LagoPlan, LagoSubscription
from tasks.model.lago_billed import (
    DRAFT,
    FAILED,
    FINALIZED,
    PENDING,
    PREPAID,
    PROGRESSIVE,
    VOIDED,
)

_EXAMPLES = 20
#: So long an invoice may wait in Lago until it is final.
_LATEST = timedelta(days=31)
_VOIDED = (
    "the invoice of what is due from {} on ({}) was voided in Lago: regenerate it there; without"
    " one it is switched in its next period."
)
#: Why an invoice that is not final is no end yet: Lago pays it from credit that Odoo would have.
_UNSETTLED = {
    DRAFT: "Lago has a draft of an invoice of theirs ({}): finalize it in Lago first.",
    FAILED: "Lago failed to finish an invoice of theirs ({}): retry it in Lago first.",
    PENDING: "an invoice of theirs ({}) waits for its taxes in Lago (pending): it is switched once"
    " that is final.",
}
_PURCHASE = (
    "a purchase of credits for the wallet {} waits for its payment, which would fill the wallet in"
    " Lago alone: it is switched once Lago has settled or failed it."
)
_EARLY = (
    "Lago has billed usage since {} at a threshold, and lowers the period's own invoice by it: it"
    " is switched once that is there. Switch progressive billing off for it in Lago."
)
_COMES = "it begins on {}."
_TRIAL = "it is in a trial until {}, and Lago bills usage before: it is switched after the trial."
_UNBILLED = (
    "what is due from {} on is on no finalized invoice in Lago: it is switched once Lago has"
    " billed it."
)


@dataclass(frozen=True, slots=True)
class LagoBilled:
    """What is invoiced, and what of it is not settled.

    ``prices`` are begins of the periods whose price is invoiced, by external id; ``voided`` names
    the invoice of those that were taken back, by external id and begin; ``early`` are begin and
    end of those of which usage alone is, at a threshold. ``unsettled`` says by customer which
    invoice of theirs is not final. ``since`` is the day of the oldest invoice, None without any.
    """

    prices: Mapping[str, frozenset[datetime]]
    voided: Mapping[tuple[str, datetime], str]
    early: Mapping[str, frozenset[tuple[datetime, datetime]]]
    unsettled: Mapping[str, str]
    since: date | None


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
    billed, customers = _billed(source), source.customers_by_id
    switches = []
    for each in planned:
        subscription, customer = live.get(each.subscription), customers.get(each.customer)
        days = _days(subscription, source, billed, as_of) if subscription else None
        flat, usage = map(str, days) if isinstance(days, tuple) else ("", "")
        owed = source.credits_of(customer) if customer is not None else ()
        told = tuple((credit.external_id, f"{credit.amount:f}") for credit in owed)
        switches.append(Switch(each.customer, each.subscription, each.cycle, flat, usage, told))
    return tuple(switches)


def whom_lago_bills_first(source: LagoSource, as_of: datetime) -> dict[tuple[str, str], str]:
    """Say by customer and subscription why a switch would leave it in shadow.

    Args:
        source: The service in Lago, read now.
        as_of: When it was read.
    """
    billed = _billed(source)
    live = [each for each in source.subscriptions if each.status == ACTIVE]
    found = ((each, _days(each, source, billed, as_of)) for each in live)
    return {
        (each.customer, each.external_id): days for each, days in found if isinstance(days, str)
    }


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
    subscription: LagoSubscription, source: LagoSource, billed: LagoBilled, as_of: datetime
) -> tuple[date, date] | str | None:
    """Give the first days of price and usage that Lago has not billed, or why nobody knows.

    None: the subscription is not one that could be carried.
    """
    customer = source.customers_by_id.get(subscription.customer)
    plan = source.plan_of(subscription)
    if customer is None or plan is None:
        return None
    first = source.first_starts.get((subscription.customer, subscription.external_id))
    try:
        zone = source.organization.zone_of(customer)
        span = span_of(subscription, plan, zone, as_of, first)
    except RecordError:
        return None
    if (why := _unsettled(subscription, source, billed, as_of)) is not None:
        return why
    if as_of.astimezone(span.zone).date() < span.started_on:
        return _COMES.format(span.started_on)
    usage = usage_rhythm(plan, span).period_at(span.today)
    if span.is_in_trial:
        over = span.trial_ends_on
        if plan.is_in_advance and plan.charges and over is not None and usage.end < over:
            return _TRIAL.format(over)
    elif (due := _unbilled(subscription, plan, span, billed)) is not None:
        number = billed.voided.get((subscription.external_id, _moment(due, span)))
        return _UNBILLED.format(due) if number is None else _VOIDED.format(due, number)
    return span.unbilled(plan).start, max(usage.start, span.started_on)


def _unsettled(
    subscription: LagoSubscription, source: LagoSource, billed: LagoBilled, as_of: datetime
) -> str | None:
    """Say what Lago is yet to settle, after which Odoo can go on; None: nothing."""
    if (why := billed.unsettled.get(subscription.customer)) is not None:
        return why
    for wallet in source.wallets_of.get(subscription.customer, ()):
        if wallet.status == ACTIVE and wallet.awaits_payment:
            return _PURCHASE.format(wallet.code)
    for start, end in sorted(billed.early.get(subscription.external_id, ())):
        # What no invoice has had for so long, none will.
        if start <= as_of < end + _LATEST:
            return _EARLY.format(start.date())
    return None


def _unbilled(
    subscription: LagoSubscription, plan: LagoPlan, span: Span, billed: LagoBilled
) -> date | None:
    """Give the first day of what is due and on no finalized invoice; None: all is on one.

    What is older than whatever Lago billed did not come from there, nor will it.
    """
    due = _last_due(plan, span)
    if due is None or plan.price == Decimal(0):
        return None
    day = due if plan.is_in_advance else span.running.start
    if billed.since is not None and day + _LATEST < billed.since:
        return None
    is_billed = _moment(due, span) in billed.prices.get(subscription.external_id, frozenset())
    return None if is_billed else due


def _moment(day: date, span: Span) -> datetime:
    return datetime.combine(day, time(), span.zone).astimezone(UTC)


def _last_due(plan: LagoPlan, span: Span) -> date | None:
    """Give the first day of what was due last, outside a trial; None: nothing was yet."""
    free_until = max(span.started_on, span.trial_ends_on or span.started_on)
    if plan.is_in_advance:
        return max(span.running.start, free_until)
    if span.running.start > free_until:
        return max(span.rhythm.after(span.running, -1).start, free_until)
    return None


def _billed(source: LagoSource) -> LagoBilled:
    prices: dict[str, set[datetime]] = defaultdict(set)
    early: dict[str, set[tuple[datetime, datetime]]] = defaultdict(set)
    voided: dict[tuple[str, datetime], str] = {}
    whole: set[tuple[str, datetime]] = set()
    unsettled: dict[str, str] = {}
    since: date | None = None
    for page in source.billing.pages():
        invoices = {invoice.lago_id: invoice for invoice in page.invoices}
        for fee in page.fees:
            invoice = invoices.get(fee.invoice or "")
            if invoice is None:
                continue
            is_final = invoice.status == FINALIZED
            if is_final and fee.kind == "subscription":
                prices[fee.subscription].add(fee.start)
            if invoice.status == VOIDED and fee.kind == "subscription":
                voided[fee.subscription, fee.start] = invoice.number
            if fee.kind == "charge" and invoice.kind == PROGRESSIVE:
                # Lago counts one that failed as well.
                if is_final or invoice.status == FAILED:
                    early[fee.subscription].add((fee.start, fee.end))
            elif fee.kind == "charge" and is_final:
                whole.add((fee.subscription, fee.start))
        final = [each.issued_on for each in invoices.values() if each.status == FINALIZED]
        since = min(filter(None, (since, *final)), default=None)
        unsettled |= {
            each.customer: _UNSETTLED[each.status].format(each.number or each.lago_id)
            for each in invoices.values()
            if each.status in _UNSETTLED and each.kind != PREPAID
        }
    return LagoBilled(
        prices={name: frozenset(begins) for name, begins in prices.items()},
        voided=voided,
        early={
            name: frozenset(each for each in spans if (name, each[0]) not in whole)
            for name, spans in early.items()
        },
        unsettled=unsettled,
        since=since,
    )

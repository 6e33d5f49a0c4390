"""What Lago's own terms say is due: the expected ledger of a service that bills through Lago.

Prices of every period that begins (or, of arrears, ends), by days where it is a part of one;
usage as Lago counted it, priced anew by the plan's charges; fixed charges, minimums, coupons; and
what is given back of a price paid ahead when a subscription ends. Subscriptions that have ended
since are in it like the others. Usage that the terms cannot price (their charge is gone, or is of
a model that is priced event by event) is left out and counted in ``unpriced``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tasks.model.lago import LagoPlan, LagoSubscription, first_starts, trial_end
from tasks.model.lago_billed import FINALIZED, PROGRESSIVE, LagoBilling, LagoFee
from tasks.model.lago_periods import (
    BILLING_TIMES,
    INTERVALS,
    Period,
    Rhythm,
    days_billed,
    prorated,
)
from tasks.model.lago_units import metric_of
from tasks.model.ledger import FLAT, LedgerLine
from tasks.model.money import decimal_text, minor_digits
from tasks.model.periods import first_moment
from tasks.reconcile.expected.lago_usage import fixed_price, priced_usage, true_ups
from tasks.reconcile.lago_reductions import reductions

ORIGIN = "terms"
ZERO, ONE = Decimal(0), Decimal(1)
#: Statuses of a subscription that is, or was, billed.
_BILLED = frozenset({"active", "terminated"})
#: Why Lago gives back what was paid ahead for days after the end.
_ENDED = "credit:order_change"


@dataclass(frozen=True, slots=True)
class LagoTerms:
    """What a service sells in Lago, and to whom.

    ``plans`` are by code, ``own_plans`` those of one subscription alone, by its Lago id.
    ``zones`` name the zone that each customer is billed in.
    """

    subscriptions: tuple[LagoSubscription, ...]
    plans: Mapping[str, LagoPlan]
    own_plans: Mapping[str, LagoPlan]
    zones: Mapping[str, str]


@dataclass(slots=True)
class Expected:
    """The lines, sorted, and how many periods of usage the terms cannot price."""

    lines: list[LedgerLine] = field(default_factory=list)
    unpriced: int = 0


def expected_ledger(
    service: str,
    terms: LagoTerms,
    billing: LagoBilling,
    *,
    since: datetime,
    until: datetime,
    as_of: datetime | None = None,
) -> Expected:
    """Give what is due for service periods that start in [since, until).

    What is due later than ``as_of`` is not in it: a price in arrears of a period that runs.

    Args:
        service: Code of the service.
        terms: What it sells, to whom.
        billing: All that was billed: the units, and which invoices coupons lowered.
        since: First moment, with a zone.
        until: The moment after the last one.
        as_of: When it is asked; None: ``until``.
    """
    as_of = as_of or until
    made = Expected()
    usage = _usage_fees(billing)
    first = first_starts(terms.subscriptions)
    # On the day of an upgrade both are there under one id: what was counted is the newer one's.
    for subscription in sorted(terms.subscriptions, key=_newest_first):
        plan = terms.own_plans.get(subscription.lago_id) or terms.plans.get(subscription.plan_code)
        zone = _zone(terms.zones.get(subscription.customer))
        if plan is None or zone is None or not _is_readable(plan, subscription):
            continue
        trial_from = first[subscription.customer, subscription.external_id]
        one = _Subscribed(service, subscription, plan, zone, as_of, trial_from)
        made.lines += one.periods()
        counted = usage[subscription.customer, subscription.external_id]
        mine = {span: counted.pop(span) for span in [*counted] if one.is_there(span[0])}
        lines, unpriced = one.usage(mine, billing.version)
        made.lines += lines
        made.unpriced += unpriced
    made.lines += _discounts(service, billing)
    made.lines = sorted(
        (line for line in made.lines if since <= line.period_start < until),
        key=lambda line: (*line[1:6], line.currency, line.amount),
    )
    return made


def _newest_first(subscription: LagoSubscription) -> tuple[float, str]:
    started = subscription.started_at
    return (-started.timestamp() if started else 0.0, subscription.lago_id)


def _is_readable(plan: LagoPlan, subscription: LagoSubscription) -> bool:
    is_known = plan.interval in INTERVALS and subscription.billing_time in BILLING_TIMES
    has_price = plan.fault is None and plan.price is not None
    is_billed = subscription.status in _BILLED and subscription.started_at is not None
    return is_known and has_price and is_billed


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name or "")
    except (KeyError, ValueError, OSError):
        return None


class _Subscribed:
    """One subscription by its plan's terms."""

    def __init__(
        self,
        service: str,
        subscription: LagoSubscription,
        plan: LagoPlan,
        zone: ZoneInfo,
        as_of: datetime,
        trial_from: datetime,
    ) -> None:
        self._service = service
        self._subscription = subscription
        self._plan = plan
        self._zone = zone
        self._as_of = as_of
        started = subscription.started_at or as_of
        self._started = self._day(started)
        anchor = self._day(subscription.anchor_at or started)
        self._rhythm = Rhythm(plan.interval, subscription.billing_time, anchor)
        end = subscription.ended_at or subscription.ending_at
        self._end = self._day_after(end) if end else None
        over = trial_end(subscription, plan, trial_from)
        self._trial_end = self._day(over) if over else None
        # What was agreed for this one alone; its plan is not shown once it has ended.
        self._price = plan.price if subscription.price is None else subscription.price

    def _day_after(self, end: datetime) -> date:
        """Give the first day that is not its own: the day of a change of plan is the new one's.

        Of arrears only a change at a period's end is told from one in it.
        """
        day = self._day(end)
        changed = self._subscription.ended_at and self._subscription.next_plan_code
        if changed and (self._plan.is_in_advance or self._rhythm.period_at(day).start == day):
            return day
        return day + timedelta(days=1)

    def periods(self) -> Iterator[LedgerLine]:
        """Yield price, fixed charges and what is given back, period by period."""
        last = self._day(self._as_of) + timedelta(days=1)
        for period in self._rhythm.periods(self._started, min(self._end or last, last)):
            yield from self._flat(period)
            yield from self._fixed(period)
        yield from self._given_back()

    def usage(
        self, fees: Mapping[tuple[datetime, datetime], list[LagoFee]], version: str
    ) -> tuple[list[LedgerLine], int]:
        """Price what was counted; gives the lines, and how many periods cannot be priced."""
        lines: list[LedgerLine] = []
        unpriced = 0
        metered: dict[date, Decimal] = defaultdict(Decimal)
        for (start, end), counted in sorted(fees.items()):
            amounts, missing = priced_usage(self._plan, counted, version)
            unpriced += missing
            days = self._part(start, end)
            for metric, amount in true_ups(self._plan, counted, version, days, self._digits):
                lines.append(self._line(f"minimum:{metric}", start, end, amount))
                metered[self._day(end)] += amount
            for code, amount in amounts.items():
                units = sum((metric_of(code, f.units)[1] for f in counted if f.code == code), ZERO)
                name = f"usage:{metric_of(code, ONE)[0]}"
                lines.append(self._line(name, start, end, amount, units))
                metered[self._day(end)] += amount
        lines += self._commitments(metered)
        return lines, unpriced

    def _flat(self, period: Period) -> Iterator[LedgerLine]:
        plan = self._plan
        # Paid ahead, the end is not known yet; what is too much is given back.
        end = None if plan.is_in_advance else self._end
        days = days_billed(period, self._started, end, self._trial_end)
        start = max(period.start, self._started, self._trial_end or self._started)
        until = period.end if end is None else min(period.end, end)
        due_on = start if plan.is_in_advance else until
        if days and self._is_due(due_on) and not self._is_left_at_end(until):
            price = prorated(self._price or ZERO, days, period.days, self._digits)
            yield self._line(FLAT, self._moment(start), self._moment(until), price)

    def _fixed(self, period: Period) -> Iterator[LedgerLine]:
        start = max(period.start, self._started)
        for fixed in self._plan.fixed_charges:
            # Paid ahead, the end is not known yet, and nothing of it is given back.
            over = None if fixed.is_in_advance else self._end
            end = min(period.end, over or period.end)
            price = fixed_price(fixed, self._digits, (end - start).days, period.days)
            if price is not None and self._is_due(start if fixed.is_in_advance else end):
                moments = self._moment(start), self._moment(end)
                yield self._line(f"fixed:{fixed.add_on}", *moments, price, fixed.units)

    def _is_left_at_end(self, until: date) -> bool:
        """Say whether a price in arrears was left unbilled, because it ended without invoice."""
        ended = self._subscription.ended_at is not None and until == self._end
        return ended and not (self._plan.is_in_advance or self._subscription.is_billed_at_end)

    def _given_back(self) -> Iterator[LedgerLine]:
        ended = self._subscription.ended_at
        is_credited = self._plan.is_in_advance and self._subscription.is_credited_at_end
        if ended is None or self._end is None or not is_credited or self._end <= self._started:
            return
        period = self._rhythm.period_at(self._end - timedelta(days=1))
        # Nothing was paid for the days of a trial.
        left = days_billed(period, self._end, trial_ends_on=self._trial_end)
        amount = prorated(self._price or ZERO, left, period.days, self._digits)
        if amount:
            day = self._day(ended)
            moments = self._moment(day), self._moment(day + timedelta(days=1))
            yield self._line(_ENDED, *moments, -amount)._replace(subscription="")

    def _commitments(self, metered: Mapping[date, Decimal]) -> Iterator[LedgerLine]:
        """Yield what is missing to the plan's minimum, period by period."""
        if not self._plan.commitment:
            return
        last = self._day(self._as_of)
        for period in self._rhythm.periods(self._started, min(self._end or last, last)):
            start = max(period.start, self._started)
            end = min(period.end, self._end or period.end)
            if not self._is_due(end):
                continue
            part = (end - start).days
            # What was paid ahead counts whole, also where it is given back.
            over = None if self._plan.is_in_advance else self._end
            paid = days_billed(period, self._started, over, self._trial_end)
            fees = prorated(self._price or ZERO, paid, period.days, self._digits)
            for fixed in self._plan.fixed_charges:
                until = period.end if fixed.is_in_advance else end
                days = (until - start).days, period.days
                fees += fixed_price(fixed, self._digits, *days) or ZERO
            # Of a longer plan the charges of each month count.
            fees += sum((e for day, e in metered.items() if start < day <= end), ZERO)
            least = prorated(self._plan.commitment, part, period.days, self._digits)
            if least > fees:
                yield self._line("minimum", self._moment(start), self._moment(end), least - fees)

    def _part(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Say of how many days a metered period is, and the whole of which it is a part."""
        rhythm = self._rhythm
        if self._plan.charges_monthly:
            rhythm = Rhythm("monthly", rhythm.billing_time, rhythm.anchor)
        first = self._day(start)
        return (self._day(end) - first).days, rhythm.period_at(first).days

    def is_there(self, start: datetime) -> bool:
        """Say whether it was there on a moment's day."""
        day = self._day(start)
        return self._started <= day and (self._end is None or day < self._end)

    def _is_due(self, day: date) -> bool:
        return self._moment(day) <= self._as_of

    @property
    def _digits(self) -> int:
        return minor_digits(self._plan.currency)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()

    def _moment(self, day: date) -> datetime:
        return first_moment(day, self._zone)

    def _line(
        self,
        item: str,
        start: datetime,
        end: datetime,
        amount: Decimal,
        units: Decimal | None = None,
    ) -> LedgerLine:
        return LedgerLine(
            service=self._service,
            customer=self._subscription.customer,
            subscription=self._subscription.external_id,
            item=item,
            period_start=start,
            period_end=end,
            units=None if units is None else decimal_text(units),
            amount=decimal_text(amount),
            currency=self._plan.currency,
            tax_rate=None,
            ref=self._subscription.lago_id,
            origin=ORIGIN,
        )


def _usage_fees(
    billing: LagoBilling,
) -> dict[tuple[str, str], dict[tuple[datetime, datetime], list[LagoFee]]]:
    """Give what was counted, by whose subscription and period; each unit once."""
    own = {
        invoice.lago_id
        for invoice in billing.invoices
        if invoice.status == FINALIZED and invoice.kind != PROGRESSIVE
    }
    found: dict[tuple[str, str], dict[tuple[datetime, datetime], list[LagoFee]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for fee in billing.fees:
        counts = fee.invoice is None or fee.invoice in own
        if counts and fee.kind == "charge" and fee.true_up_of is None:
            found[fee.customer, fee.subscription][fee.start, fee.end].append(fee)
    return found


def _discounts(service: str, billing: LagoBilling) -> Iterator[LedgerLine]:
    """Yield what the coupons take off; of a percentage what its own rate says."""
    mine = {
        invoice.lago_id: invoice
        for invoice in billing.invoices
        if invoice.service == service and invoice.is_revenue
    }
    fees = [fee for fee in billing.fees if fee.invoice in mine]
    by_code = {(each.customer, f"discount:{each.code}"): each for each in billing.coupons}
    taken = list(reductions(mine, fees, (), billing.coupons))
    times = Counter(each.invoice.lago_id for each in taken)
    for each in taken:
        invoice = each.invoice
        coupon = by_code.get((invoice.customer, each.item))
        if coupon is None or each.start is None or each.end is None:
            continue
        amount = each.amount
        if coupon.percent is not None and not coupon.metrics and times[invoice.lago_id] == 1:
            base = invoice.fees - invoice.progressive_credit
            digits = minor_digits(invoice.currency)
            amount = prorated(base * coupon.percent / 100, 1, 1, digits)
        yield LedgerLine(
            service, invoice.customer, each.subscription, each.item, each.start, each.end, None,
            decimal_text(-amount), invoice.currency, None, coupon.lago_id, ORIGIN,
        )  # fmt: skip

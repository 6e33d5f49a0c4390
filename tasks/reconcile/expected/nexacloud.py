"""What NexaCloud's own terms say is due: the expected ledger, from its rows alone.

The price of every cycle that begins, add-ons with it, and usage by the month in arrears, of
subscriptions that have ended since too. What the rows do not tell, invoices decide and the terms
price: whether a change of plan or an early end was settled by days, and whether the last, begun
month's usage was billed. A plan or an add-on is known as it is now: an old price, or an add-on
that was removed, is a difference from what was billed. What cannot be priced is left out and
counted by the name of the rule that it breaks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from operator import attrgetter
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

from tasks.model.addons import addon_item, addon_key
from tasks.model.ledger import FLAT, USAGE, LedgerLine
from tasks.model.money import decimal_text
from tasks.model.nexacloud import CYCLE_MONTHS, METRIC, whole_microseconds
from tasks.model.periods import BillingPeriod, Cycle, first_moment, periods_starting
from tasks.model.rating import rate
from tasks.reconcile.expected.nexacloud_changes import Segment, changes_of, passing, rederived
from tasks.reconcile.expected.nexacloud_lives import (
    Life,
    charge_of,
    charge_terms,
    end_of,
    fault_of,
    flat_terms,
    in_rhythm,
    turn,
)
from tasks.reconcile.expected.nexacloud_rows import (
    AddonRow,
    DeploymentRows,
    PlanRow,
    SubscriptionRow,
    Told,
    UsageRow,
)

ORIGIN = "terms"
_OF_CPU = f"{USAGE}{METRIC}"
NOTHING_TOLD = Told()
ZERO = Decimal(0)


class LeftOut(NamedTuple):
    """Something that the terms cannot price: of a subscription, an item (empty: all), and why."""

    subscription: str
    item: str
    reason: str


@dataclass(slots=True)
class Due:
    """Lines, in no order, and what the terms cannot price."""

    lines: list[LedgerLine] = field(default_factory=list)
    left_out: set[LeftOut] = field(default_factory=set)

    @property
    def unpriced(self) -> Counter[str]:
        """How many things have no price, by reason."""
        return Counter(each.reason for each in self.left_out)


@dataclass(slots=True)
class NexaCloudTerms:
    """What a NexaCloud sells, and when periods begin there.

    Attributes:
        service: Code of the service.
        plans: By id.
        since: Lines of service periods that start then or later.
        until: And before that; what begins later than ``as_of`` is not due in advance.
        as_of: What is not over by then is not due in arrears.
        zone: The company's time zone.
    """

    service: str
    plans: Mapping[str, PlanRow]
    since: datetime
    until: datetime
    as_of: datetime
    zone: ZoneInfo
    _periods: Callable[[date, date, str], tuple[BillingPeriod, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.until = min(self.until, self.as_of)
        # Days are few and subscriptions many.
        told = partial(_periods, since=self.since, until=self.until, zone=self.zone)
        self._periods = cache(told)

    def due(self, deployment: DeploymentRows, told: Told = NOTHING_TOLD) -> Due:
        """Give what is due of a deployment's subscriptions; the order of rows changes nothing."""
        made = Due()
        lives = []
        for row in sorted(deployment.subscriptions, key=attrgetter("subscription_id")):
            life = self._life(row, deployment, told, made)
            if life is not None and (life.ends is None or life.ends > life.starts):
                lives.append(life)
        lives = in_rhythm(lives, told)
        usage = self._usage_of(lives, deployment.usage, made)
        for life in lives:
            self._priced(life, deployment.addons, told, made)
            self._metered(life, usage[life.row.subscription_id], told, made)
        prorations = [line for line in told.prorations if self._is_asked(line.period_start)]
        stretches = [segment for life in lives for segment in life.stretches]
        stretches += passing(told.prorations, self.plans, stretches)
        for line in prorations:
            amount = rederived(line, stretches, deployment.addons, self.zone)
            if amount is None:
                made.left_out.add(LeftOut(line.subscription, line.item, "proration_unreadable"))
            else:
                made.lines.append(line._replace(amount=amount, tax_rate=None, origin=ORIGIN))
        return made

    def _life(
        self,
        row: SubscriptionRow,
        deployment: DeploymentRows,
        told: Told,
        made: Due,
    ) -> Life | None:
        """Read when a subscription was there; None, and noted, if its row does not tell."""
        if row.started_at is None:
            made.left_out.add(LeftOut(row.subscription_id, "", "start_missing"))
            return None
        first_day = self._day(row.started_at)
        starts = self._moment(first_day)
        if starts >= self.until:
            return None
        ends, fault = end_of(row, deployment)
        if ends and self._ended_with_its_period(row, ends, told):
            ends = self._moment(self._day(ends))
        fault = fault or fault_of(row, deployment, self.plans)
        if fault:
            if ends is None or ends > self.since:
                made.left_out.add(LeftOut(row.subscription_id, "", fault))
            return None
        mine = [each for each in told.prorations if each.subscription == row.subscription_id]
        last_day = None if ends is None else self._day(ends)
        changes = changes_of(mine, self.plans, str(row.plan_id), after=first_day, before=last_day)
        stretches = changes.segments(first_day, row.cycle, last_day)
        return Life(row, str(row.customer), first_day, starts, ends, stretches)

    def _ended_with_its_period(self, row: SubscriptionRow, ends: datetime, told: Told) -> bool:
        """Say whether no period began on the morning of the end; an invoice of one decides."""
        day = self._day(ends)
        is_end = row.period_end is not None and self._day(row.period_end) == day
        return is_end and (row.subscription_id, FLAT, day) not in told.billed

    def _priced(self, life: Life, addons: Sequence[AddonRow], told: Told, made: Due) -> None:
        """Add the price of each cycle that begins, and the add-ons that go with it."""
        key = life.row.subscription_id
        for segment in life.stretches:
            for period in self._begun(life, segment):
                if segment.cycle is None:
                    made.left_out.add(LeftOut(key, FLAT, segment.fault))
                    continue
                price = segment.plan.prices[segment.cycle]
                if price < 0:
                    made.left_out.add(LeftOut(key, FLAT, "price_negative"))
                    continue
                line = self._line(life, FLAT, period, price, Decimal(1), segment.plan)
                made.lines.append(line._replace(terms=flat_terms(segment)))
                months = CYCLE_MONTHS[segment.cycle]
                self._extras(life, addons, (period, months, segment.plan), told, made)

    def _begun(self, life: Life, segment: Segment) -> Iterator[BillingPeriod]:
        cycle = segment.cycle or life.row.cycle
        for period in self._periods(max(life.first_day, segment.anchor), segment.anchor, cycle):
            is_over = life.ends is not None and period.start >= life.ends
            # A part of the old subscription's period is a proration.
            is_part = segment.anchor < life.first_day and period.start == life.starts
            if not is_over and not is_part and life.begun_as(self._day(period.start)) is segment:
                yield period

    def _extras(
        self,
        life: Life,
        addons: Sequence[AddonRow],
        of: tuple[BillingPeriod, int, PlanRow],
        told: Told,
        made: Due,
    ) -> None:
        """Add the add-ons of a period; of a subscription that ended, those that were billed."""
        period, months, plan = of
        sold_to = life.row.subscription_id
        for addon in addons:
            item = addon_item(addon.name or "")
            if fault := _addon_fault(addon):
                made.left_out.add(LeftOut(sold_to, item, fault))
                continue
            name, price = str(addon.name), cast(Decimal, addon.price)
            key = (sold_to, f"addon:{addon_key(name)}", self._day(period.start))
            if life.ends is not None and key not in told.billed:
                made.left_out.add(LeftOut(sold_to, item, "addon_after_the_end"))
                continue
            made.lines.append(self._line(life, item, period, price * months, Decimal(1), plan))

    def _usage_of(
        self, lives: Sequence[Life], usage: Iterable[UsageRow], made: Due
    ) -> dict[str, list[UsageRow]]:
        """Give each record to the subscription that was there when it began.

        Of several it is the one that goes on, else the newest, as in the metering.
        """
        found: dict[str, list[UsageRow]] = defaultdict(list)
        for record in usage:
            there = [life for life in lives if life.holds(record.start)]
            paying = max(there, key=turn, default=None)
            if paying is None:
                if self._is_asked(record.start):
                    of = lives[-1].row.subscription_id if lives else ""
                    made.left_out.add(LeftOut(of, _OF_CPU, "usage_without_subscription"))
            elif any(life.ends is None for life in there if life is not paying):
                of = paying.row.subscription_id
                made.left_out.add(LeftOut(of, _OF_CPU, "subscription_live_twice"))
            else:
                found[paying.row.subscription_id].append(record)
        return found

    def _metered(self, life: Life, records: Sequence[UsageRow], told: Told, made: Due) -> None:
        """Add the usage of the months that are over, rated by the plan at each one's end."""
        months = self._periods(life.first_day, life.stretches[0].anchor, "monthly")
        starts = [month.start for month in months]
        sums: dict[int, Decimal] = defaultdict(Decimal)
        for record in records:
            number = bisect_right(starts, record.start) - 1
            if number >= 0 and record.start < months[number].end:
                sums[number] += record.seconds
        key = life.row.subscription_id
        for number, seconds in sorted(sums.items()):
            month = months[number]
            is_cut_short = life.ends is not None and life.ends < month.end
            if month.end > self.as_of and not is_cut_short:
                continue
            sold = life.sold_on(self._day(month.end) - timedelta(days=1))
            if sold.cycle is None:
                made.left_out.add(LeftOut(key, _OF_CPU, sold.fault))
                continue
            plan = sold.plan
            charge = charge_of(plan)
            if charge is None:
                fault = "quota_missing" if plan.quota is None else "rate_not_positive"
                made.left_out.add(LeftOut(key, _OF_CPU, fault))
                continue
            amount = rate(charge, whole_microseconds(seconds)).amount
            # Of a month that was cut short the invoice decides.
            if is_cut_short and (key, _OF_CPU, self._day(month.start)) not in told.billed:
                if amount:
                    made.left_out.add(LeftOut(key, _OF_CPU, "usage_of_a_month_cut_short"))
                continue
            line = self._line(life, _OF_CPU, month, amount, seconds, plan)
            made.lines.append(line._replace(terms=charge_terms(sold, charge)))

    def _line(
        self,
        life: Life,
        item: str,
        period: BillingPeriod,
        amount: Decimal,
        units: Decimal,
        plan: PlanRow,
    ) -> LedgerLine:
        return LedgerLine(
            service=self.service,
            customer=life.customer,
            subscription=life.row.subscription_id,
            item=item,
            period_start=period.start,
            period_end=period.end,
            units=decimal_text(whole_microseconds(units)),
            amount=decimal_text(amount),
            currency=plan.currency,
            tax_rate=None,
            ref=life.row.subscription_id,
            origin=ORIGIN,
        )

    def _is_asked(self, moment: datetime) -> bool:
        return self.since <= moment < self.until

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _moment(self, day: date) -> datetime:
        return first_moment(day, self.zone)


def _periods(
    first_day: date, anchor: date, cycle: str, *, since: datetime, until: datetime, zone: ZoneInfo
) -> tuple[BillingPeriod, ...]:
    cycle_ = cast(Cycle, cycle)
    return tuple(periods_starting(since, until, first_day, cycle_, zone, anchor_on=anchor))


def _addon_fault(addon: AddonRow) -> str:
    if not (addon.name and addon.name.strip()):
        return "addon_name_missing"
    if addon.price is None:
        return "addon_price_missing"
    return "addon_price_negative" if addon.price < 0 else ""

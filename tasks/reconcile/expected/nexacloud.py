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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, partial
from operator import attrgetter
from typing import cast
from zoneinfo import ZoneInfo

from tasks.model.addons import addon_item, addon_key
from tasks.model.ledger import LedgerLine
from tasks.model.money import decimal_text
from tasks.model.nexacloud import CYCLE_MONTHS, SECONDS_PER_CORE_HOUR
from tasks.model.periods import BillingPeriod, Cycle, periods_starting
from tasks.model.rating import RatedCharge, rate
from tasks.model.source import ENDED_STATUSES, LIVE_STATUSES
from tasks.model.usage import METRIC, whole_microseconds
from tasks.reconcile.expected.nexacloud_changes import PlanChanges, Segment, changes_of, rederived
from tasks.reconcile.expected.nexacloud_rows import (
    AddonRow,
    DeploymentRows,
    PlanRow,
    SubscriptionRow,
    Told,
    UsageRow,
)

ORIGIN = "terms"
USAGE = f"usage:{METRIC}"
FLAT = "flat"
NOTHING_TOLD = Told()
ZERO = Decimal(0)


@dataclass(slots=True)
class Due:
    """Lines, in no order, and by reason how many things the terms cannot price."""

    lines: list[LedgerLine]
    unpriced: Counter[str]


@dataclass(frozen=True, slots=True)
class Life:
    """A subscription that can be priced: ``starts`` at its first day's first moment, UTC.

    ``ends`` is the first moment after its end; None: it goes on.
    """

    row: SubscriptionRow
    customer: str
    first_day: date
    starts: datetime
    ends: datetime | None
    changes: PlanChanges

    def holds(self, moment: datetime) -> bool:
        """Whether it was there."""
        return self.starts <= moment and (self.ends is None or moment < self.ends)


class NexaCloudTerms:
    """What a NexaCloud sells, and when periods begin there.

    Args:
        service: Code of the service.
        plans: By id.
        since: Lines of service periods that start then or later.
        until: And before that.
        as_of: What is not over by then is not due in arrears, nor begun due in advance.
        zone: The company's time zone.
    """

    def __init__(
        self,
        service: str,
        plans: Mapping[str, PlanRow],
        *,
        since: datetime,
        until: datetime,
        as_of: datetime,
        zone: ZoneInfo,
    ) -> None:
        self._service = service
        self._plans = plans
        self._since = since
        self._until = min(until, as_of)
        self._as_of = as_of
        self._zone = zone
        # Days are few and subscriptions many.
        self._periods = cache(partial(_periods, since=since, until=self._until, zone=zone))

    def due(self, deployment: DeploymentRows, told: Told = NOTHING_TOLD) -> Due:
        """Give what is due of a deployment's subscriptions; the order of rows changes nothing."""
        made = Due([], Counter())
        lives = []
        for row in sorted(deployment.subscriptions, key=attrgetter("subscription_id")):
            life = self._life(row, deployment, told, made.unpriced)
            if life is not None and (life.ends is None or life.ends > life.starts):
                lives.append(life)
        usage = self._usage_of(lives, deployment.usage, made.unpriced)
        for life in lives:
            self._priced(life, deployment.addons, told, made)
            self._metered(life, usage[life.row.subscription_id], told, made)
        prorations = [line for line in told.prorations if self._is_asked(line.period_start)]
        stretches = [segment for life in lives for segment in self._segments(life)]
        for line in prorations:
            amount = rederived(line, stretches, deployment.addons, self._zone)
            if amount is None:
                made.unpriced["proration_unreadable"] += 1
            else:
                made.lines.append(line._replace(amount=amount, tax_rate=None, origin=ORIGIN))
        return made

    def _life(
        self,
        row: SubscriptionRow,
        deployment: DeploymentRows,
        told: Told,
        unpriced: Counter[str],
    ) -> Life | None:
        """Read when a subscription was there; None, and counted, if its row does not tell."""
        if row.started_at is None:
            unpriced["start_missing"] += 1
            return None
        first_day = self._day(row.started_at)
        starts = self._moment(first_day)
        if starts >= self._until:
            return None
        ends, fault = _end(row, deployment)
        fault = fault or _fault(row, self._plans)
        if fault:
            unpriced[fault] += ends is None or ends > self._since
            return None
        mine = [each for each in told.prorations if each.subscription == row.subscription_id]
        last_day = None if ends is None else self._day(ends)
        changes = changes_of(mine, self._plans, str(row.plan_id), after=first_day, before=last_day)
        return Life(row, str(row.customer), first_day, starts, ends, changes)

    def _segments(self, life: Life) -> list[Segment]:
        """Give what a subscription was sold as, stretch by stretch, oldest first."""
        last_day = None if life.ends is None else self._day(life.ends)
        return life.changes.segments(life.first_day, life.row.cycle, last_day)

    def _priced(self, life: Life, addons: Sequence[AddonRow], told: Told, made: Due) -> None:
        """Add the price of each cycle that begins, and the add-ons that go with it."""
        faults = set()
        segments = self._segments(life)
        for number, segment in enumerate(segments):
            last = number == len(segments) - 1
            for period in self._begun(life, segment, is_last=last):
                price = None if segment.cycle is None else segment.plan.prices[segment.cycle]
                if price is None or segment.cycle is None or price < 0:
                    faults.add("price_missing_for_cycle" if price is None else "price_negative")
                    continue
                made.lines.append(self._line(life, FLAT, period, price, Decimal(1), segment.plan))
                months = CYCLE_MONTHS[segment.cycle]
                faults |= self._extras(life, addons, (period, months, segment.plan), told, made)
        made.unpriced.update(faults)

    def _begun(self, life: Life, segment: Segment, *, is_last: bool) -> Iterator[BillingPeriod]:
        begins = self._moment(segment.first_day)
        ends = life.ends if is_last else self._moment(segment.last_day or segment.first_day)
        for period in self._periods(segment.anchor, segment.cycle or life.row.cycle):
            if period.start >= begins and (ends is None or period.start < ends):
                yield period

    def _extras(
        self,
        life: Life,
        addons: Sequence[AddonRow],
        of: tuple[BillingPeriod, int, PlanRow],
        told: Told,
        made: Due,
    ) -> set[str]:
        """Add the add-ons of a period; of a subscription that ended, those that were billed."""
        period, months, plan = of
        faults = set()
        for addon in addons:
            if fault := _addon_fault(addon):
                faults.add(fault)
                continue
            name, price = str(addon.name), cast(Decimal, addon.price)
            key = (life.row.subscription_id, f"addon:{addon_key(name)}", self._day(period.start))
            if life.ends is not None and key not in told.billed:
                faults.add("addon_after_the_end")
                continue
            item = addon_item(name)
            made.lines.append(self._line(life, item, period, price * months, Decimal(1), plan))
        return faults

    def _usage_of(
        self, lives: Sequence[Life], usage: Iterable[UsageRow], unpriced: Counter[str]
    ) -> dict[str, list[UsageRow]]:
        """Give each record to the subscription that was there when it began."""
        found: dict[str, list[UsageRow]] = defaultdict(list)
        strays = set()
        for record in usage:
            there = [life for life in lives if life.holds(record.start)]
            newest = max(
                there, key=lambda life: (life.starts, life.row.subscription_id), default=None
            )
            if newest is None:
                if self._is_asked(record.start):
                    strays.add("usage_without_subscription")
            # On the day of a change the old one is there too.
            elif any(not _gave_way(life, newest) for life in there if life is not newest):
                strays.add("subscription_live_twice")
            else:
                found[newest.row.subscription_id].append(record)
        unpriced.update(strays)
        return found

    def _metered(self, life: Life, records: Sequence[UsageRow], told: Told, made: Due) -> None:
        """Add the usage of the months that are over, rated by the plan at each one's end."""
        months = self._periods(life.first_day, "monthly")
        starts = [month.start for month in months]
        sums: dict[int, Decimal] = defaultdict(Decimal)
        for record in records:
            number = bisect_right(starts, record.start) - 1
            if number >= 0 and record.start < months[number].end:
                sums[number] += record.seconds
        faults = set()
        for number, seconds in sorted(sums.items()):
            month = months[number]
            if life.ends is not None and life.ends < month.end:
                # Of a month that was cut short the invoice decides.
                named = (life.row.subscription_id, USAGE, self._day(month.start))
                if named not in told.billed:
                    faults.add("usage_of_a_month_cut_short")
                    continue
            elif month.end > self._as_of:
                continue
            plan = life.changes.plan_on(self._day(month.end) - timedelta(days=1))
            amount = _rated(plan, seconds)
            if amount is None:
                faults.add("quota_missing" if plan.quota is None else "rate_not_positive")
                continue
            made.lines.append(self._line(life, USAGE, month, amount, seconds, plan))
        made.unpriced.update(faults)

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
            service=self._service,
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
        return self._since <= moment < self._until

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone).astimezone(UTC)


def _periods(
    first_day: date, cycle: str, *, since: datetime, until: datetime, zone: ZoneInfo
) -> tuple[BillingPeriod, ...]:
    return tuple(periods_starting(since, until, first_day, cast(Cycle, cycle), zone))


def _end(row: SubscriptionRow, deployment: DeploymentRows) -> tuple[datetime | None, str]:
    """Say when a subscription ended (None: it goes on), or why nobody can.

    Nothing is left to bill once the deployment is gone. An end without a date is that of the last
    period that the row names.
    """
    has_ended = row.status in ENDED_STATUSES
    if not (has_ended or deployment.is_deleted):
        return None, "" if row.status in LIVE_STATUSES else "status_unknown"
    told = [deployment.deleted_at] if deployment.is_deleted else []
    told += [row.canceled_at] if has_ended else []
    end = min(filter(None, told), default=row.period_end)
    return end, "" if end else "end_unknown"


def _fault(row: SubscriptionRow, plans: Mapping[str, PlanRow]) -> str:
    """Name what keeps a subscription from being priced at all; empty: nothing does."""
    if row.customer is None:
        return "subscriber_unknown"
    if row.cycle not in CYCLE_MONTHS:
        return "cycle_unknown"
    plan = plans.get(row.plan_id or "")
    if plan is None:
        return "plan_unknown"
    return "" if plan.currency else "currency_unknown"


def _addon_fault(addon: AddonRow) -> str:
    if not (addon.name and addon.name.strip()):
        return "addon_name_missing"
    if addon.price is None:
        return "addon_price_missing"
    return "addon_price_negative" if addon.price < 0 else ""


def _gave_way(old: Life, new: Life) -> bool:
    """Whether one ended on the day on which the other began."""
    return old.ends is not None and old.ends < new.starts + timedelta(days=1)


def _rated(plan: PlanRow, seconds: Decimal) -> Decimal | None:
    """Price a month's CPU seconds; None if the plan has no quota or no price to do it by."""
    if plan.quota is None or plan.quota < 0 or plan.rate is None or plan.rate < 0:
        return None
    charge = RatedCharge(
        "standard",
        price_per_unit=plan.rate,
        included_quota=plan.quota,
        unit_batch=SECONDS_PER_CORE_HOUR,
    )
    return rate(charge, whole_microseconds(seconds)).amount

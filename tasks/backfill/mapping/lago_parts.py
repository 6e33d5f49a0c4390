"""When a subscription is billed, and what of it Odoo bills otherwise than Lago in a part.

Odoo prices the plan's price by days, and every other line whole. So does Lago, but for what is
prorated, for a percentage, and for what was paid ahead of an end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tasks.backfill.mapping.lago_plans import usage_cycle
from tasks.model.lago import LagoCoupon, LagoPlan, LagoSubscription, trial_end
from tasks.model.lago_periods import BILLING_TIMES, INTERVALS, Period, Rhythm, days_billed, prorated
from tasks.model.lago_support import kept_out
from tasks.model.money import minor_digits


@dataclass(frozen=True, slots=True)
class Span:
    """When a subscription is there, in days of the zone that Lago bills it in.

    Attributes:
        zone: That zone.
        rhythm: How its periods follow each other.
        today: Day on which Lago was read.
        started_on: Its first day.
        ends_on: The first day after its last one; None: no end is agreed.
        trial_ends_on: The first day with a price; None: it has no trial.
    """

    zone: ZoneInfo
    rhythm: Rhythm
    today: date
    started_on: date
    ends_on: date | None
    trial_ends_on: date | None

    @property
    def running(self) -> Period:
        """The period that runs."""
        return self.rhythm.period_at(self.today)

    @property
    def is_in_trial(self) -> bool:
        """Whether the price has not begun."""
        return self.ends_trial_after(self.today)

    def ends_trial_after(self, day: date) -> bool:
        """Whether the price begins later than on a day."""
        return self.trial_ends_on is not None and self.trial_ends_on > day

    def unbilled(self, sold: LagoPlan) -> Period:
        """Give the days whose price is due next: they begin where what is due now ends.

        Ahead it is due on the first of them, in arrears on the day after the last. A trial is
        free: ahead the price begins on the day after it, within a period or not; in arrears
        periods that cost nothing are left out where nothing else is due with them.
        """
        running, priced_on = self.running, self.trial_ends_on
        last = self.ends_on or date.max
        if priced_on is not None and self.today < priced_on < last:
            if sold.is_in_advance:
                return Period(priced_on, self.rhythm.period_at(priced_on).end)
            if not sold.charges and not sold.fixed_charges:
                running = self.rhythm.period_at(priced_on)
        elif sold.is_in_advance:
            return self.rhythm.after(running)
        return Period(max(running.start, self.started_on), running.end)

    @property
    def ends_in_part(self) -> bool:
        """Whether its agreed end is none of a period."""
        if self.ends_on is None:
            return False
        return self.rhythm.period_at(self.ends_on - timedelta(days=1)).end != self.ends_on


def span_of(
    subscription: LagoSubscription,
    sold: LagoPlan,
    zone_name: str,
    read_at: datetime,
    first_started_at: datetime | None,
) -> Span:
    """Say when a subscription is there.

    Args:
        subscription: A live one.
        sold: What it is billed by.
        zone_name: Of the zone in which Lago bills it.
        read_at: When Lago was read.
        first_started_at: When its customer first had the external id; None: with this one.

    Raises:
        RecordError: It has no start, or its periods or its zone are none that Lago knows.
    """
    key, subject = subscription.lago_id, f"Subscription {subscription.external_id}."
    if subscription.started_at is None:
        raise kept_out(key, "start_missing", subject)
    if subscription.billing_time not in BILLING_TIMES or sold.interval not in INTERVALS:
        raise kept_out(key, "period_unreadable", subject)
    try:
        zone = ZoneInfo(zone_name)
    except (KeyError, ValueError, OSError):
        raise kept_out(key, "period_unreadable", f"{subject[:-1]}, zone {zone_name}.") from None

    def day_of(moment: datetime) -> date:
        return moment.astimezone(zone).date()

    started_on = day_of(subscription.started_at)
    anchor = day_of(subscription.anchor_at or subscription.started_at)
    over, ending = trial_end(subscription, sold, first_started_at), subscription.ending_at
    return Span(
        zone,
        Rhythm(sold.interval, subscription.billing_time, anchor),
        max(started_on, day_of(read_at)),
        started_on,
        # Lago bills the last day too.
        day_of(ending) + timedelta(days=1) if ending else None,
        day_of(over) if over else None,
    )


def usage_rhythm(sold: LagoPlan, span: Span) -> Rhythm:
    """Say how the periods follow each other by which Odoo counts usage."""
    rhythm = span.rhythm
    return Rhythm(usage_cycle(sold) or "monthly", rhythm.billing_time, rhythm.anchor)


def lines_differ(
    sold: LagoPlan, price: Decimal, fixed: Decimal, coupons: Sequence[LagoCoupon], span: Span
) -> bool:
    """Say whether Lago bills fixed charges or coupons otherwise than Odoo's whole lines.

    Args:
        sold: The plan as Lago has it.
        price: Its price.
        fixed: What its fixed charges cost in a whole period.
        coupons: Those of the subscription.
        span: When it is there.
    """
    charged = [each for each in sold.fixed_charges if each.units]
    if not charged and not coupons:
        return False
    if span.is_in_trial:
        # Its end is billed by itself.
        return True
    prorates = any(each.is_prorated for each in charged)
    if span.ends_in_part and (coupons or prorates or (charged and sold.is_in_advance)):
        return True
    running = span.running
    if sold.is_in_advance:
        return False
    if prorates and span.started_on > running.start:
        return True
    days = days_billed(running, span.started_on, trial_ends_on=span.trial_ends_on)
    if not coupons or days == running.days:
        return False
    due = prorated(price, days, running.days, minor_digits(sold.currency)) + fixed
    taken = sum((each.amount or Decimal(0) for each in coupons), Decimal(0))
    return taken > due or any(each.percent is not None for each in coupons)


def minimum_differs(sold: LagoPlan, span: Span) -> bool:
    """Say whether a charge's minimum is due for a part of its running or of its last period."""
    if not any(charge.minimum for charge in sold.charges):
        return False
    days = [span.today]
    if span.ends_on is not None:
        days.append(span.ends_on - timedelta(days=1))
    periods = map(usage_rhythm(sold, span).period_at, days)
    return any(days_billed(each, span.started_on, span.ends_on) != each.days for each in periods)

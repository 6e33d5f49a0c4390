"""What of an order's lines Odoo bills otherwise than Lago where a period is billed in part.

Odoo prices the plan's price by days, and every other line whole. So does Lago, but for what is
prorated, for a percentage, and for what was paid ahead of an end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tasks.backfill.mapping.lago_plans import usage_cycle
from tasks.model.lago import LagoCoupon, LagoPlan
from tasks.model.lago_periods import Period, Rhythm, days_billed, prorated
from tasks.model.lago_units import digits_of


@dataclass(frozen=True, slots=True)
class Span:
    """When a subscription is there, in days of the zone that Lago bills it in.

    Attributes:
        rhythm: How its periods follow each other.
        today: Day on which Lago was read.
        started_on: Its first day.
        ends_on: The first day after its last one; None: no end is agreed.
        trial_ends_on: The first day with a price; None: it has no trial.
    """

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
        return self.trial_ends_on is not None and self.today < self.trial_ends_on

    @property
    def ends_in_part(self) -> bool:
        """Whether its agreed end is none of a period."""
        if self.ends_on is None:
            return False
        return self.rhythm.period_at(self.ends_on - timedelta(days=1)).end != self.ends_on


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
    due = prorated(price, days, running.days, digits_of(sold.currency)) + fixed
    taken = sum((each.amount or Decimal(0) for each in coupons), Decimal(0))
    return taken > due or any(each.percent is not None for each in coupons)


def minimum_differs(sold: LagoPlan, span: Span) -> bool:
    """Say whether a charge's minimum is due for a part of its running or of its last period."""
    if not any(charge.minimum for charge in sold.charges):
        return False
    rhythm = span.rhythm
    metered = Rhythm(usage_cycle(sold) or "monthly", rhythm.billing_time, rhythm.anchor)
    days = [span.today]
    if span.ends_on is not None:
        days.append(span.ends_on - timedelta(days=1))
    periods = map(metered.period_at, days)
    return any(days_billed(each, span.started_on, span.ends_on) != each.days for each in periods)

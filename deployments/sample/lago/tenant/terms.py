"""What a tenant sells and to whom: the input of the biller, and what Lago's objects are made from.

Money is in the currency's major unit, days and units are exact; moments are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """What a filter or a group prices: values of an event's properties, price, units a period.

    A filter's value may be a list of values. ``properties`` None: the charge's own. ``units``
    repeat, period by period.
    """

    values: Json
    units: tuple[int, ...]
    properties: Json | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """A metered price; ``units`` are used in each period, again and again in this order.

    ``more`` are fields of Lago's object to set as they are. ``rate`` is what one pricing unit is
    worth. ``tens``: the metric rounds its units up to tens.
    """

    metric: str
    model: str
    properties: Json
    units: tuple[int, ...] = (120, 340, 75)
    code: str = ""
    minimum: Decimal = ZERO
    filters: tuple[Part, ...] = ()
    groups: tuple[Part, ...] = ()
    rate: Decimal = Decimal(1)
    tens: bool = False
    taxes: tuple[str, ...] = ()
    more: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FixedCharge:
    """So many units of an add-on in every period."""

    code: str
    units: int
    properties: Json
    model: str = "standard"
    in_advance: bool = True
    more: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan, with Lago's defaults: by the month, due when the period is over."""

    code: str
    price: Decimal
    interval: str = "monthly"
    in_advance: bool = False
    currency: str = "CAD"
    charges: tuple[Charge, ...] = ()
    fixed: tuple[FixedCharge, ...] = ()
    charges_monthly: bool = False
    trial_days: int = 0
    commitment: Decimal = ZERO
    thresholds: tuple[Decimal, ...] = ()
    taxes: tuple[str, ...] = ()
    more: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Coupon:
    """What is taken off before tax: an ``amount``, or ``percent`` of the fees.

    ``frequency`` is once, recurring (``times``) or forever; it counts from ``since``.
    """

    code: str
    amount: Decimal = ZERO
    percent: Decimal = ZERO
    frequency: str = "forever"
    times: int = 0
    since: date = date(2026, 1, 1)
    currency: str = "CAD"
    plans: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    applied: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wallet:
    """Prepaid credits that are left: bought ones and given ones."""

    paid: Decimal = ZERO
    granted: Decimal = ZERO
    more: Json = field(default_factory=dict)
    top_up_below: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Contract:
    """A customer with a subscription; with Lago's defaults: calendar periods in UTC.

    ``customer`` and ``subscription`` are fields of Lago's objects to set as they are.
    ``anchor_at`` is ``subscription_at`` (None: as ``started_at``). ``own`` is the plan that was
    agreed for this subscription alone. ``credit_note`` is what one gave back and is still owed,
    before tax. Of an earlier plan ``later`` begins where it ended.
    """

    key: str
    plan: Plan
    started_at: datetime
    billing_time: str = "calendar"
    zone: str = "UTC"
    anchor_at: datetime | None = None
    ending_at: datetime | None = None
    ended_at: datetime | None = None
    status: str = "active"
    taxes: tuple[str, ...] = ()
    coupons: tuple[Coupon, ...] = ()
    wallets: tuple[Wallet, ...] = ()
    credit_note: Decimal = ZERO
    own: Plan | None = None
    customer: Json = field(default_factory=dict)
    subscription: Json = field(default_factory=dict)

    @property
    def sold(self) -> Plan:
        """The plan that is billed."""
        return self.own or self.plan

    @property
    def first_day(self) -> date:
        """The day on which it began, where it is billed."""
        return self.day_of(self.started_at)

    @property
    def anchor(self) -> date:
        """The day that its periods count from."""
        return self.day_of(self.anchor_at or self.started_at)

    @property
    def last_day(self) -> date | None:
        """The first day on which nothing is due any more; None if no end is known."""
        end = self.ended_at or self.ending_at
        return self.day_of(end) + timedelta(days=1) if end else None

    def day_of(self, moment: datetime) -> date:
        """Give the day of a moment in the zone that bills."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

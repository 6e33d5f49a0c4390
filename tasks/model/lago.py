"""What Lago says, as records: money in the major unit, moments in UTC, half-open periods.

``service`` is the code of Lago's billing entity: one Lago bills for several services, and each
has a billing entity of its own, of the same code as in Odoo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tasks.model.lago_units import NO_VALUES


@dataclass(frozen=True, slots=True)
class LagoCustomer:
    """Whom Lago bills; ``name`` is the company's where there is one.

    ``email`` may be several, separated by commas. ``provider_reference`` is what the payment
    ``provider`` (None: none, or Lago does not say) calls them. ``zone`` is the one that Lago
    bills in: theirs, else the organization's. ``payment_term_days`` and ``language`` None are the
    billing entity's. ``is_taxed_elsewhere``: a tax service decides, not Lago's codes. ``unknown``
    are fields that might change an amount and that nobody here knows; ``in_app`` names constructs
    of theirs that are not copied. ``fault`` says why the row cannot be read (None: it can); all
    but its names is then empty, here and in the other records that have one.
    """

    external_id: str
    service: str
    name: str | None
    person: str | None
    company: str | None
    email: str | None
    phone: str | None
    street: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country_code: str | None
    currency: str | None
    created_at: datetime
    provider: str | None = None
    provider_reference: str | None = None
    is_partner: bool = False
    zone: str | None = None
    language: str | None = None
    payment_term_days: int | None = None
    vat: str | None = None
    tax_codes: tuple[str, ...] = ()
    is_taxed_elsewhere: bool = False
    unknown: tuple[str, ...] = ()
    in_app: tuple[str, ...] = ()
    fault: str | None = None

    @property
    def emails(self) -> tuple[str, ...]:
        """Their addresses, as they are written."""
        parts = (part.strip() for part in (self.email or "").split(","))
        return tuple(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class LagoMetric:
    """What is counted; ``aggregation`` is Lago's word, like ``sum_agg``.

    ``field_name`` is the property of an event that holds its quantity. ``is_recurring``: the
    quantity stays from period to period. ``rounding`` (to
    ``rounding_digits`` decimals) and ``expression`` are None if there is none.
    ``filters`` are the values of properties that charges may price apart.
    """

    code: str
    name: str
    aggregation: str
    field_name: str | None = None
    is_recurring: bool = False
    rounding: str | None = None
    rounding_digits: int = 0
    expression: str | None = None
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NO_VALUES)
    unknown: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class LagoFilter:
    """Prices for some of a charge's usage; ``values`` of an event's properties, any of each."""

    values: Mapping[str, tuple[str, ...]]
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LagoCharge:
    """What a plan charges for a metric; ``properties`` are Lago's own, prices as texts.

    ``code`` tells charges of one metric apart. ``minimum`` is of a whole period.
    ``conversion`` is the rate of the pricing unit that prices are in (None: the currency).
    ``is_of_target_wallet``: its events name the wallet that pays them.
    """

    metric: str
    model: str
    properties: Mapping[str, Any]
    minimum: Decimal
    is_prorated: bool
    is_in_advance: bool
    lago_id: str = ""
    code: str = ""
    is_invoiceable: bool = True
    filters: tuple[LagoFilter, ...] = ()
    tax_codes: tuple[str, ...] = ()
    conversion: Decimal | None = None
    is_of_target_wallet: bool = False
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LagoFixedCharge:
    """A quantity that a plan bills in every period, of an add-on."""

    code: str
    add_on: str
    name: str
    model: str
    properties: Mapping[str, Any]
    units: Decimal
    is_in_advance: bool
    is_prorated: bool = False
    tax_codes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LagoPlan:
    """A plan of one interval; ``price`` is due once in each.

    ``price`` None: it has none. ``commitment`` is the least that a period costs (None: no such
    rule), ``commitment_name`` what invoices call it. ``fault`` says why the plan cannot be read;
    all but its names is then empty.
    """

    lago_id: str
    code: str
    name: str
    interval: str
    price: Decimal | None
    currency: str
    charges: tuple[LagoCharge, ...] = ()
    is_in_advance: bool = False
    trial_days: Decimal = Decimal(0)
    charges_monthly: bool = False
    fixed_charges_monthly: bool = False
    fixed_charges: tuple[LagoFixedCharge, ...] = ()
    commitment: Decimal | None = None
    commitment_name: str = "Minimum commitment"
    commitment_tax_codes: tuple[str, ...] = ()
    tax_codes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    in_app: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class LagoSubscription:
    """A subscription; its ``external_id`` may have had others before it.

    ``anchor_at`` is the moment that its periods count from, also after an upgrade. ``ending_at``
    is agreed beforehand, ``ended_at`` is when it was over. ``next_plan_code``: a downgrade that
    waits for the period's end. ``trial_ended_at``: its trial was over by then, whatever its plan
    says now. ``is_credited_at_end``: what was paid ahead for days after its end is given back;
    ``is_billed_at_end``: what is due in arrears until then is billed.
    """

    lago_id: str
    external_id: str
    customer: str
    name: str | None
    plan_code: str
    price: Decimal | None
    status: str
    billing_time: str
    started_at: datetime | None
    ended_at: datetime | None
    service: str | None = None
    anchor_at: datetime | None = None
    ending_at: datetime | None = None
    previous_plan_code: str | None = None
    next_plan_code: str | None = None
    is_credited_at_end: bool = True
    is_billed_at_end: bool = True
    trial_ended_at: datetime | None = None
    unknown: tuple[str, ...] = ()
    in_app: tuple[str, ...] = ()
    fault: str | None = None


def first_starts(
    subscriptions: Iterable[LagoSubscription],
) -> dict[tuple[str, str], datetime]:
    """Give when a customer first had each external id: who comes back has no second trial."""
    first: dict[tuple[str, str], datetime] = {}
    for each in subscriptions:
        if each.started_at is not None:
            name = each.customer, each.external_id
            first[name] = min(each.started_at, first.get(name, each.started_at))
    return first


def trial_end(
    subscription: LagoSubscription, plan: LagoPlan, first_start: datetime | None
) -> datetime | None:
    """Give the moment at which a subscription's trial is over; None: it has none.

    It counts from the first that had the external id, also after an upgrade, and is over when
    Lago says so, whatever the plan says since.

    Args:
        subscription: One that has begun.
        plan: What it is billed by.
        first_start: When its customer first had the external id; None: with this one.
    """
    begin = first_start or subscription.started_at
    if begin is None or not plan.trial_days:
        return None
    if subscription.previous_plan_code and subscription.anchor_at:
        begin = min(begin, subscription.anchor_at)
    over = begin + timedelta(days=float(plan.trial_days))
    return min(over, subscription.trial_ended_at or over)


@dataclass(frozen=True, slots=True)
class LagoCoupon:
    """A coupon as it was applied to a customer.

    Either ``amount`` or ``percent`` is set. ``frequency`` is ``once``, ``recurring`` or
    ``forever``; ``remaining`` is how many invoices it still lowers (None: it does not count).
    ``plans`` and ``metrics`` are those that it is for (empty: all), None if Lago does not show.
    ``credits`` is what it took off invoices, by their Lago id.
    """

    lago_id: str
    code: str
    name: str
    customer: str
    status: str
    amount: Decimal | None
    currency: str | None
    percent: Decimal | None
    frequency: str
    remaining: int | None
    expires_at: datetime | None = None
    plans: tuple[str, ...] | None = ()
    metrics: tuple[str, ...] | None = ()
    credits: Mapping[str, Decimal] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class LagoTax:
    """A tax; its rate is in what it is mapped to. ``is_default``: who has no other pays it."""

    code: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class LagoEntity:
    """A billing entity, whose words count where a customer has none of their own.

    ``tax_codes`` None: Lago does not say, and its default taxes count.
    """

    code: str
    zone: str | None
    language: str | None
    payment_term_days: int | None
    tax_codes: tuple[str, ...] | None = None
    in_app: tuple[str, ...] = ()

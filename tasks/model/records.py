"""The records that travel between the steps: frozen, typed, without behaviour of I/O.

Money, prices and rates are ``Decimal`` in the currency's major unit (0.0075 = three
quarters of a cent); ``None`` always means "not there", never zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from tasks.model.rating.charge import Tier

BillingTime = Literal["anniversary", "calendar"]


class Outcome(StrEnum):
    """What became of a source row; each row ends in exactly one."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_SELECTED = "not_selected"


class Severity(StrEnum):
    """How much a broken quality rule weighs."""

    CRITICAL_RUN = "critical_run"
    CRITICAL_ROW = "critical_row"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Terms:
    """What else decides the price of a charge; the fields mean what ``RatedCharge`` says."""

    block_rating: str = "fractional"
    flat_amount: Decimal = Decimal(0)
    flat_at_zero: bool = False
    minimum_amount: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    fixed_amount: Decimal = Decimal(0)
    free_events: int = 0
    transaction_min: Decimal | None = None
    transaction_max: Decimal | None = None
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """A metered price of a plan.

    ``included_quota`` is in the metric's unit (seconds for ``cpu_seconds``);
    ``price_per_unit`` is the price of ``unit_batch`` of them (3600 = per core-hour).
    ``terms`` is None where the source does not speak of any: Odoo's then stay as they are.
    ``external_id`` is the charge's own key, needed where several of a plan price one metric
    (None: the metric is the key). ``group`` holds the values of an event's properties that
    it prices (empty: whatever they are), which the usage carries too. ``tax_codes``: see
    ``Customer``.
    """

    metric: str
    included_quota: Decimal
    unit_batch: int
    price_per_unit: Decimal
    charge_model: str
    currency: str
    terms: Terms | None = None
    external_id: str | None = None
    group: dict[str, str] = field(default_factory=dict)
    tax_codes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Minimum:
    """The least that a whole period of a plan costs before tax and coupons, with all its usage.

    What is missing is due when the period is over, of a part of it by days; ``name`` is what an
    invoice calls it. ``tax_codes``: see ``Customer``.
    """

    amount: Decimal
    name: str
    tax_codes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A sellable plan; ``flat_prices`` maps a billing cycle to the price of one cycle.

    Cycles are ``weekly``, ``monthly``, ``quarterly``, ``semiannual`` and ``yearly``. ``minimum``
    None: its periods may cost anything.
    """

    external_id: str
    code: str
    name: str
    currency: str
    flat_prices: dict[str, Decimal]
    charges: tuple[Charge, ...]
    active: bool
    minimum: Minimum | None = None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What an order bills in every period beside its plan's flat price.

    ``external_id`` is unique within the order. ``item`` is its name in all ledgers:
    ``addon:<name>``, ``fixed:<code>``, ``discount:<code>``. ``kind`` is ``addon``,
    ``fixed_charge`` or ``discount``. ``price`` is of one unit for one cycle of the order, before
    tax, in the order's currency; below 0 for a discount alone. ``ends_on`` is the first day on
    which it is no longer billed (None: it has no end).
    """

    external_id: str
    item: str
    kind: str
    name: str
    quantity: Decimal
    price: Decimal
    ends_on: date | None = None
    tax_codes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One shadow order: a deployment with its live subscription.

    ``external_id`` is the deployment's id. ``price`` is the plan's flat price for ``cycle``.
    Dates are half-open: ``period_end`` is the first day that is not part of the period.

    Periods count from ``anchor_on`` (None: from ``started_on``), or are those of the calendar,
    whose first is a part, where ``billing_time`` is ``calendar``; they begin at midnight in
    ``timezone`` (None: the company's). The flat price is due when a period begins, or, not
    ``in_advance``, when it is over. ``ends_on`` and ``trial_ends_on`` are the first days after
    the end and after the trial (None: there is none). ``usage_cycle`` is the cycle by whose
    periods usage is rated (None: by the month).
    """

    external_id: str
    subscription_id: str
    deployment_id: str
    plan_id: str
    plan_code: str
    name: str
    cycle: str
    price: Decimal
    currency: str
    started_on: date
    period_start: date | None
    period_end: date | None
    lines: tuple[OrderLine, ...] = ()
    billing_time: BillingTime = "anniversary"
    anchor_on: date | None = None
    in_advance: bool = True
    ends_on: date | None = None
    trial_ends_on: date | None = None
    timezone: str | None = None
    tax_codes: tuple[str, ...] | None = None
    usage_cycle: str | None = None


@dataclass(frozen=True, slots=True)
class OpeningCredit:
    """What the old side still owes to a customer; a posting in Odoo only at the switch.

    ``kind`` is ``wallet_paid``, ``wallet_granted`` or ``credit_note``. ``amount`` is above 0.
    """

    external_id: str
    customer: str
    kind: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Customer:
    """A paying account of the service and the orders that are theirs.

    ``emails`` are all of theirs; the contact is found by ``email``, the first (empty: there is
    no other). ``payment_term_days`` None, like any other None, leaves Odoo's own. ``tax_codes``
    are the source's names of taxes, which finance maps to Odoo's, here and of orders, lines and
    charges: None says nothing about tax, empty says that there is none, and the most specific
    one counts. ``payment_provider`` is who charges the customer, other than Stripe, and
    ``payment_reference`` what they are called there.
    """

    external_id: str
    name: str
    email: str | None
    company_name: str | None
    phone: str | None
    street: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country_code: str | None
    stripe_customer_id: str | None
    active: bool
    created_at: datetime | None
    orders: tuple[Order, ...] = ()
    emails: tuple[str, ...] = ()
    language: str | None = None
    payment_term_days: int | None = None
    vat: str | None = None
    tax_codes: tuple[str, ...] | None = None
    payment_provider: str | None = None
    payment_reference: str | None = None
    opening_credits: tuple[OpeningCredit, ...] = ()


@dataclass(frozen=True, slots=True)
class EndedOrder:
    """An order that an earlier run may have copied and that has nothing left to bill.

    ``ended_at`` is None where the source does not say since when.
    """

    external_id: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """What one call of the load endpoint carries; it needs nothing outside itself."""

    key: str
    plans: tuple[Plan, ...]
    customers: tuple[Customer, ...]
    ended: tuple[EndedOrder, ...] = ()

    @property
    def rows(self) -> int:
        """Customers and orders in it (its plans ride along)."""
        return sum(1 + len(customer.orders) for customer in self.customers)


@dataclass(frozen=True, slots=True)
class LoadedRow:
    """Odoo's answer for one record: ``entity`` is ``plan``, ``customer`` or ``order``."""

    entity: str
    external_id: str
    outcome: Outcome
    odoo_id: int | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule on one source row (``key`` is None when a whole table broke it)."""

    table: str
    key: str | None
    rule: str
    severity: Severity
    sentence: str
    observed: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RuleStat:
    """How one rule fared over one table."""

    suite: str
    rule: str
    sentence: str
    severity: Severity
    remedy: str
    checked: int
    failed: int


@dataclass(frozen=True, slots=True)
class Mapped:
    """Customers with their orders, plans by external id, rows that would not map, ended orders."""

    customers: tuple[Customer, ...]
    plans: dict[str, Plan]
    findings: tuple[Finding, ...]
    ended: tuple[EndedOrder, ...] = ()

    @property
    def orders(self) -> tuple[Order, ...]:
        """Every order of every customer."""
        return tuple(order for customer in self.customers for order in customer.orders)

    @property
    def rows(self) -> int:
        """Customers and orders."""
        return len(self.customers) + len(self.orders)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """The one line that answers "what became of this source row?".

    ``part_of`` is the external id of the order that the row is a part of, if it is one: whoever
    has that order lacks something when the row is kept out. ``customer`` is the external id of
    the customer whose row it is; None where it is nobody's, like a plan's.
    """

    table: str
    source_id: str
    outcome: Outcome
    label: str = ""
    odoo_model: str | None = None
    odoo_id: int | None = None
    code: str | None = None
    reason: str | None = None
    remedy: str | None = None
    part_of: str | None = None
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """One control total on both sides, before tax, in the currency's major unit."""

    label: str
    currency: str
    source: Decimal
    odoo: Decimal | None

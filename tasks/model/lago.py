"""What Lago says, as records: money in the major unit, moments in UTC, half-open periods.

``service`` is the code of Lago's billing entity: one Lago bills for several services, and each
has a billing entity of its own, of the same code as in Odoo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

#: Subunits of the currencies that do not have 100.
_SUBUNITS = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"], 1),
    **dict.fromkeys(["UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 1),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 1000),
}
#: Lago's metric -> ours, and how many of our units one of Lago's is.
METRICS = {"cpu_core_hours": ("cpu_seconds", Decimal(3600))}
FINALIZED, DRAFT, VOIDED = "finalized", "draft", "voided"


def major(subunits: int, currency: str) -> Decimal:
    """Give an amount of subunits ("cents") in the currency's major unit.

    >>> major(313, "CAD"), major(9800, "JPY"), major(1500, "KWD")
    (Decimal('3.13'), Decimal('9800'), Decimal('1.5'))
    """
    return Decimal(subunits) / _SUBUNITS.get(currency, 100)


def metric_of(code: str, units: Decimal) -> tuple[str, Decimal]:
    """Name a metric as the ledger does, with the units in the ledger's unit."""
    ours, factor = METRICS.get(code, (code, Decimal(1)))
    return ours, units * factor


@dataclass(frozen=True, slots=True)
class LagoCustomer:
    """Whom Lago bills; ``name`` is the company's where there is one."""

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
    stripe_customer_id: str | None
    currency: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LagoMetric:
    """What is counted; ``aggregation`` is Lago's word, like ``sum_agg``.

    ``field_name`` is the property of an event that holds its quantity.
    """

    code: str
    name: str
    aggregation: str
    field_name: str | None = None


@dataclass(frozen=True, slots=True)
class LagoCharge:
    """What a plan charges for a metric; ``properties`` are Lago's own, prices as texts."""

    metric: str
    model: str
    properties: Mapping[str, Any]
    minimum: Decimal
    is_prorated: bool
    is_in_advance: bool
    filters: int


@dataclass(frozen=True, slots=True)
class LagoPlan:
    """A plan; ``parent`` is set if it belongs to one subscription alone (an override)."""

    lago_id: str
    code: str
    name: str
    interval: str
    price: Decimal
    currency: str
    charges: tuple[LagoCharge, ...]
    trial_days: Decimal
    has_commitment: bool


@dataclass(frozen=True, slots=True)
class LagoSubscription:
    """A subscription; its ``external_id`` may have had others before it."""

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


@dataclass(frozen=True, slots=True)
class LagoInvoice:
    """An invoice without its fees; ``fees`` is what they add up to, before coupons and tax."""

    lago_id: str
    number: str
    customer: str
    service: str
    status: str
    kind: str
    currency: str
    issued_on: date
    fees: Decimal
    coupons: Decimal
    progressive_credit: Decimal


@dataclass(frozen=True, slots=True)
class LagoFee:
    """One amount, rounded to subunits by Lago; ``invoice`` is None while it is loose.

    ``kind`` is the item's type (charge, subscription, add_on, credit, commitment, ...), ``code``
    and ``name`` the item's. ``true_up_of`` names the fee that it lifts to a minimum.
    ``has_null_group``: the vendor's own models cannot read it.
    """

    lago_id: str
    invoice: str | None
    customer: str
    subscription: str
    kind: str
    code: str
    name: str
    charge: str | None
    true_up_of: str | None
    amount: Decimal
    currency: str
    units: Decimal
    tax_rate: Decimal | None
    start: datetime
    end: datetime
    has_null_group: bool


@dataclass(frozen=True, slots=True)
class LagoCreditNote:
    """An amount given back, before tax; ``invoice`` is the id of the one that it corrects."""

    number: str
    customer: str
    service: str
    reason: str
    amount: Decimal
    currency: str
    issued_on: date
    invoice: str | None = None


@dataclass(frozen=True, slots=True)
class LagoBilling:
    """Everything billed, proven to be whole: each finalized invoice is the sum of its fees.

    ``services`` gives the service of each customer; ``notes`` say in words what was noticed
    and got over while reading.
    """

    invoices: tuple[LagoInvoice, ...]
    fees: tuple[LagoFee, ...]
    credit_notes: tuple[LagoCreditNote, ...]
    services: Mapping[str, str]
    notes: tuple[str, ...]
    version: str = ""

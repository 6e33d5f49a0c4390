"""The sample's rows, one class a table, and their text as PostgreSQL's COPY wants it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from random import Random
from typing import Any

LIVE_STATUSES = frozenset({"active", "trialing", "past_due"})
HOUSE_RATE = Decimal("0.0075")
SECONDS_PER_HOUR = 3600


@dataclass(slots=True)
class User:
    """A customer of NexaCloud."""

    id: str
    email: str | None
    full_name: str | None
    company_name: str | None
    phone: str | None
    street: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country_code: str | None
    stripe_customer_id: str | None
    is_active: bool
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Plan:
    """A plan; a price of None means that this cycle is not sold."""

    id: str
    code: str
    name: str
    currency: str
    price_monthly: Decimal | None
    price_yearly: Decimal | None
    cpu_seconds_quota: Decimal | None
    cpu_rate_per_core_hour: Decimal | None
    is_active: bool
    updated_at: datetime

    def price_for(self, cycle: str) -> Decimal | None:
        """The price of one cycle; None when the plan is not sold for it."""
        return {"monthly": self.price_monthly, "yearly": self.price_yearly}.get(cycle)

    @property
    def hour_rate(self) -> Decimal:
        """The price of a core-hour beyond the quota; the house's where it has none of its own."""
        rate = self.cpu_rate_per_core_hour
        return HOUSE_RATE if rate is None else rate

    @property
    def included_hours(self) -> Decimal:
        """The quota in core-hours; nothing where there is none."""
        return (self.cpu_seconds_quota or Decimal(0)) / SECONDS_PER_HOUR


@dataclass(slots=True)
class Deployment:
    """A customer's running (or deleted) service."""

    id: str
    user_id: str | None
    name: str
    region: str
    status: str
    created_at: datetime
    deleted_at: datetime | None

    @property
    def deleted(self) -> bool:
        """Whether it is out of scope: either mark is enough, as in the live data."""
        return self.deleted_at is not None or self.status == "deleted"


@dataclass(slots=True)
class Subscription:
    """What bills a deployment."""

    id: str
    user_id: str | None
    deployment_id: str | None
    plan_id: str | None
    status: str
    billing_cycle: str
    started_at: datetime
    current_period_start: datetime
    current_period_end: datetime
    canceled_at: datetime | None

    @property
    def live(self) -> bool:
        """Whether it still bills."""
        return self.status in LIVE_STATUSES


@dataclass(slots=True)
class UsageRecord:
    """The core-hours of one deployment and month."""

    id: str
    deployment_id: str
    period_start: datetime
    period_end: datetime
    cpu_hours: Decimal
    amount: Decimal


@dataclass(slots=True)
class DeploymentAddon:
    """An extra that is billed monthly beside the plan."""

    id: str
    deployment_id: str
    name: str
    price_monthly: Decimal


@dataclass(slots=True)
class Invoice:
    """An invoice of either origin, Stripe or Lago."""

    id: str
    user_id: str | None
    subscription_id: str | None
    stripe_invoice_id: str
    status: str
    currency: str
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    period_start: datetime
    period_end: datetime
    created_at: datetime
    paid_at: datetime | None


@dataclass(slots=True)
class InvoiceItem:
    """A line of an invoice."""

    id: str
    invoice_id: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal


@dataclass(slots=True)
class DirtyLabel:
    """A quality rule that a row breaks on purpose."""

    table_name: str
    row_id: str
    label: str


@dataclass(slots=True)
class InjectedDifference:
    """A line of an invoice that is not what Odoo would bill, and why.

    ``item`` is the ledger's word for the line; ``cause`` is one of its causes, or two with a
    ``+`` between them. ``ref`` is the invoice, also where the line is missing on it.
    """

    origin: str
    ref: str
    customer: str
    subscription: str
    item: str
    period_start: datetime
    cause: str
    note: str


@dataclass(slots=True)
class Event:
    """Something out of the ordinary in a customer's life, in a sample without any fault.

    ``kind`` is one of ``one_off``, ``credit``, ``tax_exempt``, ``churn``, ``churn_credited``,
    ``plan_change`` (by a new subscription) or ``plan_change_in_place``. ``ref`` is the invoice
    (one-off, credit), else the subscription, or empty.
    """

    customer: str
    kind: str
    ref: str
    happened_at: datetime
    note: str


ROW_CLASSES: dict[str, type] = {
    "users": User,
    "plans": Plan,
    "deployments": Deployment,
    "subscriptions": Subscription,
    "usage_records": UsageRecord,
    "deployment_addons": DeploymentAddon,
    "invoices": Invoice,
    "invoice_items": InvoiceItem,
    "sample.dirty_labels": DirtyLabel,
    "sample.injected_differences": InjectedDifference,
    "sample.events": Event,
}


def new_id(random: Random) -> str:
    """Return a version 4 UUID that depends on nothing but ``random``."""
    bits = random.getrandbits(128) & ~(0xF000 << 64) & ~(0xC000 << 48)
    text = f"{bits | 0x4000 << 64 | 0x8000 << 48:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class CopyText:
    """Rows of one table as COPY text, kept encoded: far smaller than the row objects."""

    def __init__(self, table: str) -> None:
        self.columns = tuple(field.name for field in fields(ROW_CLASSES[table]))
        self.rows = 0
        self._values = attrgetter(*self.columns)
        self._buffer = io.StringIO()

    def add(self, row: Any) -> None:
        """Append one row."""
        self._buffer.write("\t".join([_copy_value(value) for value in self._values(row)]) + "\n")
        self.rows += 1

    def extend(self, rows: Iterable[Any]) -> None:
        """Append rows."""
        for row in rows:
            self.add(row)

    def data(self) -> bytes:
        """The text so far, UTF-8."""
        return self._buffer.getvalue().encode()


def _copy_value(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES) if not value.isalnum() else value
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

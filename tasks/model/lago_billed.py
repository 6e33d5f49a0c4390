"""What Lago billed and owes: invoices with their fees, credit notes, wallets, what is unreadable.

Money is in the major unit, moments in UTC, periods half-open, as in ``tasks.model.lago``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from tasks.model.lago import LagoCoupon
from tasks.model.lago_units import NO_VALUES
from tasks.model.spool import Divided, made_anew, page_of

Item = TypeVar("Item")

FINALIZED, DRAFT, VOIDED, FAILED, PENDING = "finalized", "draft", "voided", "failed", "pending"
#: What an invoice can be beside these.
STATUSES = frozenset(
    {FINALIZED, DRAFT, VOIDED, FAILED, PENDING, "open", "closed", "generating", "deleted"}
)
#: Kinds of invoices: what a wallet is filled with, and the units so far at a threshold.
PREPAID, PROGRESSIVE = "credit", "progressive_billing"
INVOICE_KINDS = frozenset(
    {PREPAID, PROGRESSIVE, "subscription", "add_on", "one_off", "advance_charges"}
)
#: Kinds of fees that are for a time of a subscription.
PERIODIC_FEES = frozenset({"charge", "subscription", "commitment", "fixed_charge"})


@dataclass(frozen=True, slots=True)
class LagoUnreadable:
    """An invoice or a fee that is in no ledger, its money unknown, and what it tells nevertheless.

    Attributes:
        table: ``invoices`` or ``fees``.
        lago_id: Its id; a made one where it has none.
        name: The invoice's number or what the fee is for; may be empty.
        customer: External id of whose it is; empty if nothing tells.
        subscription: External id; empty if it is of none, or nothing tells.
        service: Code of the billing entity; empty if nothing tells.
        fault: What is wrong, after "It" and before a full stop.
    """

    table: str
    lago_id: str
    name: str
    customer: str
    subscription: str
    service: str
    fault: str


@made_anew
@dataclass(frozen=True, slots=True)
class LagoInvoice:
    """An invoice without its fees; ``fees`` is what they add up to, before coupons and tax.

    ``is_self_billed``: it is a bill that the service owes to its customer, a partner.
    """

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
    is_self_billed: bool = False
    fault: str | None = None

    @property
    def is_revenue(self) -> bool:
        """Whether it is final, and one that the customer owes."""
        return self.status == FINALIZED and not self.is_self_billed


@made_anew
@dataclass(frozen=True, slots=True)
class LagoFee:
    """One amount, rounded to subunits by Lago; ``invoice`` is None while it is loose.

    ``kind`` is the item's type (charge, subscription, add_on, credit, commitment, ...), ``code``
    and ``name`` the item's. ``true_up_of`` names the fee that it lifts to a minimum.
    ``filters`` and ``groups`` are the properties of the events that it is for; a group's value
    None: they had no such property. ``coupons`` is what coupons take off it, before tax.
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
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NO_VALUES)
    groups: Mapping[str, str | None] = field(default_factory=lambda: NO_VALUES)
    coupons: Decimal = Decimal(0)
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class LagoCreditNote:
    """An amount given back, before tax; ``invoice`` is the id of the one that it corrects.

    ``balance`` is what of it is still owed, with tax. Of one that was voided ``amount`` is what was
    paid back in money before: its credit is nobody's.
    """

    number: str
    customer: str
    service: str
    reason: str
    amount: Decimal
    currency: str
    issued_on: date
    invoice: str | None = None
    balance: Decimal = Decimal(0)
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class LagoWallet:
    """Prepaid credit of a customer, in money; ``paid`` and ``granted`` are what is left of each.

    ``limits`` are the fees and metrics that alone it pays for (empty: whatever is due).
    ``tops_up``: a rule of Lago's buys or grants more by itself. ``awaits_payment``: a purchase is
    not paid yet, and is in no balance.
    """

    lago_id: str
    customer: str
    code: str
    status: str
    currency: str
    paid: Decimal
    granted: Decimal
    expires_at: datetime | None
    tops_up: bool
    limits: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    fault: str | None = None
    awaits_payment: bool = False

    @property
    def balance(self) -> Decimal:
        """All that is left."""
        return self.paid + self.granted


@dataclass(frozen=True, slots=True)
class LagoBilling:
    """Everything billed, proven to be whole: each finalized invoice is the sum of its fees.

    ``services`` gives the service of each customer, ``coupons`` those that customers have had;
    ``notes`` say in words what was noticed and got over while reading. ``unreadable`` is what
    cannot be read: neither it nor anything of its invoice is among the others. What was read is on
    disk, divided by customer.
    """

    invoices: Collection[LagoInvoice]
    fees: Collection[LagoFee]
    credit_notes: Collection[LagoCreditNote]
    services: Mapping[str, str]
    notes: tuple[str, ...]
    version: str = ""
    coupons: Collection[LagoCoupon] = ()
    unreadable: tuple[LagoUnreadable, ...] = ()

    def divided(self, rows: Iterable[tuple[str, Item]]) -> Divided[Item]:
        """Divide rows that come with their customers as this is divided."""
        number = self.fees.number if isinstance(self.fees, Divided) else 1
        return Divided(number, ((page_of(customer, number), row) for customer, row in rows))

    def pages(self) -> Iterator[LagoBilling]:
        """Give it a page at a time: all that was billed to some customers, and their coupons."""
        divided = self.invoices, self.fees, self.credit_notes, self.coupons
        ours = [each.pages() for each in divided if isinstance(each, Divided)]
        if len(ours) < len(divided):
            yield self
            return
        for invoices, fees, notes, coupons in zip(*ours, strict=True):
            yield replace(self, invoices=invoices, fees=fees, credit_notes=notes, coupons=coupons)

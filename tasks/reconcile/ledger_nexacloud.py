"""NexaCloud's invoices -> ledger lines: each item once, and what no item accounts for.

What an item is for is read from its description, because NexaCloud tells it nowhere else. Usage
tells the time that it is for, the core-hours used and those included; a plan's price tells its
period; the rest takes the invoice's. A subtotal that its items do not add up to gets a balancing
line, and so does a total that subtotal and tax do not add up to (Stripe takes a coupon off there),
so that the lines always add up to what was billed before tax.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tasks.model.addons import addon_item, addon_key
from tasks.model.ledger import (
    ADDON,
    FLAT,
    KEPT_OUT,
    MICRO,
    OTHER,
    PRORATION,
    TAX_WITHIN,
    USAGE,
    LedgerLine,
    minor_unit_micro,
)
from tasks.model.money import amount_of, decimal_text
from tasks.model.nexacloud import METRIC, PRORATED, SECONDS_PER_CORE_HOUR, whole_microseconds
from tasks.model.periods import first_moment
from tasks.reconcile.tax_rates import oddness, tax_percent

VOID, DRAFT, PAID = "void", "draft", "paid"
#: Other words for the same.
_STATUSES = dict.fromkeys(("voided", "canceled", "cancelled", "deleted"), VOID)
#: The money went back, all of it.
_GIVEN_BACK = frozenset({"refunded", "fully_refunded", "charged_back", "chargeback", "reversed"})
#: Some of it did, or may, and no row tells how much.
_UNSETTLED = frozenset({"partially_refunded", "partial_refund", "disputed", "in_dispute"})
NO_ITEMS, NOT_ITEMIZED = "other:no items", "other:not itemized"
NO_ITEMS_CREDIT = "credit:no items"
#: What the total has beyond subtotal and tax, or less.
OFF_TOTAL, ON_TOTAL = "discount:taken off the total", "other:added to the total"
_FOOTS_WITHIN = Decimal("0.005")
_TOTAL_FOOTS_WITHIN = Decimal("0.01")
_ORIGINS = {"in_": "stripe", "lago:": "lago"}
_SPAN = r"(\d{4}-\d{2}-\d{2}) *(?:→|->|–|-|to) *(\d{4}-\d{2}-\d{2})"
_DAYS = re.compile(_SPAN)
_OVERAGE = re.compile(
    r"\boverage\b|\bcore[- ]?hours?\b|\bcpu[- ](?:usage|hours?|time|seconds)\b"
    r"|\bd[ée]passement\b|\bheures?-c(?:œ|oe)urs?\b|\butilisation (?:du )?(?:cpu|processeur)\b",
    re.IGNORECASE,
)
_USED = re.compile(
    r"([\d.]+) (?:core-hours used|heures-c(?:œ|oe)urs? utilisées)"
    r"(?:, ([\d.]+) (?:included|incluses))?"
)
_PLAN = re.compile(rf".+ \({_SPAN}\)$", re.DOTALL)
#: What an invoice may say of a plan beside its name.
_PLAN_ASIDE = re.compile(
    r"^\d+ *[×x*] *|\((at|à) [^)]*\)"
    r"|\b(plan|subscription|abonnement|forfait|monthly|yearly|annual|mensuel|annuel)\b",
    re.IGNORECASE,
)
#: What a subscription is billed once, whatever add-ons it has.
_ONCE = re.compile(
    r"\b(set-?up|one[- ]time|onboarding|activation|installation|late (payment )?(fee|charge)"
    r"|penalty|frais (d['’](installation|activation)|de (retard|mise en service)))\b",
    re.IGNORECASE,
)
_PRORATED = re.compile(PRORATED, re.IGNORECASE)
#: What lowers a price, and may go on, as no other credit does.
_DISCOUNT = re.compile(r"\b(discounts?|coupon|promo(tion)?|rebate|remise|rabais)\b", re.IGNORECASE)
_CREDIT = re.compile(r"\b(credit|refund|discount)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class InvoiceItem:
    """An item; ``amount`` before tax."""

    description: str | None
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice of NexaCloud, of Stripe's or Lago's making; amounts in the major unit.

    ``origin_id`` begins with ``in_`` or ``lago:``. ``start`` and ``end`` are its service
    period; ``subscription`` is None for services that belong to none.
    """

    invoice_id: str
    customer: str
    subscription: str | None
    origin_id: str | None
    status: str
    currency: str
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    start: datetime
    end: datetime
    paid_at: datetime | None
    items: tuple[InvoiceItem, ...]

    @property
    def origin(self) -> str:
        """Who billed it."""
        return origin_of(self.origin_id)

    @property
    def counts(self) -> bool:
        """Whether it was billed: a void one and a draft were not, unless somebody paid it."""
        return is_billed(self.status, self.paid_at)


def origin_of(origin_id: str | None) -> str:
    """Tell who billed an invoice, from the id that it has there.

    >>> origin_of("in_1P"), origin_of("lago:7c"), origin_of(None)
    ('stripe', 'lago', 'nexacloud')
    """
    for prefix, origin in _ORIGINS.items():
        if origin_id and origin_id.startswith(prefix):
            return origin
    return "nexacloud"


def status_of(text: str | None) -> str:
    """Fold the spellings of an invoice's status.

    >>> status_of(" Voided "), status_of("PAID"), status_of(None)
    ('void', 'paid', '')
    """
    word = (text or "").strip().casefold()
    return _STATUSES.get(word, word)


def is_billed(status: str | None, paid_at: datetime | None) -> bool:
    """Say whether an invoice was billed: a void one and a draft only if somebody paid it."""
    return status_of(status) not in (VOID, DRAFT) or paid_at is not None


def is_settled(text: str | None) -> bool:
    """Say whether an invoice's status tells how much of its money stayed."""
    return status_of(text) not in _UNSETTLED


def was_paid(text: str | None) -> bool:
    """Say whether an invoice of this status was paid, whatever became of the money later."""
    return status_of(text) in {PAID, *_GIVEN_BACK, *_UNSETTLED}


def plan_key(text: str) -> str:
    """Return a plan's name without what differs between spellings of it.

    >>> plan_key("1 × Pro plan (at $39.00 / month)") == plan_key("Pro")
    True
    """
    return addon_key(_PLAN_ASIDE.sub(" ", text.strip()))


def nexacloud_lines(
    service: str,
    invoice: Invoice,
    zone: ZoneInfo,
    addons: Mapping[str, str] | None = None,
    plans: Collection[str] = (),
) -> Iterator[LedgerLine]:
    """Yield an invoice's lines; they add up to its total less its tax, or 0 if it was refunded.

    Args:
        service: Code of the service.
        invoice: One that counts.
        zone: The company's time zone: days in a description begin at its midnight.
        addons: Names of the add-ons that NexaCloud sells, by ``addon_key``.
        plans: Names of its plans, as ``plan_key`` gives them.
    """
    tax_rate = _tax_rate(invoice)

    def line(
        item: str, period: tuple[datetime, datetime], amount: Decimal, units: str | None, terms: str
    ) -> LedgerLine:
        return LedgerLine(
            service=service,
            customer=invoice.customer,
            subscription=invoice.subscription or "",
            item=item,
            period_start=period[0],
            period_end=period[1],
            units=units,
            amount=decimal_text(amount),
            currency=invoice.currency,
            tax_rate=None if tax_rate is None else decimal_text(tax_rate),
            ref=invoice.invoice_id,
            origin=invoice.origin,
            terms=terms,
        )

    for item in invoice.items:
        of_subscription = invoice.subscription is not None
        name = item_name(item, of_subscription=of_subscription, addons=addons, plans=plans)
        period = _period(name, item, invoice, zone)
        units, terms = _used(name, item)
        yield line(name, period, item.amount, units, terms)
    rest = unaccounted(invoice)
    if rest:
        name = NOT_ITEMIZED if invoice.items else NO_ITEMS if rest > 0 else NO_ITEMS_CREDIT
        name = TAX_WITHIN if _is_tax(invoice, -rest) else name
        yield line(name, (invoice.start, invoice.end), rest, None, "")
    off = off_total(invoice)
    if off:
        name = TAX_WITHIN if _is_tax(invoice, -off) else ON_TOTAL if off > 0 else OFF_TOTAL
        yield line(name, (invoice.start, invoice.end), off, None, "")
    if status_of(invoice.status) in _GIVEN_BACK and (paid := invoice.total - invoice.tax):
        name = f"credit:the invoice was {invoice.status.replace('_', ' ')}"
        yield line(name, (invoice.start, invoice.end), -paid, None, "")


def kept_out_line(service: str, facts: Mapping[str, Any]) -> LedgerLine | None:
    """Stand in for an invoice that a rule keeps out, so that its customer is not ready unseen.

    None where nothing was billed, or no row tells whose it is, how much, or when.

    Args:
        service: Code of the service.
        facts: Those of the invoice.
    """
    told = (amount_of(facts[name]) for name in ("subtotal", "total"))
    amount = next((each for each in told if each is not None), Decimal(0))
    start, end = facts["period_start"] or facts["created_at"], facts["period_end"]
    currency = (facts["currency"] or "").upper()
    is_told = amount and amount.is_finite() and start and facts["user_id"] and len(currency) == 3
    if not is_told or not is_billed(facts["status"], facts["paid_at"]):
        return None
    return LedgerLine(
        service=service,
        customer=facts["user_id"],
        subscription=facts["subscription_id"] or "",
        item=KEPT_OUT,
        period_start=start,
        period_end=end if end and end > start else start + timedelta(days=1),
        units=None,
        amount=decimal_text(amount),
        currency=currency,
        tax_rate=None,
        ref=facts["invoice_id"],
        origin=facts["origin"],
    )


def item_name(
    item: InvoiceItem,
    *,
    of_subscription: bool,
    addons: Mapping[str, str] | None = None,
    plans: Collection[str] = (),
) -> str:
    """Name what an item is for, in the ledger's words.

    >>> overage = InvoiceItem("CPU overage, core-hours × rate", None, None, Decimal(3))
    >>> item_name(overage, of_subscription=True)
    'usage:cpu_seconds'
    >>> item_name(InvoiceItem("Onboarding", None, None, Decimal(90)), of_subscription=False)
    'one-off:Onboarding'
    >>> backup = InvoiceItem("Add-on: overage backup (monthly)", None, None, Decimal(9))
    >>> item_name(backup, of_subscription=True, addons={"overagebackup": "Overage backup"})
    'addon:Overage backup'
    """
    text = (item.description or "").strip()
    if not text:
        return "other:no description" if item.amount >= 0 else "credit:no description"
    sold = (addons or {}).get(addon_key(text)) if of_subscription else None
    # One customer's add-on that is called like a plan must not take everybody's plan for it.
    if sold and item.amount >= 0 and plan_key(sold) not in plans:
        return addon_item(sold)
    if _PRORATED.search(text):
        return f"{PRORATION}{text}"
    # Money that is given back is a credit, whatever it is given back for.
    if item.amount < 0:
        return f"discount:{text}" if _DISCOUNT.search(text) else f"credit:{text}"
    if of_subscription and _OVERAGE.search(text):
        return f"usage:{METRIC}"
    if plan_key(text) in plans or (of_subscription and _PLAN.fullmatch(text)):
        # A plan's price is none that is billed once; which subscription it is of, nobody says.
        return FLAT if of_subscription else f"{OTHER}plan of no subscription, {text}"
    if not item.amount and _CREDIT.search(text):
        return f"credit:{text}"
    is_addon = of_subscription and not _ONCE.search(text)
    return f"addon:{text}" if is_addon else f"one-off:{text}"


def unaccounted(invoice: Invoice) -> Decimal:
    """Return what the subtotal has beyond its items; 0 for less than half a cent."""
    rest = invoice.subtotal - sum((item.amount for item in invoice.items), Decimal(0))
    return rest if abs(rest) >= _FOOTS_WITHIN else Decimal(0)


def off_total(invoice: Invoice) -> Decimal:
    """Return what the total has beyond subtotal and tax; 0 for less than a cent.

    An invoice that takes money off there, for a coupon say, was for less than its items.
    """
    off = invoice.total - invoice.subtotal - invoice.tax
    return off if abs(off) >= _TOTAL_FOOTS_WITHIN else Decimal(0)


def _is_tax(invoice: Invoice, amount: Decimal) -> bool:
    return invoice.tax > 0 and abs(amount - invoice.tax) < _TOTAL_FOOTS_WITHIN


def _tax_rate(invoice: Invoice) -> Decimal | None:
    """Return the rate; what is taken off the total may have been taxed or not.

    Of both readings a usual rate is meant, else the rounder one, else that of the subtotal.
    """
    cent = Decimal(minor_unit_micro(invoice.currency)) / MICRO
    largest = max((abs(item.amount) for item in invoice.items), default=Decimal(0))
    bases = (invoice.subtotal, invoice.subtotal + off_total(invoice))
    if not all(bases):
        return None
    told = [
        rate
        for base in bases
        # What is taken off is taken off each amount.
        if (
            rate := tax_percent(
                base,
                invoice.tax,
                largest=largest * abs(base / invoice.subtotal),
                cent=cent,
                lines=len(invoice.items),
            )
        )
        is not None
    ]
    return min(told, key=oddness, default=None)


def _period(
    name: str, item: InvoiceItem, invoice: Invoice, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """Return the time that an item is for: its own if it tells one, else the invoice's."""
    if name == FLAT or name.startswith((USAGE, ADDON)):
        told = _DAYS.search(item.description or "")
        if told and (days := _days(told, zone)):
            return days
        if name.startswith(USAGE):
            # In arrears: of the month before the one that the invoice names.
            return _month_before(invoice.start, zone), invoice.start
    return invoice.start, invoice.end


def _days(told: re.Match[str], zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    try:
        start, end = (date.fromisoformat(text) for text in told.groups())
    except ValueError:
        return None
    if start >= end:
        return None
    return first_moment(start, zone), first_moment(end, zone)


def _month_before(start: datetime, zone: ZoneInfo) -> datetime:
    day = start.astimezone(zone).date()
    last = day.replace(day=1) - timedelta(days=1)
    return first_moment(last.replace(day=min(day.day, last.day)), zone)


def _used(name: str, item: InvoiceItem) -> tuple[str | None, str]:
    """Return the usage billed, in seconds, and the rate and quota that the item tells."""
    told = _USED.search(item.description or "") if name.startswith(USAGE) else None
    if told is None:
        return None, ""
    used, included = (Decimal(hours or 0) * SECONDS_PER_CORE_HOUR for hours in told.groups())
    terms = ""
    if told[2] is not None and item.unit_price is not None:
        rate, quota = decimal_text(item.unit_price), decimal_text(included)
        terms = json.dumps({"price_per_unit": rate, "included_quota": quota})
    return decimal_text(whole_microseconds(used)), terms

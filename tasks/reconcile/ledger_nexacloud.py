"""NexaCloud's invoices -> ledger lines: each item once, and what no item accounts for.

What an item is for is read from its description, because NexaCloud tells it nowhere else. Usage
tells the time that it is for, the core-hours used and those included; a plan's price tells its
period; the rest takes the invoice's. A subtotal that its items do not add up to gets a balancing
line, so that the lines always add up to what was billed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tasks.model.addons import addon_item, addon_key
from tasks.model.ledger import LedgerLine
from tasks.model.money import decimal_text
from tasks.model.nexacloud import PRORATED, SECONDS_PER_CORE_HOUR
from tasks.model.usage import METRIC, whole_microseconds

VOID, DRAFT = "void", "draft"
#: Other words for the same.
_STATUSES = {"voided": VOID}
NO_ITEMS, NOT_ITEMIZED = "other:no items", "other:not itemized"
NO_ITEMS_CREDIT = "credit:no items"
#: NexaCloud keeps four decimals of an amount.
_STEP = Decimal("0.0001")
_FOOTS_WITHIN = Decimal("0.005")
_ORIGINS = {"in_": "stripe", "lago:": "lago"}
_SPAN = r"(\d{4}-\d{2}-\d{2}) *(?:→|->|–|-|to) *(\d{4}-\d{2}-\d{2})"
_DAYS = re.compile(_SPAN)
_OVERAGE = re.compile(
    r"\boverage\b|\bcore[- ]?hours?\b|\bcpu[- ](?:usage|hours?|time|seconds)\b", re.IGNORECASE
)
_USED = re.compile(r"([\d.]+) core-hours used(?:, ([\d.]+) included)?")
_PLAN = re.compile(rf".+ \({_SPAN}\)$", re.DOTALL)
#: What an invoice may say of a plan beside its name.
_PLAN_ASIDE = re.compile(
    r"^\d+ *[×x*] *|\(at [^)]*\)"
    r"|\b(plan|subscription|abonnement|forfait|monthly|yearly|annual|mensuel|annuel)\b",
    re.IGNORECASE,
)
_PRORATED = re.compile(PRORATED, re.IGNORECASE)
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
        return status_of(self.status) not in (VOID, DRAFT) or self.paid_at is not None


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
    """Yield an invoice's lines; they add up to its subtotal.

    Args:
        service: Code of the service.
        invoice: One that counts.
        zone: The company's time zone: days in a description begin at its midnight.
        addons: Names of the add-ons that NexaCloud sells, by ``addon_key``.
        plans: Names of its plans, as ``plan_key`` gives them.
    """
    tax_rate = tax_percent(invoice.subtotal, invoice.tax)

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
        yield line(name, (invoice.start, invoice.end), rest, None, "")


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
    if sold and item.amount >= 0:
        return addon_item(sold)
    if _PRORATED.search(text):
        return f"proration:{text}"
    # Money that is given back is a credit, whatever it is given back for.
    if item.amount < 0:
        return f"credit:{text}"
    if of_subscription and _OVERAGE.search(text):
        return f"usage:{METRIC}"
    if of_subscription and (_PLAN.fullmatch(text) or plan_key(text) in plans):
        return "flat"
    if not item.amount and _CREDIT.search(text):
        return f"credit:{text}"
    return f"addon:{text}" if of_subscription else f"one-off:{text}"


def unaccounted(invoice: Invoice) -> Decimal:
    """Return what the subtotal has beyond its items; 0 for less than half a cent."""
    rest = invoice.subtotal - sum((item.amount for item in invoice.items), Decimal(0))
    return rest if abs(rest) >= _FOOTS_WITHIN else Decimal(0)


def tax_percent(subtotal: Decimal, tax: Decimal) -> Decimal | None:
    """Return the tax rate that an invoice was made with, in percent: the shortest that fits.

    >>> tax_percent(Decimal("49.1234"), Decimal("7.3562"))
    Decimal('14.975')
    """
    if not subtotal:
        return None
    for digits in range(4):
        percent = round(tax / subtotal * 100, digits)
        if abs(percent * subtotal / 100 - tax) <= _STEP:
            return percent
    return None


def _period(
    name: str, item: InvoiceItem, invoice: Invoice, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """Return the time that an item is for: its own if it tells one, else the invoice's."""
    if name == "flat" or name.startswith(("usage:", "addon:")):
        told = _DAYS.search(item.description or "")
        if told and (days := _days(told, zone)):
            return days
        if name.startswith("usage:"):
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
    return _midnight(start, zone), _midnight(end, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _month_before(start: datetime, zone: ZoneInfo) -> datetime:
    day = start.astimezone(zone).date()
    last = day.replace(day=1) - timedelta(days=1)
    return _midnight(last.replace(day=min(day.day, last.day)), zone)


def _used(name: str, item: InvoiceItem) -> tuple[str | None, str]:
    """Return the usage billed, in seconds, and the rate and quota that the item tells."""
    told = _USED.search(item.description or "") if name.startswith("usage:") else None
    if told is None:
        return None, ""
    used, included = (Decimal(hours or 0) * SECONDS_PER_CORE_HOUR for hours in told.groups())
    terms = ""
    if told[2] is not None and item.unit_price is not None:
        rate, quota = decimal_text(item.unit_price), decimal_text(included)
        terms = json.dumps({"price_per_unit": rate, "included_quota": quota})
    return decimal_text(whole_microseconds(used)), terms

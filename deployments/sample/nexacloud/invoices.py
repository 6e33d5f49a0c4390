"""Invoices of both origins with their items: what NexaCloud bills by plan and usage, and more.

A subscription gets an invoice at the beginning of each billing period: the flat price in
advance, usage beyond the quota of the period before in arrears. Add-ons, proration and one-off
services lie outside the model of plans and usage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from deployments.sample import words
from deployments.sample.differences import Differences, Priced
from deployments.sample.kept_out import CAUSE_OF_KIND, cause_kept_out
from deployments.sample.nexacloud.pricing import AMOUNT_STEP, CENT, Sold, Terms, terms_of
from deployments.sample.nexacloud.users import new_stripe_id
from deployments.sample.periods import (
    CYCLE_MONTHS,
    add_months,
    boundary,
    days_between,
    first_day,
)
from deployments.sample.rows import (
    SECONDS_PER_HOUR,
    DeploymentAddon,
    Invoice,
    InvoiceItem,
    Plan,
    Subscription,
    UsageRecord,
    User,
    new_id,
)

TAX_RATES = {
    "ON": "0.13", "QC": "0.14975", "BC": "0.12", "AB": "0.05", "MB": "0.12", "SK": "0.11",
    "NS": "0.14", "NB": "0.15", "NL": "0.15", "PE": "0.15", "NU": "0.05",
}  # fmt: skip
REGION_CODES = {name: code for _, code, name, _, _ in words.CANADIAN_PLACES}
LAGO_SHARE = 0.45
PRORATED_SHARE = 0.03
VOID_SHARE = 0.02
MONTHS_SINCE_LAGO = 3
USAGE_ITEM = "usage:cpu_seconds"
#: More digits than hours of 4 decimals at a rate of 6 have, taxed or not.
EXACT_STEP = Decimal("1e-15")
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Billing:
    """What the invoices of one subscription are made from.

    ``usage`` are the deployment's records that can be trusted; ``kept_out`` says why Odoo will
    not hold the subscription (empty: it will).
    """

    user: User
    subscription: Subscription
    plan: Plan
    addons: list[DeploymentAddon]
    usage: list[UsageRecord]
    months: int
    now: datetime
    kept_out: str
    others: list[Terms]

    @property
    def step(self) -> int:
        """Months of one period of the price."""
        return CYCLE_MONTHS.get(self.subscription.billing_cycle, 1)


@dataclass(slots=True)
class Line:
    """What becomes an item; without an amount it is missing on the invoice.

    ``item`` is the ledger's word for it, ``start`` and ``end`` the time that it is for,
    ``units`` the usage billed, in seconds, ``exact`` the unrounded amount. ``cause`` and ``note``
    tell why Odoo would not bill the same (empty: it would).
    """

    item: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    start: datetime
    end: datetime
    units: Decimal | None = None
    cause: str = ""
    note: str = ""
    exact: Decimal | None = None

    def round_to_cents(self) -> None:
        """Round as Lago does: once, from the exact amount; two roundings can give a cent more."""
        exact = self.amount if self.exact is None else self.exact
        self.amount = exact.quantize(CENT, ROUND_HALF_UP).quantize(AMOUNT_STEP)

    @property
    def is_billed(self) -> bool:
        """Whether it stands on the invoice: a free plan does, usage that costs nothing not."""
        return bool(self.amount) or self.item != USAGE_ITEM


@dataclass(slots=True)
class Bill:
    """An invoice before it has a number: its lines, also those that are missing on it."""

    user: User
    subscription: Subscription | None
    period: tuple[datetime, datetime]
    lines: list[Line]
    currency: str = "CAD"


@dataclass(slots=True)
class _Month:
    """One billing period of a subscription: what is due when it begins."""

    number: int
    start: datetime
    end: datetime
    flat: Priced | None = None
    usage: Priced | None = None
    before: datetime | None = None
    addons: list[DeploymentAddon] = field(default_factory=list)


def subscription_bills(
    random: Random, billing: Billing, differences: Differences
) -> Iterator[Bill]:
    """Yield what is billed at the beginning of each period; nothing due gives no bill."""
    months = list(_months(random, billing))
    terms = terms_of(billing.plan, billing.subscription.billing_cycle)
    if terms and not billing.kept_out:
        priced = [line for month in months for line in (month.flat, month.usage) if line]
        others = [other for other in billing.others if other.code != terms.code]
        differences.put_into(priced, others)
    for month in months:
        lines = _lines(random, billing, month)
        if lines:
            period = _period(billing, month)
            billed = month.flat.billed.currency if month.flat else "CAD"
            yield Bill(billing.user, billing.subscription, period, lines, billed)


def without_items(line: Line) -> Line:
    """Return the line as seen from an invoice that has no items: nobody can tell what it was."""
    cause = line.cause if line.cause not in ("", "proration") else "not_itemized"
    return replace(line, cause=cause, note=line.note or "the invoice has no items")


def one_off_bill(random: Random, user: User, months: int, now: datetime) -> Bill:
    """Return a bill for services, of no subscription."""
    description, price = random.choice(words.ONE_OFF_SERVICES)
    quantity = Decimal(random.choice((1, 1, 2, 8, 40)) if "hourly" in description else 1)
    start = now - random.random() * timedelta(days=30 * months)
    period = (start, add_months(start, 1))
    line = _outside(f"one-off:{description}", description, quantity, Decimal(price), *period)
    return Bill(user, None, period, [line])


def make_invoice(
    random: Random, bill: Bill, now: datetime, *, is_void: bool = False
) -> tuple[Invoice, list[InvoiceItem]]:
    """Return an invoice and its items; Lago rounds each item to cents, Stripe the total alone."""
    invoice_id = new_id(random)
    if _is_lagos(bill.user, bill.period[0], now):
        origin = f"lago:{new_id(random)}"
        for line in bill.lines:
            line.round_to_cents()
    else:
        origin = new_stripe_id(random, "in_", 24)
    items = [
        InvoiceItem(
            new_id(random),
            invoice_id,
            line.description,
            line.quantity,
            line.unit_price,
            line.amount,
        )
        for line in bill.lines
        if line.is_billed
    ]
    subtotal = sum((item.amount for item in items), Decimal(0))
    tax = (subtotal * tax_rate(bill.user)).quantize(AMOUNT_STEP, ROUND_HALF_UP)
    created_at = bill.period[0] + timedelta(minutes=random.randrange(1, 180))
    paid_at = created_at + timedelta(hours=random.randrange(1, 200))
    status = "void" if is_void else random.choices(("paid", "open"), (95, 5))[0]
    invoice = Invoice(
        id=invoice_id,
        user_id=bill.user.id,
        subscription_id=bill.subscription.id if bill.subscription else None,
        stripe_invoice_id=origin,
        status=status,
        currency=bill.currency,
        subtotal=subtotal,
        tax=tax,
        total=(subtotal + tax).quantize(CENT, ROUND_HALF_UP),
        period_start=bill.period[0],
        period_end=bill.period[1],
        created_at=created_at,
        paid_at=paid_at if status == "paid" else None,
    )
    return invoice, items


def tax_rate(user: User) -> Decimal:
    """Return the sales tax rate of the user's province; zero abroad and where unknown."""
    if user.country_code != "CA" or user.region is None:
        return Decimal(0)
    return Decimal(TAX_RATES[REGION_CODES.get(user.region, user.region)])


def _months(random: Random, billing: Billing) -> Iterator[_Month]:
    subscription = billing.subscription
    step = billing.step
    day = first_day(subscription.started_at)
    end = min(subscription.canceled_at or billing.now, billing.now)
    window_start = add_months(billing.now, -billing.months)
    skipped = (window_start.year - day.year) * 12 + window_start.month - day.month
    number = max(0, skipped - 1)
    while (start := boundary(day, number)) < end:
        if start >= window_start:
            month = _Month(number, start, boundary(day, number + 1))
            if number % step == 0:
                month.flat = _flat(random, billing, start, boundary(day, number + step))
                month.addons = billing.addons
            if number:
                month.before = boundary(day, number - 1)
                month.usage = _usage(billing, month.before, start)
            if month.flat and not month.usage and not month.addons:
                month.flat.alone = True
            yield month
        number += 1


def _flat(random: Random, billing: Billing, start: datetime, end: datetime) -> Priced:
    price = billing.plan.price_for(billing.subscription.billing_cycle) or Decimal("0.00")
    days = days_between(start, end)
    share = Decimal(random.randrange(days // 8, days - days // 8)) / days
    right = Sold(price)
    return Priced(right, tax_rate(billing.user), share, right)


def _usage(billing: Billing, since: datetime, until: datetime) -> Priced | None:
    terms = terms_of(billing.plan, billing.subscription.billing_cycle)
    if terms is None:
        return None
    begun = (r.cpu_hours for r in billing.usage if since <= r.period_start < until)
    ended = (r.cpu_hours for r in billing.usage if since < r.period_end <= until)
    seconds, neighbor = (sum(each, Decimal(0)) * SECONDS_PER_HOUR for each in (begun, ended))
    if not seconds and not neighbor:
        return None
    right = Sold(terms.rate, seconds, neighbor, terms.quota)
    return Priced(right, tax_rate(billing.user), ONE, right)


def _lines(random: Random, billing: Billing, month: _Month) -> list[Line]:
    lines = _flat_lines(random, billing, month, month.flat) if month.flat else []
    if month.usage and month.before:
        line = _usage_line(month.usage, month.before, month.start)
        lines += [line] if line.amount or line.cause else []
    # What is given back is a credit in every ledger, whatever it is given back for.
    lines = [
        replace(line, item=f"credit:{line.description}", cause="credit")
        if line.amount < 0 and not line.item.startswith("proration:")
        else line
        for line in lines
    ]
    if billing.kept_out:
        for line in lines:
            if line.cause == "proration" and cause_kept_out(billing.kept_out) == "kept_out":
                line.cause = ""
            line.cause = line.cause or cause_kept_out(billing.kept_out)
            line.note = line.note or billing.kept_out
    return lines


def _flat_lines(random: Random, billing: Billing, month: _Month, flat: Priced) -> list[Line]:
    plan = billing.plan
    start, end = _period(billing, month)
    name = f"{plan.name} ({start:%Y-%m-%d} → {end:%Y-%m-%d})"
    price = flat.billed.amount(AMOUNT_STEP)
    lines = [_billed(flat, "flat", name, ONE, price, start, end)]
    months = Decimal(billing.step)
    lines += [_addon(addon, months, start, end) for addon in month.addons]
    by_lago = _is_lagos(billing.user, start, billing.now)
    if not flat.causes and not by_lago and random.random() < PRORATED_SHARE:
        share = Decimal(random.randrange(5, 95)) / 100
        day = f"{start + (end - start) * float(1 - share):%Y-%m-%d}"
        price = flat.right.rate
        for text, quantity, unit_price in (
            (f"Unused time on {plan.name} after {day}", -ONE, price * share),
            (f"Remaining time on next plan after {day}", ONE, price * share * 2),
        ):
            lines.append(_outside(f"proration:{text}", text, quantity, unit_price, start, end))
    return lines


def _usage_line(usage: Priced, start: datetime, end: datetime) -> Line:
    sold = usage.billed
    hours, included = (each / SECONDS_PER_HOUR for each in (sold.seconds or 0, sold.quota))
    text = (
        f"CPU overage {start:%Y-%m-%d} → {end:%Y-%m-%d}: {hours:.4f} core-hours used,"
        f" {included:.4f} included"
    )
    over = sold.hours.quantize(AMOUNT_STEP, ROUND_HALF_UP)
    return _billed(usage, USAGE_ITEM, text, over, sold.rate, start, end)


def _billed(
    priced: Priced,
    item: str,
    text: str,
    quantity: Decimal,
    price: Decimal,
    start: datetime,
    end: datetime,
) -> Line:
    """Return what is billed of a price, with why it is not what Odoo would bill."""
    sold = priced.billed
    amount, exact = (sold.amount(step) for step in (AMOUNT_STEP, EXACT_STEP))
    known = (sold.seconds, "+".join(priced.causes), priced.note, exact)
    return Line(item, text, quantity, price, amount, start, end, *known)


def _addon(addon: DeploymentAddon, months: Decimal, start: datetime, end: datetime) -> Line:
    """Return what an add-on costs for a period: Odoo has it on the deployment's order."""
    item = f"addon:{addon.name}"
    line = _outside(item, addon.name, months, addon.price_monthly, start, end)
    line.cause = line.note = ""
    return line


def _outside(
    item: str, text: str, quantity: Decimal, price: Decimal, start: datetime, end: datetime
) -> Line:
    amount = (quantity * price).quantize(AMOUNT_STEP, ROUND_HALF_UP)
    cause = CAUSE_OF_KIND[item.partition(":")[0]]
    return Line(item, text, quantity, price, amount, start, end, None, cause, item)


def _period(billing: Billing, month: _Month) -> tuple[datetime, datetime]:
    """The period that the invoice names: that of the flat price, else that of the usage."""
    if month.flat is None:
        return month.before or month.start, month.start
    day = first_day(billing.subscription.started_at)
    return month.start, boundary(day, month.number + billing.step)


def _is_lagos(user: User, start: datetime, now: datetime) -> bool:
    # The id's first byte decides who moved to Lago, so all invoices of a user agree.
    moved = int(user.id[:2], 16) < 256 * LAGO_SHARE
    return moved and start >= add_months(now, -MONTHS_SINCE_LAGO)

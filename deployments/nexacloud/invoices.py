"""Invoices of both origins with their items: flat price, overage, add-ons, proration, one-offs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from deployments.nexacloud import words
from deployments.nexacloud.periods import CYCLE_MONTHS, add_months
from deployments.nexacloud.rows import (
    DeploymentAddon,
    Invoice,
    InvoiceItem,
    Plan,
    Subscription,
    UsageRecord,
    User,
    new_id,
)
from deployments.nexacloud.users import new_stripe_id

CENT = Decimal("0.01")
TAX_RATES = {
    "ON": "0.13", "QC": "0.14975", "BC": "0.12", "AB": "0.05", "MB": "0.12", "SK": "0.11",
    "NS": "0.14", "NB": "0.15", "NL": "0.15", "PE": "0.15", "NU": "0.05",
}  # fmt: skip
REGION_CODES = {name: code for _, code, name, _, _ in words.CANADIAN_PLACES}
LAGO_SHARE = 0.45
PRORATED_SHARE = 0.03
MONTHS_SINCE_LAGO = 3


@dataclass(frozen=True, slots=True)
class Billing:
    """What the invoices of one subscription are made from."""

    user: User
    subscription: Subscription
    plan: Plan
    addons: list[DeploymentAddon]
    usage: list[UsageRecord]
    months: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """An item before it has an invoice; ``amount`` keeps 4 decimals."""

    description: str
    quantity: Decimal
    unit_price: Decimal

    @property
    def amount(self) -> Decimal:
        """Quantity times price."""
        return (self.quantity * self.unit_price).quantize(Decimal("0.0001"), ROUND_HALF_UP)

    def as_item(self, item_id: str, invoice_id: str) -> InvoiceItem:
        """The line as a row of ``invoice_items``."""
        return InvoiceItem(
            item_id, invoice_id, self.description, self.quantity, self.unit_price, self.amount
        )


def subscription_invoices(
    random: Random, billing: Billing
) -> Iterator[tuple[Invoice, list[InvoiceItem]]]:
    """Yield an invoice a period: the flat price in advance, the overage in arrears."""
    subscription = billing.subscription
    step = CYCLE_MONTHS.get(subscription.billing_cycle, 1)
    end = min(subscription.canceled_at or billing.now, billing.now)
    window_start = add_months(billing.now, -billing.months)
    number = 0
    while (start := add_months(subscription.started_at, number * step)) < end:
        number += 1
        if start >= window_start:
            period = (start, add_months(subscription.started_at, number * step))
            lines = _period_lines(random, billing, period, add_months(start, -step))
            yield make_invoice(random, billing.user, subscription.id, lines, period, billing.now)


def one_off_invoice(
    random: Random, user: User, months: int, now: datetime
) -> tuple[Invoice, list[InvoiceItem]]:
    """Return an invoice for services, of no subscription."""
    description, price = random.choice(words.ONE_OFF_SERVICES)
    quantity = Decimal(random.choice((1, 1, 2, 8, 40)) if "hourly" in description else 1)
    start = now - random.random() * timedelta(days=30 * months)
    line = Line(description, quantity, Decimal(price))
    return make_invoice(random, user, None, [line], (start, add_months(start, 1)), now)


def make_invoice(
    random: Random,
    user: User,
    subscription_id: str | None,
    lines: list[Line],
    period: tuple[datetime, datetime],
    now: datetime,
) -> tuple[Invoice, list[InvoiceItem]]:
    """Return an invoice and its items; only ``total`` is rounded to cents."""
    invoice_id = new_id(random)
    items = [line.as_item(new_id(random), invoice_id) for line in lines]
    subtotal = sum((item.amount for item in items), Decimal(0))
    tax = (subtotal * tax_rate(user)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    created_at = period[0] + timedelta(minutes=random.randrange(1, 180))
    status = random.choices(("paid", "open", "void"), (93, 5, 2))[0]
    paid_at = created_at + timedelta(hours=random.randrange(1, 200))
    invoice = Invoice(
        id=invoice_id,
        user_id=user.id,
        subscription_id=subscription_id,
        stripe_invoice_id=_origin_id(random, user, period[0], now),
        status=status,
        currency="CAD",
        subtotal=subtotal,
        tax=tax,
        total=(subtotal + tax).quantize(CENT, ROUND_HALF_UP),
        period_start=period[0],
        period_end=period[1],
        created_at=created_at,
        paid_at=paid_at if status == "paid" else None,
    )
    return invoice, items


def tax_rate(user: User) -> Decimal:
    """Return the sales tax rate of the user's province; zero abroad and where unknown."""
    if user.country_code != "CA" or user.region is None:
        return Decimal(0)
    return Decimal(TAX_RATES[REGION_CODES.get(user.region, user.region)])


def _period_lines(
    random: Random, billing: Billing, period: tuple[datetime, datetime], last_start: datetime
) -> list[Line]:
    plan, (start, end) = billing.plan, period
    flat = plan.price_for(billing.subscription.billing_cycle) or Decimal("0.00")
    one = Decimal(1)
    lines = [Line(f"{plan.name} ({start:%Y-%m-%d} → {end:%Y-%m-%d})", one, flat)]
    overage = sum(
        (record.amount for record in billing.usage if last_start < record.period_end <= start),
        Decimal(0),
    )
    if overage > 0:
        lines.append(Line("CPU overage, core-hours × rate", one, overage))
    months = Decimal(CYCLE_MONTHS.get(billing.subscription.billing_cycle, 1))
    lines += [Line(addon.name, months, addon.price_monthly) for addon in billing.addons]
    if random.random() < PRORATED_SHARE:
        share = Decimal(random.randrange(5, 95)) / 100
        day = f"{start + (end - start) * float(1 - share):%Y-%m-%d}"
        lines.append(Line(f"Unused time on {plan.name} after {day}", -one, flat * share))
        lines.append(Line(f"Remaining time on next plan after {day}", one, flat * share * 2))
    return lines


def _origin_id(random: Random, user: User, start: datetime, now: datetime) -> str:
    # The id's first byte decides who moved to Lago, so all invoices of a user agree.
    moved = int(user.id[:2], 16) < 256 * LAGO_SHARE
    if moved and start >= add_months(now, -MONTHS_SINCE_LAGO):
        return f"lago:{new_id(random)}"
    return new_stripe_id(random, "in_", 24)

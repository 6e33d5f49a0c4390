"""Bills a clean world to the letter of its terms: an invoice per moment at which something is due.

At the beginning of each month of a subscription the price (of a month, or of a year that begins),
its add-ons, and the usage beyond the quota of the month before. A change of plan is settled by
days: what is left of the old price is given back, what is left of the new one is charged, or a
new subscription begins. At an end the last usage is billed, and what is unused is given back or
not. Of a year that began before all other bills and runs on there is the bill as well. Days are
those of the company's zone; the day of a change is the new plan's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from deployments.sample import words
from deployments.sample.clean.life import CleanWorld, Contract
from deployments.sample.nexacloud.invoices import tax_rate
from deployments.sample.nexacloud.pricing import AMOUNT_STEP, CENT
from deployments.sample.nexacloud.usage import overage_amount
from deployments.sample.nexacloud.users import new_stripe_id
from deployments.sample.periods import (
    CYCLE_MONTHS,
    ZONE,
    boundary,
    days_between,
    first_day,
)
from deployments.sample.rows import Event, Invoice, InvoiceItem, Plan, User, new_id

ONE_OFF_SHARE = 0.05
CREDIT_SHARE = 0.03
VOID_SHARE = 0.02
GOODWILL = ("5.00", "12.50", "25.00", "40.00")
ONE = Decimal(1)
Item = tuple[str, Decimal, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class CleanBill:
    """An invoice before it has a number: items are text, quantity, unit price and amount."""

    user: User
    subscription: str | None
    period: tuple[datetime, datetime]
    issued_at: datetime
    currency: str
    items: list[Item]


def make_invoices(random: Random, world: CleanWorld) -> Iterator[tuple[Invoice, list[InvoiceItem]]]:
    """Yield all invoices; whoever gets a one-off or a credit is noted in the world's events."""
    for contract in world.contracts:
        bills = [bill for bill in _bills(contract, world.now) if bill.issued_at >= world.begins]
        if bills and random.random() < CREDIT_SHARE:
            bills = _with_credit(random, bills)
        for bill in bills:
            yield from _issued(random, world, bill)
    for user in world.users:
        if random.random() < ONE_OFF_SHARE:
            yield from _issued(random, world, _one_off(random, world, user))
    # Last, so that they change nothing of the others.
    for contract in world.contracts:
        for bill in _running_years(contract, world):
            yield from _issued(random, world, bill)


def _running_years(contract: Contract, world: CleanWorld) -> Iterator[CleanBill]:
    """Yield the bill of a year that had begun before all other bills, and ran on."""
    if contract.subscription.billing_cycle == "yearly":
        for bill in _bills(contract, world.now):
            if bill.issued_at < world.begins < bill.period[1]:
                yield bill


def _bills(contract: Contract, now: datetime) -> Iterator[CleanBill]:
    """Yield the bills of a contract, oldest first; nothing due gives none."""
    subscription = contract.subscription
    day = first_day(subscription.started_at)
    step = CYCLE_MONTHS[subscription.billing_cycle]
    end = min(subscription.canceled_at or now, now)
    changes = contract.plans[1:]
    number = 0
    while (start := boundary(day, number)) < end:
        while changes and changes[0][0] < start:
            yield from _settled(contract, changes.pop(0))
        items: list[Item] = []
        period = boundary(day, number - 1), start
        if number % step == 0:
            period = start, boundary(day, number + step)
            items += _begun(contract, period)
        if number:
            items += _used(contract, boundary(day, number - 1), start)
        yield from _bill(contract, period, start, items)
        number += 1
    for change in changes:
        yield from _settled(contract, change)
    if contract.ending and end < now:
        yield from _closed(contract, boundary(day, number - 1), boundary(day, number), end)


def _bill(
    contract: Contract, period: tuple[datetime, datetime], moment: datetime, items: list[Item]
) -> Iterator[CleanBill]:
    if items:
        currency = contract.plans[0][1].currency
        yield CleanBill(contract.user, contract.subscription.id, period, moment, currency, items)


def _begun(contract: Contract, period: tuple[datetime, datetime]) -> Iterator[Item]:
    start, end = period
    plan = _plan_at(contract, start)
    price = plan.price_for(contract.subscription.billing_cycle)
    if price is None:
        raise AssertionError(f"a clean subscription of plan {plan.code} has a price")
    yield f"{plan.name} ({_span(start, end)})", ONE, price, price
    months = Decimal(CYCLE_MONTHS[contract.subscription.billing_cycle])
    for addon in contract.addons:
        yield addon.name, months, addon.price_monthly, months * addon.price_monthly


def _used(contract: Contract, start: datetime, end: datetime) -> Iterator[Item]:
    """Yield the usage beyond the quota of a month, by the plan at its end."""
    plan = _plan_at(contract, end)
    hours = sum(
        (each.cpu_hours for each in contract.usage if start <= each.period_start < end), Decimal(0)
    )
    included = plan.included_hours
    over = max(Decimal(0), hours - included)
    if amount := overage_amount(hours, plan):
        used = f"{hours:.4f} core-hours used, {included:.4f} included"
        text = f"CPU overage {_span(start, end)}: {used}"
        yield text, over.quantize(AMOUNT_STEP), plan.hour_rate, amount


def _settled(contract: Contract, change: tuple[datetime, Plan]) -> Iterator[CleanBill]:
    """Settle a change in place: the rest of the old price back, the rest of the new one due."""
    moment, new = change
    cycle = contract.subscription.billing_cycle
    old = _plan_at(contract, moment - timedelta(seconds=1))
    share, day, end = _left(contract, moment)
    on = f"after {day:%Y-%m-%d}"
    items = [
        *_share(f"Unused time on {old.name} {on}", -share, old.price_for(cycle)),
        *_share(f"Remaining time on {new.name} {on}", share, new.price_for(cycle)),
    ]
    yield from _bill(contract, (day, end), moment, items)


def _closed(
    contract: Contract, start: datetime, month_end: datetime, end: datetime
) -> Iterator[CleanBill]:
    """Bill the last usage, and give back what is unused where the ending says so."""
    items = list(_used(contract, start, month_end))
    if contract.ending in {"credited", "replaced"}:
        share, day, _ = _left(contract, end)
        cycle = contract.subscription.billing_cycle
        plan = contract.plans[-1][1]
        text = f"Unused time on {{}} after {day:%Y-%m-%d}"
        items += _share(text.format(plan.name), -share, plan.price_for(cycle))
        for addon in contract.addons:
            price = addon.price_monthly * CYCLE_MONTHS[cycle]
            items += _share(text.format(addon.name), -share, price)
    yield from _bill(contract, (start, month_end), end, items)


def _left(contract: Contract, moment: datetime) -> tuple[Decimal, datetime, datetime]:
    """Return the share of the period that is left, the first moment of that day, and the end."""
    day = first_day(contract.subscription.started_at)
    step = CYCLE_MONTHS[contract.subscription.billing_cycle]
    number = 0
    while boundary(day, number + step) <= moment:
        number += step
    start, end = boundary(day, number), boundary(day, number + step)
    midnight = moment.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    share = Decimal(days_between(midnight, end)) / days_between(start, end)
    return share, midnight, end


def _share(text: str, share: Decimal, price: Decimal | None) -> Iterator[Item]:
    if price is not None:
        amount = (share * price).quantize(CENT, ROUND_HALF_UP)
        yield text, ONE, amount, amount


def _span(start: datetime, end: datetime) -> str:
    return f"{start.astimezone(ZONE):%Y-%m-%d} → {end.astimezone(ZONE):%Y-%m-%d}"


def _plan_at(contract: Contract, moment: datetime) -> Plan:
    """Return the plan just before a moment."""
    begun = [plan for since, plan in contract.plans[1:] if since < moment]
    return begun[-1] if begun else contract.plans[0][1]


def _with_credit(random: Random, bills: list[CleanBill]) -> list[CleanBill]:
    """Take something off one bill, as a word of goodwill; the rest stays."""
    chosen = random.randrange(len(bills))
    amount = -Decimal(random.choice(GOODWILL))
    text = f"Goodwill credit, ticket {random.randrange(1000, 9999)}"
    bills[chosen].items.append((text, ONE, amount, amount))
    return bills


def _one_off(random: Random, world: CleanWorld, user: User) -> CleanBill:
    text, price = random.choice(words.ONE_OFF_SERVICES)
    moment = world.begins + random.random() * (world.now - world.begins)
    period = (moment, moment + timedelta(days=30))
    currencies = {each.plans[0][1].currency for each in world.contracts if each.user is user}
    currency = currencies.pop() if currencies else "CAD"
    return CleanBill(
        user, None, period, moment, currency, [(text, ONE, Decimal(price), Decimal(price))]
    )


def _issued(
    random: Random, world: CleanWorld, bill: CleanBill
) -> Iterator[tuple[Invoice, list[InvoiceItem]]]:
    """Number a bill; a few are void and issued anew."""
    if random.random() < VOID_SHARE:
        yield _invoice(random, world, bill, is_void=True)
    invoice, items = _invoice(random, world, bill)
    for text, _, _, amount in bill.items:
        kind = "one_off" if bill.subscription is None else "credit"
        if bill.subscription is None or text.startswith("Goodwill"):
            note = f"{text}: {amount} {bill.currency}"
            world.events.append(Event(bill.user.id, kind, invoice.id, bill.issued_at, note))
    yield invoice, items


def _invoice(
    random: Random, world: CleanWorld, bill: CleanBill, *, is_void: bool = False
) -> tuple[Invoice, list[InvoiceItem]]:
    invoice_id = new_id(random)
    items = [
        InvoiceItem(new_id(random), invoice_id, text, quantity, price, amount)
        for text, quantity, price, amount in bill.items
    ]
    subtotal = sum((item.amount for item in items), Decimal(0))
    rate = Decimal(0) if bill.user.id in world.exempt else tax_rate(bill.user)
    tax = (subtotal * rate).quantize(AMOUNT_STEP, ROUND_HALF_UP)
    created_at = bill.issued_at + timedelta(minutes=random.randrange(1, 50))
    status = "void" if is_void else random.choices(("paid", "open"), (95, 5))[0]
    paid_at = created_at + timedelta(hours=random.randrange(1, 200)) if status == "paid" else None
    invoice = Invoice(
        id=invoice_id,
        user_id=bill.user.id,
        subscription_id=bill.subscription,
        stripe_invoice_id=new_stripe_id(random, "in_", 24),
        status=status,
        currency=bill.currency,
        subtotal=subtotal,
        tax=tax,
        total=(subtotal + tax).quantize(CENT, ROUND_HALF_UP),
        period_start=bill.period[0],
        period_end=bill.period[1],
        created_at=created_at,
        paid_at=paid_at,
    )
    return invoice, items

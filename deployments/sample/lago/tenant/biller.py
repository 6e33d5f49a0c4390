"""Bills a contract by Lago's rules: what is due on which day, what lowers it, and its taxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from itertools import islice, pairwise

from deployments.sample.lago.objects.parts import SUBUNITS
from deployments.sample.lago.rating import rate
from deployments.sample.lago.tenant.terms import ZERO, Charge, Contract, Coupon, Json
from deployments.sample.periods import begins

ONE = Decimal(1)
#: Code -> name, percent. The first is everybody's who has none of their own.
TAXES = {
    "hst_on": ("HST Ontario", Decimal(13)),
    "gst": ("GST", Decimal(5)),
    "qst": ("QST", Decimal("9.975")),
    "hst_ns": ("HST Nova Scotia", Decimal(14)),
    "exempt": ("Exempt", ZERO),
    "unmapped": ("A tax that finance has not mapped", Decimal(5)),
}
EVERYBODYS = ("hst_on",)


@dataclass(slots=True)
class Due:
    """One fee: ``amount`` in whole subunits' worth, ``taken_off`` what coupons take of it.

    ``kind`` is subscription, charge, fixed_charge or commitment; ``name`` what it is for.
    ``part`` are the values of the filter or group. Days are half-open.
    """

    kind: str
    code: str
    start: date
    end: date
    amount: Decimal
    units: Decimal = ONE
    precise: Decimal = ZERO
    charge: Charge | None = None
    part: Json = field(default_factory=dict)
    is_true_up: bool = False
    taken_off: Decimal = ZERO

    @property
    def item(self) -> str:
        """What it is called in a ledger."""
        names = {"subscription": "flat", "commitment": "minimum"}
        prefix = {"charge": "usage", "fixed_charge": "fixed"}.get(self.kind, "")
        if self.is_true_up:
            prefix = "minimum"
        return names.get(self.kind) or f"{prefix}:{self.code}"


@dataclass(slots=True)
class Bill:
    """What Lago invoices on a day. ``kind`` is subscription or progressive_billing.

    ``coupons`` are amounts by code; ``already`` was billed by progressive invoices.
    """

    day: date
    dues: list[Due]
    kind: str = "subscription"
    coupons: dict[str, Decimal] = field(default_factory=dict)
    already: Decimal = ZERO

    @property
    def fees(self) -> Decimal:
        """All fees, before what lowers them."""
        return sum((due.amount for due in self.dues), ZERO)

    @property
    def net(self) -> Decimal:
        """What is due before tax."""
        return self.fees - self.already - sum(self.coupons.values(), ZERO)


@dataclass(frozen=True, slots=True)
class Taxed:
    """A bill's tax by code, rounded as a whole, and each fee's share."""

    by_code: dict[str, Decimal]
    total: Decimal


def bills(contract: Contract, until: date) -> list[Bill]:
    """Give what is billed on the days up to and with ``until``."""
    made: list[Bill] = []
    for day, dues in _due_days(contract, until):
        early, already = _progressive(contract, dues)
        made += early
        if dues:
            bill = Bill(day, dues, already=already)
            for coupon in contract.coupons:
                _take_off(bill, coupon, contract, made)
            made.append(bill)
    return made


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round as a fee is, half away from zero, to the currency's subunit."""
    digits = Decimal(1) / SUBUNITS[currency]
    return amount.quantize(digits, ROUND_HALF_UP)


def codes_of(contract: Contract, due: Due) -> tuple[str, ...]:
    """Give a fee's taxes: the charge's, else the plan's, the customer's, everybody's."""
    charge = due.charge.taxes if due.charge else ()
    return charge or contract.sold.taxes or contract.taxes or EVERYBODYS


def tax_of(contract: Contract, bill: Bill) -> Taxed:
    """Tax what is left after coupons; the grand sum is rounded once."""
    currency = contract.sold.currency
    exact: dict[str, Decimal] = {}
    fees = bill.fees
    for due in bill.dues:
        early = bill.already * due.amount / fees if fees else ZERO
        for code in codes_of(contract, due):
            base = due.amount - due.taken_off - early
            exact[code] = exact.get(code, ZERO) + base * TAXES[code][1] / 100
    by_code = {code: rounded(amount, currency) for code, amount in exact.items()}
    return Taxed(by_code, rounded(sum(exact.values(), ZERO), currency))


def _due_days(contract: Contract, until: date) -> Iterator[tuple[date, list[Due]]]:
    plan, first = contract.sold, contract.first_day
    last = contract.last_day or date.max
    periods = _periods(contract, plan.interval, min(until, last))
    metered = _periods(contract, "monthly", min(until, last)) if plan.charges_monthly else periods
    trial_end = contract.anchor + timedelta(days=plan.trial_days)
    days = {day for period in (*periods, *metered) for day in period} | {trial_end}
    for day in sorted(day for day in days if first <= day <= until):
        dues: list[Due] = []
        for start, end in periods:
            if plan.in_advance and day == max(start, trial_end) and day < end:
                dues += _flat(contract, day, end)
            if not plan.in_advance and day == end:
                dues += _flat(contract, max(start, trial_end), end)
            dues += [
                due
                for fixed in plan.fixed
                if day == (start if fixed.in_advance else end) and day <= last
                for due in _fixed(contract, fixed.code, start, end)
            ]
        for start, end in metered:
            if day == end:
                dues += [
                    due for charge in plan.charges for due in _usage(contract, charge, start, end)
                ]
        for start, end in periods:
            if plan.commitment and day == end:
                dues += _commitment(contract, start, end, dues)
        yield day, dues


def _periods(contract: Contract, interval: str, until: date) -> list[tuple[date, date]]:
    """Give the periods that begin up to a day, the first and the last as what is left of them."""
    first, last = contract.first_day, contract.last_day or date.max
    days = begins(interval, contract.billing_time, contract.anchor, first)
    found: list[tuple[date, date]] = []
    for start, end in pairwise(days):
        if max(start, first) > until or start >= last:
            break
        found.append((max(start, first), min(end, last)))
    return found


def _whole(contract: Contract, interval: str, start: date) -> int:
    """Say how many days the whole period has that holds a day."""
    begun, end = islice(begins(interval, contract.billing_time, contract.anchor, start), 2)
    return (end - begun).days


def _flat(contract: Contract, start: date, end: date) -> list[Due]:
    plan = contract.sold
    if end <= start:
        return []
    whole = _whole(contract, plan.interval, start)
    precise = plan.price * (end - start).days / whole
    amount = rounded(precise, plan.currency)
    return [Due("subscription", plan.code, start, end, amount, precise=precise)]


def _fixed(contract: Contract, code: str, start: date, end: date) -> list[Due]:
    plan = contract.sold
    fixed = next(each for each in plan.fixed if each.code == code)
    units = Decimal(fixed.units)
    precise = rate(fixed.model, fixed.properties, units)
    amount = rounded(precise, plan.currency)
    return [Due("fixed_charge", code, start, end, amount, units, precise)]


def _usage(contract: Contract, charge: Charge, start: date, end: date) -> list[Due]:
    currency = contract.sold.currency
    number = start.toordinal() // 7 if contract.sold.interval == "weekly" else start.month
    dues = []
    parts = [(part.values, part.properties, part.units) for part in charge.filters + charge.groups]
    if not charge.groups:
        parts.append(({}, None, charge.units))
    for values, properties, used in parts:
        units = Decimal(used[number % len(used)])
        if charge.tens:
            units = 10 * (units / 10).to_integral_value(ROUND_CEILING)
        if charge.rate == 1:
            precise = rate(charge.model, properties or charge.properties, units)
        else:
            # Rounded once in the pricing unit, then in the currency.
            in_units = rounded(rate(charge.model, charge.properties, units), currency)
            precise = in_units * charge.rate
        amount = rounded(precise, currency)
        if units or amount:
            code = charge.metric
            dues.append(Due("charge", code, start, end, amount, units, precise, charge, values))
    billed = sum((due.amount for due in dues), ZERO)
    days = (end - start).days
    interval = "monthly" if contract.sold.charges_monthly else contract.sold.interval
    least = rounded(charge.minimum * days / _whole(contract, interval, start), currency)
    if least > billed:
        missing = least - billed
        due = Due("charge", charge.metric, start, end, missing, precise=missing, charge=charge)
        due.is_true_up = True
        dues.append(due)
    return dues


def _commitment(contract: Contract, start: date, end: date, dues: list[Due]) -> list[Due]:
    """Give what is missing to the least of a period: its fees are those *for* it."""
    plan = contract.sold
    flat = _flat(contract, max(start, contract.anchor + timedelta(days=plan.trial_days)), end)
    ahead = [d for f in plan.fixed if f.in_advance for d in _fixed(contract, f.code, start, end)]
    behind = [due for due in dues if due.end == end and due.kind != "subscription"]
    billed = sum((due.amount for due in (*flat, *ahead, *behind)), ZERO)
    whole = _whole(contract, plan.interval, start)
    missing = rounded(plan.commitment * (end - start).days / whole, plan.currency) - billed
    if missing <= 0:
        return []
    return [Due("commitment", plan.code, start, end, missing, precise=missing)]


def _progressive(contract: Contract, dues: list[Due]) -> tuple[list[Bill], Decimal]:
    """Give the invoices that usage above a threshold had before the period's end."""
    usage = [due for due in dues if due.kind == "charge"]
    reached = [t for t in contract.sold.thresholds if t <= sum((d.amount for d in usage), ZERO)]
    if not reached or not usage:
        return [], ZERO
    # Half of the period's units had been used by then.
    day = usage[0].start + timedelta(days=15)
    early = []
    for due in usage:
        if charge := due.charge:
            units = (due.units / 2).to_integral_value()
            precise = rate(charge.model, charge.properties, units)
            amount = rounded(precise, contract.sold.currency)
            half = replace(due, amount=amount, units=units, precise=precise, is_true_up=False)
            early.append(half)
    bill = Bill(day, early, kind="progressive_billing")
    return [bill], bill.fees


def _take_off(bill: Bill, coupon: Coupon, contract: Contract, earlier: list[Bill]) -> None:
    used = [made.coupons[coupon.code] for made in earlier if coupon.code in made.coupons]
    times = {"once": 1, "recurring": coupon.times}.get(coupon.frequency)
    left = coupon.amount
    if coupon.frequency == "once" and coupon.amount:
        # Once is until its amount is used up, over as many bills as that takes.
        left -= sum(used, ZERO)
        is_spent = left <= 0
    else:
        is_spent = times is not None and len(used) >= times
    is_other = bool(coupon.plans) and contract.plan.code not in coupon.plans
    if bill.day < coupon.since or is_spent or is_other:
        return
    dues = [
        due
        for due in bill.dues
        if not coupon.metrics or (due.kind == "charge" and due.code in coupon.metrics)
    ]
    base = sum((due.amount - due.taken_off for due in dues), ZERO) - bill.already
    if coupon.percent:
        left = rounded(base * coupon.percent / 100, contract.sold.currency)
    amount = min(left, base)
    if amount <= 0:
        return
    bill.coupons[coupon.code] = amount
    for due in dues:
        due.taken_off += amount * (due.amount - due.taken_off) / base

"""Customers of a year, and what each of them owes: worked out from their terms alone.

Standard library only: nothing here knows Odoo, or how the addons reckon.
"""

import random
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
CENT = Decimal("0.01")
#: Plan code: price a month, core-seconds included a month.
PLANS = {"small": (Decimal("49.00"), 360_000), "large": (Decimal("99.00"), 720_000)}
YEARLY = Decimal("490.00")
RATE_PER_HOUR = Decimal("0.0075")
CARD, FAILING_CARD, INVOICE, NEVER = "card", "failing card", "invoice", "never"
#: On this day a person renews the subscriptions of those who renew.
RENEWED_ON = date(2026, 6, 10)
#: The boundary of these months begins another plan, for those who change theirs.
CHANGES = {3: "large", 6: "small", 9: "large", 12: "small"}


def later(first: date, months: int) -> date:
    """Return the day a number of months after the first; a short month's last day."""
    whole = first.month - 1 + months
    year, month = first.year + whole // 12, whole % 12 + 1
    return date(year, month, min(first.day, monthrange(year, month)[1]))


@dataclass(frozen=True)
class Period:
    """Days [start, end) and what is due for them before tax."""

    start: date
    end: date
    amount: Decimal


@dataclass
class Customer:
    """One customer with one subscription.

    Attributes:
        first_day: Of the subscription, in 2025.
        cycle: monthly or yearly.
        pays: How: one of the constants above.
        renews: Whether a person renews it in the middle of the year.
        changes: Whether its plan changes every quarter.
        usage: Core-seconds by the first day of the month of use.
    """

    number: int
    first_day: date
    cycle: str
    pays: str
    renews: bool
    changes: bool
    usage: dict[date, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return what everything of theirs is called."""
        return f"year {self.number}"

    @property
    def months(self) -> int:
        """Return the length of a period."""
        return 12 if self.cycle == "yearly" else 1

    @property
    def renewal_waits(self) -> bool:
        """Return whether a renewal begins after the year: what is paid for lasts until then."""
        return self.renews and self.months == 12 and self.boundary() <= RENEWED_ON

    def boundary(self, months: int = 0) -> date:
        """Return the first day of a period that begins in the year; of usage for ``months`` 1."""
        step, number = months or self.months, 0
        while later(self.first_day, number * step) < FIRST:
            number += 1
        return later(self.first_day, number * step)

    def plan_on(self, day: date) -> str:
        """Return the plan whose period holds the day."""
        plan = "small"
        for month, code in CHANGES.items() if self.changes else ():
            if day >= date(2026, month, self.first_day.day):
                plan = code
        return plan

    def prices(self) -> list[Period]:
        """Return the recurring periods that begin in the year from the first boundary on."""
        return [
            Period(start, end, YEARLY if self.months == 12 else PLANS[self.plan_on(start)][0])
            for start, end in self._periods(self.months)
        ]

    def used(self) -> list[Period]:
        """Return the months of use from the first boundary on, to the cent."""
        return [Period(start, end, self._rated(start)) for start, end in self._periods(1)]

    def _periods(self, step: int) -> list[tuple[date, date]]:
        numbers = range(40)
        days = [later(self.first_day, number * step) for number in numbers]
        return [(start, end) for start, end in pairwise(days) if FIRST <= start <= LAST]

    def _rated(self, start: date) -> Decimal:
        included = PLANS[self.plan_on(start)][1]
        over = max(self.usage.get(start, 0) - included, 0)
        return (Decimal(over) / 3600 * RATE_PER_HOUR).quantize(CENT, rounding=ROUND_HALF_UP)


def make_customers(count: int) -> list[Customer]:
    """Return customers of every kind: the first two pay by a failing card, and never."""
    numbers = random.Random(19)
    customers = []
    for number in range(count):
        changes = number % 10 == 4
        day = numbers.choice((29, 30, 31)) if number % 4 == 1 and not changes else number % 28 + 1
        month = numbers.choice([1, 3, 5, 7, 8, 10, 12])
        customer = Customer(
            number=number,
            first_day=date(2025, month, day),
            cycle="yearly" if number % 5 == 2 else "monthly",
            pays=_pays(number),
            renews=number % 20 == 7 or number % 20 == 13,
            changes=changes,
        )
        for start, _end in customer._periods(1):
            customer.usage[start] = numbers.choice((0, 200_000, 360_000, 765_000, 1_500_123))
        customers.append(customer)
    return customers


def _pays(number: int) -> str:
    if number < 2:
        return (FAILING_CARD, NEVER)[number]
    return INVOICE if number % 3 == 0 else CARD

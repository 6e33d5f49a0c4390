"""A tenant with Lago's defaults: calendar periods in UTC, everything due when a period is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from deployments.sample.lago.objects.selling import tier
from deployments.sample.lago.tenant.book import TenantBook
from deployments.sample.lago.tenant.terms import Charge, Contract, Json, Plan

SERVICE = "memberships"
SEED = 11
#: A subscription is this old at most, so that a world is billed in seconds.
OLDEST_DAYS = 200


_VISITS = Charge("visits", "standard", {"amount": "1.25"}, (4, 11, 0, 7, 23))
_LOCKERS = Charge(
    "locker_days", "graduated",
    {"graduated_ranges": [tier(0, 10, "0"), tier(11, 30, "0.40"), tier(31, None, "0.25", "2")]},
    (8, 31, 22, 45),
)  # fmt: skip
_CLASSES = Charge(
    "classes", "package", {"amount": "18.00", "package_size": 5, "free_units": 2}, (1, 6, 13, 0)
)
PLANS = (
    Plan("day", Decimal("12.00"), charges=(_VISITS,)),
    Plan("basic", Decimal("29.90"), charges=(_LOCKERS,)),
    Plan("plus", Decimal("49.00"), charges=(_LOCKERS, _CLASSES)),
    Plan("family", Decimal("84.50")),
    Plan("week", Decimal("9.95"), interval="weekly"),
    Plan("quarter", Decimal("120.00"), interval="quarterly"),
)
_WEIGHTS = (25, 30, 20, 15, 5, 5)


def contracts(count: int, today: date, seed: int = SEED) -> Iterator[Contract]:
    """Yield subscriptions that began at any second of the last months, each of a customer."""
    random = Random(seed)  # noqa: S311 - sample data, and it must repeat
    now = datetime.combine(today, time(), UTC)
    for number in range(count):
        plan = random.choices(PLANS, _WEIGHTS)[0]
        started_at = now - timedelta(seconds=random.randrange(86_400, OLDEST_DAYS * 86_400))
        yield Contract(f"member-{number:06d}", plan, started_at)


def default_document(count: int, today: date, seed: int = SEED) -> Json:
    """Give such a tenant as the sandbox serves it."""
    book = TenantBook(SERVICE, today)
    book.add(contracts(count, today, seed))
    return book.document()

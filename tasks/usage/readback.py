"""Read Odoo's usage and ratings back, with its plain read calls, not with our addon's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tasks.model.rows import cut
from tasks.run.settings import load_settings
from tasks.usage.pages import ByPeriod
from tasks.usage.records import KEY_PREFIX, Rated, Stored

PAGE_ORDERS = 1000
#: As objects they take a hundred times their text: few are held at once.
PAGE_ROWS = 4000


def read_stored(
    service: str,
    deployments: Mapping[int, str],
    since: datetime | None,
    until: datetime | None,
) -> ByPeriod[Stored]:
    """Read the metered usage that Odoo holds: end and quantity by deployment and start.

    Args:
        service: The service's code.
        deployments: Deployment id by order id; only the usage of these orders is read.
        since: Only periods that start then or later (None: all).
        until: Only periods that start before (None: all).
    """
    fields = ["subscription_id", "period_start", "period_end", "quantity"]
    only = ("idempotency_key", "=like", f"{KEY_PREFIX}%")
    rows = _of_orders("fusion.billing.usage", service, deployments, since, until, fields, only)
    moments = _Moments()
    found: ByPeriod[Stored] = ByPeriod(deployments.values())
    found.add(
        (
            (deployments[row["subscription_id"]], moments.read(row["period_start"])),
            (moments.read(row["period_end"]), _exact(row["quantity"])),
        )
        for row in rows
    )
    return found


def read_ratings(
    service: str,
    deployments: Mapping[int, str],
    since: datetime | None,
    until: datetime | None,
) -> ByPeriod[Rated]:
    """Read what the periods cost, by deployment and start; the arguments are as above."""
    fields = [
        "subscription_id",
        "period_start",
        "units",
        "included",
        "overage_units",
        "amount",
        "explanation",
        "state",
        "flat",
    ]
    rows = _of_orders("fusion.billing.rating", service, deployments, since, until, fields)
    moments = _Moments()
    found: ByPeriod[Rated] = ByPeriod(deployments.values())
    found.add(
        (
            (deployments[row["subscription_id"]], moments.read(row["period_start"])),
            Rated(
                units=_exact(row["units"]),
                included=_exact(row["included"]),
                overage=_exact(row["overage_units"]),
                amount=_exact(row["amount"]),
                explanation=row["explanation"],
                billed=row["state"] == "billed",
                flat=_exact(row["flat"]),
            ),
        )
        for row in rows
    )
    return found


def _of_orders(
    model: str,
    service: str,
    deployments: Mapping[int, str],
    since: datetime | None,
    until: datetime | None,
    fields: list[str],
    *only: tuple[str, str, str],
) -> Iterator[dict[str, Any]]:
    """Read the orders' records, some orders at a time: Odoo finds them by its index."""
    odoo = load_settings().odoo()
    for orders in cut(deployments, PAGE_ORDERS):
        domain = [
            ("subscription_id", "in", orders),
            ("service_id.code", "=", service),
            *only,
            *_starting(since, until),
        ]
        yield from odoo.search_pages(model, domain, fields, PAGE_ROWS, names=False)


def _starting(since: datetime | None, until: datetime | None) -> list[tuple[str, str, str]]:
    bounds = [(">=", since), ("<", until)]
    return [
        ("period_start", sign, f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}")
        for sign, moment in bounds
        if moment
    ]


class _Moments:
    """Odoo's times as moments, each kept once: a month has few boundaries, many subscriptions."""

    def __init__(self) -> None:
        self._known: dict[str, datetime] = {}

    def read(self, text: str) -> datetime:
        if text not in self._known:
            self._known[text] = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return self._known[text]


@lru_cache(maxsize=4096)
def _exact(value: float) -> Decimal:
    """Take a number off the wire at the digits that Odoo keeps; quotas and zeros come often.

    JSON knows only floats: 15 digits survive, and the most seconds that a period can hold, to
    6 decimals, have no more.
    """
    return Decimal(repr(value))

"""Read Odoo's usage and ratings back, with its plain read calls, not with our addon's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from tasks.model.money import exact
from tasks.model.rows import cut
from tasks.run.settings import load_settings
from tasks.usage.pages import ByPeriod, Value
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
    fields = ["period_end", "quantity"]
    only = ("idempotency_key", "=like", f"{KEY_PREFIX}%")
    rows = _of_orders("fusion.billing.usage", service, deployments, since, until, fields, only)
    return _by_period(
        rows, deployments, lambda row: (_moment(row["period_end"]), exact(row["quantity"]))
    )


def read_ratings(
    service: str,
    deployments: Mapping[int, str],
    since: datetime | None,
    until: datetime | None,
) -> ByPeriod[Rated]:
    """Read what the periods cost, by deployment and start; the arguments are as above."""
    fields = ["units", "included", "overage_units", "amount", "explanation", "state", "flat"]
    rows = _of_orders("fusion.billing.rating", service, deployments, since, until, fields)
    return _by_period(
        rows,
        deployments,
        lambda row: Rated(
            units=exact(row["units"]),
            included=exact(row["included"]),
            overage=exact(row["overage_units"]),
            amount=exact(row["amount"]),
            explanation=row["explanation"],
            billed=row["state"] == "billed",
            flat=exact(row["flat"]),
        ),
    )


def _by_period(
    rows: Iterable[dict[str, Any]],
    deployments: Mapping[int, str],
    read: Callable[[dict[str, Any]], Value],
) -> ByPeriod[Value]:
    found: ByPeriod[Value] = ByPeriod(deployments.values())
    found.add(
        ((deployments[row["subscription_id"]], _moment(row["period_start"])), read(row))
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
        asked = ["subscription_id", "period_start", *fields]
        yield from odoo.search_pages(model, domain, asked, PAGE_ROWS, names=False)


def _starting(since: datetime | None, until: datetime | None) -> list[tuple[str, str, str]]:
    bounds = [(">=", since), ("<", until)]
    return [
        ("period_start", sign, f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}")
        for sign, moment in bounds
        if moment
    ]


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime:
    """Read Odoo's time; each is kept once: a month has few boundaries, many subscriptions."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)

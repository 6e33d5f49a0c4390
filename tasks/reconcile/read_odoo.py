"""Read Odoo's ledger: one page of subscriptions after the other, which goes to disk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl

from tasks.clients.odoo.connection import Odoo
from tasks.clients.odoo.ledger import (
    UsageKey,
    ledger_page,
    lines_of,
    long_period_page,
    switched_of,
    usage_rows,
)
from tasks.model.ledger import LEDGER_SCHEMA, ledger_frame
from tasks.reconcile.causes.differing import EVIDENCE_SCHEMA
from tasks.reconcile.pages import OnDisk
from tasks.reconcile.window import SWITCHED_SCHEMA, ReconcileWindow

PAGE_ROWS = 1000
USAGE = "usage:"


@dataclass(frozen=True, slots=True)
class OdooLedger:
    """Odoo's lines, how many orders they are of, what Odoo could not rate, and what it bills.

    ``switched`` (``SWITCHED_SCHEMA``) says from when on Odoo bills a subscription. ``long`` are the
    prices that were due last (``tasks.reconcile.long_periods``).
    """

    lines: OnDisk
    orders: int
    failed: tuple[dict[str, Any], ...] = field(default=())
    switched: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SWITCHED_SCHEMA))
    long: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LEDGER_SCHEMA))


def odoo_ledger(
    odoo: Odoo,
    services: Sequence[str],
    window: ReconcileWindow,
    *,
    by_month: Collection[str] = (),
) -> OdooLedger:
    """Read the lines of the periods that start in the window, and some around it.

    ``by_month`` are services of which the latest price of who pays by the month is asked for, too.
    """
    lines = OnDisk(LEDGER_SCHEMA)
    orders = 0
    failed: list[dict[str, Any]] = []
    switched: list[tuple[object, ...]] = []
    # A charge of its own key counts some of a metric's units: the other side says the metric.
    named = pl.col("item").str.replace(r"^((?:usage|minimum):.+)\[.*\]$", "$1")
    for service in services:
        for page in _pages(ledger_page, odoo, service, window.read_from, window.read_until):
            frame = ledger_frame(lines_of(service, page)).with_columns(item=named)
            lines.add(frame)
            # An order is in one page.
            orders += frame.n_unique(["subscription", "ref"])
            failed += page["failed"]
            switched += switched_of(service, page)
    return OdooLedger(
        lines,
        orders,
        tuple(failed),
        pl.DataFrame(switched, schema=SWITCHED_SCHEMA, orient="row"),
        pl.concat(
            _long_periods(odoo, service, window, months=service in by_month) for service in services
        ),
    )


def _long_periods(
    odoo: Odoo, service: str, window: ReconcileWindow, *, months: bool
) -> pl.DataFrame:
    ask = partial(long_period_page, months=months)
    pages = _pages(ask, odoo, service, window.since, window.until)
    frames = (ledger_frame(lines_of(service, page)) for page in pages)
    return pl.concat([pl.DataFrame(schema=LEDGER_SCHEMA), *frames])


def _pages(
    ask: Callable[..., dict[str, Any]], odoo: Odoo, service: str, since: datetime, until: datetime
) -> Iterator[dict[str, Any]]:
    after_id: int | None = 0
    while after_id is not None:
        page = ask(
            odoo,
            service,
            since.isoformat(),
            until.isoformat(),
            after_id=after_id,
            page_rows=PAGE_ROWS,
        )
        yield page
        after_id = page["next_after_id"]


def odoo_evidence(odoo: Odoo, service: str, needed: pl.DataFrame) -> pl.DataFrame:
    """Read the usage that Odoo holds of the lines that ``evidence_needed`` names."""
    keys: list[UsageKey] = [
        (subscription, item.removeprefix(USAGE), since.isoformat(), until.isoformat())
        for subscription, item, since, until in needed.filter(pl.col("service") == service)
        .select("subscription", "item", "since", "until")
        .unique(maintain_order=True)
        .iter_rows()
    ]
    rows = [
        (service, subscription, f"{USAGE}{metric}", start, end, quantity)
        for subscription, metric, start, end, quantity in usage_rows(odoo, service, keys)
    ]
    return pl.DataFrame(rows, schema=EVIDENCE_SCHEMA, orient="row").unique()

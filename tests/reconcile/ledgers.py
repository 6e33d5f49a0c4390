"""Ledger lines to compare, with sane defaults."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import LedgerLine, ledger_frame
from tasks.reconcile.compare import compare
from tasks.reconcile.source import CUSTOMERS_SCHEMA, SUBSCRIPTIONS_SCHEMA, Source

TORONTO = ZoneInfo("America/Toronto")
HOUR = 3600


def moment(text: str) -> datetime:
    """Midnight in Toronto of a day."""
    return datetime.fromisoformat(text).replace(tzinfo=TORONTO).astimezone(UTC)


def charge_terms(plan_code: str = "basic", **changes: Any) -> str:
    terms = {
        "charge_model": "standard",
        "included_quota": str(100 * HOUR),
        "unit_batch": HOUR,
        "price_per_unit": "0.0075",
        "rounding": "fractional",
        "minimum_amount": "0",
        "tiers": [],
        "plan_code": plan_code,
    }
    return json.dumps(terms | changes)


def flat_terms(price: str = "39", plan_code: str = "basic", cycle: str = "monthly") -> str:
    return json.dumps({"price": price, "cycle": cycle, "plan_code": plan_code})


def line(amount: str = "39", item: str = "flat", **changes: Any) -> LedgerLine:
    values = {
        "service": "nexacloud",
        "customer": "anna",
        "subscription": "sub-1",
        "item": item,
        "period_start": moment("2026-09-05"),
        "period_end": moment("2026-10-05"),
        "units": None,
        "amount": amount,
        "currency": "CAD",
        "tax_rate": None,
        "ref": "INV-1",
        "origin": "stripe",
        "terms": "",
    }
    return LedgerLine(**(values | changes))


def flat(amount: str = "39", **changes: Any) -> LedgerLine:
    """Odoo's line of a plan's price."""
    own = {"terms": flat_terms(amount), "origin": "odoo", "ref": "S1", "units": "1"}
    return line(amount, **(own | changes))


def usage(amount: str, hours: str, **changes: Any) -> LedgerLine:
    """Odoo's line of usage: by default beyond 100 core-hours at 0.0075."""
    own = {"terms": charge_terms(), "origin": "odoo", "ref": "S1", "units": seconds(hours)}
    return line(amount, "usage:cpu_seconds", **(own | changes))


def billed(amount: str, hours: str | None = None, **changes: Any) -> LedgerLine:
    """The other side's line of usage."""
    units = None if hours is None else seconds(hours)
    return line(amount, "usage:cpu_seconds", **({"units": units} | changes))


def seconds(hours: str) -> str:
    from decimal import Decimal

    return format((Decimal(hours) * HOUR).normalize(), "f")


def due(ours: LedgerLine, amount: str | None = None, **changes: Any) -> LedgerLine:
    """What the terms say of a line of Odoo's: the same, if nothing else is said."""
    told = {"amount": amount or ours.amount, "origin": "terms", "ref": "terms", "tax_rate": None}
    return ours._replace(**(told | changes))


def known(
    expected: list[LedgerLine] = (),  # type: ignore[assignment]
    *,
    ended: dict[str, str] | None = None,
    kept_out: dict[str, str] | None = None,
    runs: tuple[str, ...] = (),
    customers: list[tuple[Any, ...]] = (),  # type: ignore[assignment]
    unpriced: bool = False,
) -> Source:
    """What the source says; ``ended`` maps a subscription to its last day."""
    rows = [("nexacloud", name, moment(day), None, "") for name, day in (ended or {}).items()]
    start = moment("2026-01-05")
    rows += [("nexacloud", name, None, start, why) for name, why in (kept_out or {}).items()]
    rows += [("nexacloud", name, None, start, "") for name in runs]
    return Source(
        ledger_frame(expected),
        frozenset({"nexacloud"} if unpriced else ()),
        subscriptions=pl.DataFrame(rows, schema=SUBSCRIPTIONS_SCHEMA, orient="row"),
        customers=pl.DataFrame(list(customers), schema=CUSTOMERS_SCHEMA, orient="row"),
    )


def matched(
    odoo: list[LedgerLine],
    external: list[LedgerLine],
    evidence: pl.DataFrame | None = None,
    source: Source | None = None,
) -> list[dict[str, Any]]:
    """Compare and give the rows."""
    return compare(
        ledger_frame(odoo), ledger_frame(external), TORONTO, evidence=evidence, source=source
    ).to_dicts()


def only(
    *ledgers: list[LedgerLine],
    evidence: pl.DataFrame | None = None,
    source: Source | None = None,
) -> dict[str, Any]:
    """Compare ledgers that give one row, and give it."""
    (row,) = matched(*ledgers, evidence=evidence, source=source)
    return row

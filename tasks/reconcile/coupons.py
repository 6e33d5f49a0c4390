"""What an order's coupons would have taken off past periods: it only holds them as of now.

A line of an order has an amount, that of a whole period, and no first day. Lago tells when each
coupon was first used, and takes a percentage of, and no more than, what a period costs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from tasks.model.lago import LagoCoupon
from tasks.model.lago_periods import prorated
from tasks.model.ledger import DISCOUNT, FIXED, FLAT, LEDGER_SCHEMA, LedgerLine, ledger_frame
from tasks.model.money import minor_digits

#: What the item of a coupon's line begins with.
#: Periods of the two sides begin on the same day, and their days may begin some hours apart.
_TOLERANCE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Applied:
    """A coupon of a customer.

    ``begins`` is the first moment of the first period that it lowered (None: of none yet).
    ``percent``: None where it is an amount.
    """

    begins: datetime | None
    percent: Decimal | None


Coupons = Mapping[tuple[str, str], Applied]
"""By customer and item, ``discount:<code>``."""


def applied_coupons(coupons: Iterable[LagoCoupon], lines: Iterable[LedgerLine]) -> Coupons:
    """Say of each coupon when it was first used; whose use cannot be told apart is left out.

    Args:
        coupons: As Lago has them.
        lines: All that Lago billed for coupons, of any time; others say nothing here.
    """
    used: dict[tuple[str, str], list[LedgerLine]] = defaultdict(list)
    for line in lines:
        if line.item.startswith(DISCOUNT):
            used[line.customer, line.item].append(line)
    found: dict[tuple[str, str], Applied] = {}
    for coupon in coupons:
        key = coupon.customer, f"{DISCOUNT}{coupon.code}"
        is_apart = all(line.subscription for line in used[key])
        if is_apart and (used[key] or not coupon.credits):
            begins = min((line.period_start for line in used[key]), default=None)
            found[key] = Applied(begins, coupon.percent)
    return found


def as_applied(odoo: pl.DataFrame, live: Iterable[str], coupons: Coupons) -> pl.DataFrame:
    """Give Odoo's lines with the coupons of past periods as Lago applies them.

    Args:
        odoo: Its ledger (``LEDGER_SCHEMA``).
        live: Subscriptions that Odoo bills: theirs stay as they are.
        coupons: See ``applied_coupons``.
    """
    is_coupon = pl.col("item").str.starts_with(DISCOUNT) & ~pl.col("subscription").is_in(list(live))
    found = odoo.filter(is_coupon)
    if not coupons or not found.height:
        return odoo
    due = _due(odoo.filter(pl.col("subscription").is_in(found["subscription"].to_list())))
    rows = (_applied(row, coupons, due) for row in found.iter_rows(named=True))
    kept = ledger_frame(
        tuple(row[name] for name in LEDGER_SCHEMA) for row in rows if row is not None
    )
    return pl.concat([odoo.filter(~is_coupon), kept])


def _applied(
    row: dict[str, Any],
    coupons: Coupons,
    due: Mapping[tuple[str, datetime], tuple[Decimal, Decimal]],
) -> dict[str, Any] | None:
    """Give a coupon's line as Lago would have it; None: it had not begun."""
    coupon = coupons.get((row["customer"], row["item"]))
    if coupon is None:
        return row
    if coupon.begins is None or row["period_end"] <= coupon.begins + _TOLERANCE:
        return None
    part, whole = due.get((row["subscription"], row["period_end"]), (Decimal(0), Decimal(0)))
    if not 0 < part < whole:
        return row
    off, digits = -Decimal(row["amount"]), minor_digits(row["currency"])
    taken = min(off, part)
    if coupon.percent is not None:
        # What the order holds is rounded; it may not be what the coupon says.
        is_told = off == prorated(whole * coupon.percent / 100, 1, 1, digits)
        rate = coupon.percent / 100 if is_told else off / whole
        taken = prorated(part * rate, 1, 1, digits)
    return {**row, "amount": f"{-taken:f}"}


def _due(lines: pl.DataFrame) -> dict[tuple[str, datetime], tuple[Decimal, Decimal]]:
    """Give by subscription and end what a period cost, and what a whole one does."""
    found: dict[tuple[str, datetime], tuple[Decimal, Decimal]] = {}
    for row in lines.iter_rows(named=True):
        is_flat = row["item"] == FLAT and row["terms"]
        if not is_flat and not row["item"].startswith(FIXED):
            continue
        amount = prorated(Decimal(row["amount"]), 1, 1, minor_digits(row["currency"]))
        whole = Decimal(json.loads(row["terms"])["price"]) if is_flat else amount
        key = row["subscription"], row["period_end"]
        before = found.get(key, (Decimal(0), Decimal(0)))
        found[key] = before[0] + amount, before[1] + whole
    return found

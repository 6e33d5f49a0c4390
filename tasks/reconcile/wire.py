"""Differences on their way into Odoo: one row for each, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl

from tasks.model.ledger import MICRO, Cause, WrongSide
from tasks.model.money import decimal_text
from tasks.reconcile.window import ReconcileWindow

BATCH_FORMAT = 1
#: A subscription has one line of these in a period, as Odoo knows them.
_SINGLE = ("flat", "usage:", "minimum:")


def reconciliation_batches(
    lines: pl.DataFrame,
    *,
    service: str,
    run: str,
    window: ReconcileWindow,
    dry_run: bool,
    batch_rows: int,
) -> Iterator[dict[str, Any]]:
    """Yield the batches of one service; the last closes the run, so there is always one.

    Args:
        lines: The comparison (``MATCHED_SCHEMA``), of any services.
        service: The one to send.
        run: Key of the run.
        window: Which periods were compared.
        dry_run: Odoo does all the work and rolls it back.
        batch_rows: Differences in one batch.
    """
    own = lines.filter(pl.col("service") == service)
    unsettled = own.filter(pl.col("wrong_side") != WrongSide.NONE.value)
    rows = list(_rows(unsettled))
    chunks = [rows[at : at + batch_rows] for at in range(0, len(rows), batch_rows)] or [[]]
    for number, chunk in enumerate(chunks, start=1):
        batch = {
            "format": BATCH_FORMAT,
            "service": service,
            "run": run,
            "key": f"{run}:{service}:{number}",
            "dry_run": dry_run,
            "rows": chunk,
        }
        if number == len(chunks):
            batch |= {
                "final": True,
                "period_from": window.since.isoformat(),
                "period_to": window.until.isoformat(),
                "matched": own.height - unsettled.height,
                "totals": totals_of(own),
            }
        yield batch


def totals_of(lines: pl.DataFrame) -> dict[str, dict[str, str]]:
    """Add up the sides by currency."""
    sides = ("odoo", "external", "expected")
    sums = lines.group_by("currency").agg(pl.col(f"{side}_micro").sum() for side in sides)
    return {
        currency: {side: _amount(micro) for side, micro in zip(sides, micros, strict=True)}
        for currency, *micros in sums.sort("currency").iter_rows()
    }


def _rows(unsettled: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield one row for each line that Odoo knows as one.

    A pair in two currencies is one, in Odoo's currency. So is what was billed of an item once
    too often, with what is due of it, where that is not settled either.
    """
    together: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in unsettled.iter_rows(named=True):
        known = together.setdefault(_key(row), row)
        if known is not row:
            together[_key(row)] = _joined(known, row)
    yield from map(_wire, together.values())


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ["customer", "subscription", "item", "period_start"]
    if row["cause"] != Cause.CURRENCY.value:
        names.append("currency")
        if not (row["subscription"] and row["item"].startswith(_SINGLE)):
            names += ["external_origin", "external_ref"]
    return tuple(row[name] for name in names)


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Put two rows together; Odoo's currency, or the first one's, counts."""
    ours, theirs = (other, one) if one["odoo_micro"] is None else (one, other)
    sides = ("odoo_micro", "external_micro", "expected_micro")
    if ours["currency"] != theirs["currency"]:
        return ours | {side: theirs[side] if ours[side] is None else ours[side] for side in sides}
    told = max(one, other, key=lambda row: abs(row["delta_micro"]))
    return told | {side: _sum(ours[side], theirs[side]) for side in sides}


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


def _wire(row: dict[str, Any]) -> dict[str, Any]:
    odoo, external = row["odoo_micro"] or 0, row["external_micro"] or 0
    expected = row["expected_micro"]
    return {
        "customer": row["customer"],
        "subscription": row["subscription"],
        "item": row["item"],
        "period_start": _iso(row["period_start"]),
        "period_end": _iso(row["period_end"]),
        "outcome": row["outcome"],
        "wrong_side": row["wrong_side"],
        "odoo_amount": _amount(odoo),
        "external_amount": _amount(external),
        "expected_amount": None if expected is None else _amount(expected),
        "delta": _amount(odoo - external),
        "external_tax_rate": row["tax_rate"],
        "odoo_tax_rate": row["odoo_tax_rate"],
        "currency": row["currency"],
        "cause": row["cause"],
        "evidence": row["evidence"],
        "ref": row["external_ref"],
        "origin": row["external_origin"],
    }


def _amount(micro: int) -> str:
    return decimal_text(Decimal(micro) / MICRO)


def _iso(moment: datetime) -> str:
    """Write a moment in whole seconds: Odoo keeps no fractions."""
    return moment.replace(microsecond=0).isoformat()

"""Differences on their way into Odoo: one row for each, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl

from tasks.model.ledger import MICRO, Cause, LineOutcome
from tasks.model.money import decimal_text
from tasks.reconcile.window import ReconcileWindow

BATCH_FORMAT = 1


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
    rows = list(_rows(own.filter(pl.col("outcome") != LineOutcome.MATCH.value)))
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
                "matched": own.height - own.filter(pl.col("outcome") != "match").height,
                "totals": totals_of(own),
            }
        yield batch


def totals_of(lines: pl.DataFrame) -> dict[str, dict[str, str]]:
    """Add up both sides by currency."""
    sums = lines.group_by("currency").agg(pl.col("odoo_micro", "external_micro").sum())
    return {
        currency: {"odoo": _amount(odoo), "external": _amount(external)}
        for currency, odoo, external in sums.sort("currency").iter_rows()
    }


def _rows(differing: pl.DataFrame) -> Iterator[dict[str, Any]]:
    two = (pl.col("cause") == Cause.CURRENCY.value) & (pl.col("outcome") == LineOutcome.DELTA.value)
    waiting: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in differing.filter(~two).iter_rows(named=True):
        yield _wire(row)
    # A pair in two currencies is one difference in Odoo, in Odoo's currency.
    names = ("service", "customer", "subscription", "item", "period_start")
    for row in differing.filter(two).iter_rows(named=True):
        key = tuple(row[name] for name in names)
        other = waiting.pop(key, None)
        if other is None:
            waiting[key] = row
            continue
        ours, theirs = (row, other) if row["odoo_micro"] is not None else (other, row)
        yield _wire(ours | {"external_micro": theirs["external_micro"]})


def _wire(row: dict[str, Any]) -> dict[str, Any]:
    odoo, external = row["odoo_micro"] or 0, row["external_micro"] or 0
    return {
        "customer": row["customer"],
        "subscription": row["subscription"],
        "item": row["item"],
        "period_start": _iso(row["period_start"]),
        "period_end": _iso(row["period_end"]),
        "outcome": row["outcome"],
        "odoo_amount": _amount(odoo),
        "external_amount": _amount(external),
        "delta": _amount(odoo - external),
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

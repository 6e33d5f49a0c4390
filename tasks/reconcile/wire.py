"""Differences on their way into Odoo: one row for each, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any

import polars as pl

from tasks.model.ledger import FLAT, MICRO, USAGE, Cause, WrongSide
from tasks.model.money import decimal_text
from tasks.reconcile.long_periods import LongPeriods
from tasks.reconcile.pages import Compared
from tasks.reconcile.window import ReconcileWindow

BATCH_FORMAT = 1
#: A subscription has one line of these in a period, as Odoo knows them.
_SINGLE = (FLAT, USAGE, "minimum")
#: Differences, and the periods longer than a month that were compared.
Part = tuple[list[Any], list[Any]]


def reconciliation_batches(
    lines: Compared,
    long: LongPeriods,
    *,
    service: str,
    run: str,
    window: ReconcileWindow,
    dry_run: bool,
    batch_rows: int,
) -> Iterator[dict[str, Any]]:
    """Yield the batches of one service; the last closes the run, so there is always one.

    Args:
        lines: The comparison, of any services.
        long: The prices of periods longer than a month: what differs is sent like the rest, and
            which there are, so that Odoo knows what differs no more. They count in no sum.
        service: The one to send.
        run: Key of the run.
        window: Which periods were compared.
        dry_run: Odoo does all the work and rolls it back.
        batch_rows: Differences in one batch.
    """
    of_service = pl.col("service") == service
    is_unsettled = pl.col("wrong_side") != WrongSide.NONE.value
    # What Odoo knows as one is of one subscription, and so in one page.
    unsettled = (
        _rows(each.filter(of_service, is_unsettled)) for each in chain(lines, (long.lines,))
    )
    periods = long_periods_of(long.periods.filter(of_service, pl.col("is_apart")))
    # All rows come before the periods: what they do not name agrees.
    parts = chain(
        ((chunk, []) for chunk in _chunks(chain.from_iterable(unsettled), batch_rows)),
        (([], chunk) for chunk in _chunks(periods, batch_rows)),
    )
    own = lines.sums.filter(of_service)
    for number, ((chunk, named), is_last) in enumerate(_until_last(parts), start=1):
        batch = {
            "format": BATCH_FORMAT,
            "service": service,
            "run": run,
            "key": f"{run}:{service}:{number}",
            "dry_run": dry_run,
            "rows": chunk,
            "long_periods": named,
        }
        if is_last:
            batch |= {
                "final": True,
                "period_from": window.since.isoformat(),
                "period_to": window.until.isoformat(),
                "matched": own.filter(~is_unsettled)["rows"].sum(),
                "totals": totals_of(own),
            }
        yield batch


def long_periods_of(periods: pl.DataFrame) -> list[list[str]]:
    """Name subscriptions with the begin of a period, as Odoo is told.

    Args:
        periods: ``long_periods.PERIODS_SCHEMA``.
    """
    columns = ("subscription", "period_start")
    pairs = periods.select(columns).unique().sort(columns)
    return [[subscription, _iso(start)] for subscription, start in pairs.iter_rows()]


def _chunks(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, size)):
        yield chunk


def _until_last(parts: Iterator[Part]) -> Iterator[tuple[Part, bool]]:
    """Give each part, and whether it is the last; of none, an empty one."""
    part = next(parts, ([], []))
    for following in parts:
        yield part, False
        part = following
    yield part, True


def totals_of(sums: pl.DataFrame) -> dict[str, dict[str, str]]:
    """Add up the sides by currency."""
    sides = ("odoo", "external", "expected")
    by_currency = sums.group_by("currency").agg(pl.col(sides).sum()).sort("currency")
    return {
        currency: {side: _amount(micro) for side, micro in zip(sides, micros, strict=True)}
        for currency, *micros in by_currency.iter_rows()
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

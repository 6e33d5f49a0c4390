"""Re-rating: which known wrong gives exactly the amount that was billed."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import ADDON, FLAT, USAGE, Cause, joined_causes
from tasks.model.nexacloud import CYCLE_MONTHS
from tasks.reconcile.causes.amounts import amount_text, target_of
from tasks.reconcile.causes.candidates import (
    Candidate,
    Line,
    flat_candidates,
    told_terms,
    usage_candidates,
)
from tasks.reconcile.causes.differing import SIDES
from tasks.reconcile.causes.terms import Catalogue
from tasks.reconcile.causes.usage import UsageRow
from tasks.reconcile.match.matched import Explanation

#: From so many cents on, an amount in whole cents hardly comes about by chance.
_MANY_UNITS = 2_000
#: A price that is simply another one gives any amount: it is claimed last.
_LAST = len(Cause)
_LONG = timedelta(days=300)


def re_rated(
    rows: Sequence[Mapping[str, Any]],
    plans: Catalogue,
    usage: Mapping[tuple[str, str, str], Sequence[UsageRow]],
    zone: ZoneInfo,
    cents: Mapping[int, Explanation],
) -> dict[int, Explanation]:
    """Explain pairs; one of ``cents`` apart has another cause only where other lines have it."""
    candidates: dict[int, list[Candidate]] = {}
    support: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        line = _line(row, zone)
        if row["item"] == FLAT:
            found = [*flat_candidates(line, plans), _other_price(row)]
        elif row["item"].startswith(USAGE):
            key = (row["service"], row["subscription"], row["item"])
            found = list(usage_candidates(line, plans, usage.get(key, ())))
        elif row["item"].startswith(ADDON):
            found = [*_month_of_a_year(row), _other_price(row)]
        else:
            found = []
        candidates[row["at"]] = found
        support.update({(row["service"], row["subscription"], *_way(each)) for each in found})
    return {
        row["at"]: _chosen(row, candidates[row["at"]], support, cents.get(row["at"]))
        for row in rows
    }


def _way(candidate: Candidate) -> tuple[tuple[Cause, ...], str]:
    # A part of a period is another part each time; the other wrongs are the same in each period.
    return candidate.causes, candidate.way


def _other_price(row: Mapping[str, Any]) -> Candidate:
    ours, theirs = (amount_text(row[f"{side}_micro"]) for side in SIDES)
    where = "by the terms" if row["stands_in"] else "in Odoo"
    return Candidate(
        (Cause.FLAT_PRICE_DIFFERS,),
        theirs,
        f"the price is {theirs} there and {ours} {where}",
        is_sure=True,
    )


def _month_of_a_year(row: Mapping[str, Any]) -> Iterator[Candidate]:
    """Yield that an add-on was billed by the month, and Odoo bills it with the year's price."""
    is_year = row["odoo_period_end"] - row["odoo_period_start"] > _LONG
    if is_year and row["odoo_exact"] == row["external_micro"] * CYCLE_MONTHS["yearly"]:
        words = "a month of it, and Odoo bills the year at once"
        yield Candidate((Cause.PRORATION,), "month", words, is_sure=True)


def _chosen(
    row: Mapping[str, Any],
    candidates: Sequence[Candidate],
    support: Mapping[Any, int],
    otherwise: Explanation | None,
) -> Explanation:
    target = target_of(row)

    def supported(candidate: Candidate) -> int:
        return support[row["service"], row["subscription"], *_way(candidate)]

    def is_credible(candidate: Candidate) -> bool:
        if supported(candidate) > 1:
            return True
        if otherwise:
            return False
        if candidate.is_sure:
            return True
        if Cause.PLAN_DIFFERS in candidate.causes:
            return False
        return len(candidate.causes) == 1 or abs(target.micro) >= _MANY_UNITS * target.unit

    def rank(candidate: Candidate) -> tuple[Any, ...]:
        order = [list(Cause).index(cause) for cause in candidate.causes]
        several = supported(candidate) > 1
        if Cause.FLAT_PRICE_DIFFERS in candidate.causes:
            # One price in several periods is a price; once, it may be anything else first.
            order = [0 if several else _LAST]
            return (1 if several else 3, 0, order)
        if Cause.PRORATION in candidate.causes:
            return (2, len(candidate.causes), order)
        return (0, len(candidate.causes), -supported(candidate), order)

    credible = sorted(filter(is_credible, candidates), key=rank)
    if not credible:
        return otherwise or Explanation(Cause.UNEXPLAINED, _unexplained(row))
    best = credible[0]
    amount = amount_text(target.micro, target.currency)
    words = best.words[0].upper() + best.words[1:]
    if best.causes == (Cause.FLAT_PRICE_DIFFERS,):
        return Explanation(Cause.FLAT_PRICE_DIFFERS, f"{words}.")
    return Explanation(joined_causes(best.causes), f"{words}: {amount}, as billed.")


def _unexplained(row: Mapping[str, Any]) -> str:
    ours, theirs = (amount_text(row[f"{s}_micro"], row[f"{s}_currency"]) for s in SIDES)
    units = ""
    if row["item"].startswith(USAGE) and row["external_units"] is not None:
        units = f" ({row['external_units']} units there, {row['odoo_units']} here)"
    who = "by its terms it is" if row["stands_in"] else "Odoo has"
    return f"Billed as {theirs}, {who} {ours}{units}: no known cause gives this amount."


def _line(row: Mapping[str, Any], zone: ZoneInfo) -> Line:
    start: datetime = row["odoo_period_start"]
    return Line(
        service=row["service"],
        item=row["item"],
        period=(start, row["odoo_period_end"]),
        external_period=(row["external_period_start"], row["external_period_end"]),
        odoo_micro=row["odoo_exact"],
        target=target_of(row),
        units=_decimal(row["odoo_units"]),
        external_units=_decimal(row["external_units"]),
        tax=_decimal(row["external_tax_rate"]),
        terms=row["odoo_terms"],
        told=told_terms(json.loads(row["external_terms"]) if row["external_terms"] else None),
        zone_offset=start.astimezone(zone).utcoffset() or timedelta(),
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def usage_rows(evidence: pl.DataFrame | None) -> dict[tuple[str, str, str], list[UsageRow]]:
    """Give the usage rows by service, subscription and item, in the order of time."""
    found: dict[tuple[str, str, str], list[UsageRow]] = defaultdict(list)
    if evidence is not None:
        for row in evidence.sort("period_start", "period_end", "units").iter_rows(named=True):
            key = (row["service"], row["subscription"], row["item"])
            usage = UsageRow(row["period_start"], row["period_end"], Decimal(row["units"]))
            found[key].append(usage)
    return found

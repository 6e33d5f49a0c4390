"""Explaining: each line that does not match gets one cause, or two at once, and the evidence.

First what can be said without arithmetic: no partner, another currency, a cent of rounding. Each
other pair is re-rated under one hypothesis at a time. Where several give the other side's
amount, the one that explains most lines of the subscription wins, then the one that comes first
in ``Cause``. Nothing is claimed that does not give the amount.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import (
    MICRO,
    MOMENT,
    Cause,
    LineOutcome,
    WrongSide,
    joined_causes,
    minor_unit_micro,
)
from tasks.reconcile.causes.amounts import Target, amount_text
from tasks.reconcile.causes.candidates import (
    Candidate,
    Line,
    flat_candidates,
    told_terms,
    usage_candidates,
)
from tasks.reconcile.causes.ended import closed_rows, ended_before_copy
from tasks.reconcile.causes.tax import Taxes
from tasks.reconcile.causes.terms import Catalogue, catalogue
from tasks.reconcile.causes.unmatched import FLAT, USAGE, Explanation, Lonely
from tasks.reconcile.causes.usage import UsageRow
from tasks.reconcile.match.match import Matching
from tasks.reconcile.match.sides import NAMES
from tasks.reconcile.source import Source

#: Usage around the lines that differ, as finely as it is known.
EVIDENCE_SCHEMA: dict[str, pl.DataType] = {
    "service": pl.String(),
    "subscription": pl.String(),
    "item": pl.String(),
    "period_start": MOMENT,
    "period_end": MOMENT,
    "units": pl.String(),
}
PRORATION = "proration:"
#: From so many cents on, an amount in whole cents hardly comes about by chance.
_MANY_UNITS = 2_000
#: The last place of an amount with four decimals.
_SLACK_MICRO = 100
_SIDES = ("odoo", "external")
_OF_SIDE = (
    "micro", "exact", "currency", "period_start", "period_end", "units", "ref", "lines", "terms",
    "tax_rate",
)  # fmt: skip
#: A price that is simply another one gives any amount: it is claimed last.
_LAST = len(Cause)


def explain(
    matching: Matching,
    zone: ZoneInfo,
    evidence: pl.DataFrame | None = None,
    source: Source | None = None,
) -> dict[int, Explanation]:
    """Return the explanation of each row that does not match, by its position in ``rows``.

    Args:
        matching: The ledgers, matched.
        zone: The company's time zone.
        evidence: Rows of ``EVIDENCE_SCHEMA``, of the lines that ``evidence_needed`` names.
        source: What the source says of subscriptions and customers.
    """
    source = source or Source()
    wide = differing(matching)
    closed = closed_rows(wide)
    rows = wide.filter(~closed).to_dicts()
    lonely = Lonely(matching, rows, zone, source)
    taxes = Taxes(source, rows)
    found = ended_before_copy(wide.filter(closed), source, zone)
    pairs = []
    for row in rows:
        if row["wrong_side"] == WrongSide.TERMS.value:
            found[row["at"]] = _misread(row)
        elif row["wrong_side"] == WrongSide.NONE.value and not row["stands_in"]:
            found[row["at"]] = _over(row)
        elif row["outcome"] == LineOutcome.MATCH.value and not row["stands_in"]:
            found[row["at"]] = taxes.explain(row)
        elif row["outcome"] != LineOutcome.DELTA.value or lonely.is_not_held(row):
            found[row["at"]] = lonely.explain(row)
        elif row["item"].startswith(PRORATION):
            found[row["at"]] = _other_part(row)
        elif simple := _other_currency(row) or _rounding(row):
            found[row["at"]] = simple
            if simple.cause == Cause.ROUNDING and not _can_be_rounded(row):
                pairs.append(row)
        else:
            pairs.append(row)
    found |= _re_rated(pairs, _catalogue(matching), _usage_rows(evidence), zone, found)
    return _with_minimums(found, rows)


def _over(row: Mapping[str, Any]) -> Explanation:
    """Tell a line that was billed as its terms say, and that Odoo need not have any more."""
    if row["item"].startswith(PRORATION):
        name = row["item"].removeprefix(PRORATION)
        words = f"“{name}” settled a part of a period, as its terms say; Odoo bills whole periods."
        return Explanation(Cause.PRORATION, words)
    words = "The plan was changed since; it was billed as the terms of that time say."
    return Explanation(Cause.PLAN_DIFFERS, words)


def _other_part(row: Mapping[str, Any]) -> Explanation:
    """Tell a part of a period for which another amount was billed than its days give."""
    ours, theirs = (amount_text(row[f"{s}_micro"], row[f"{s}_currency"]) for s in _SIDES)
    who = "its days give" if row["stands_in"] else "Odoo has"
    return Explanation(Cause.PRORATION, f"Billed as {theirs}; {who} {ours}.")


def _misread(row: Mapping[str, Any]) -> Explanation:
    """Tell a line on which billed and Odoo agree, and the terms say something else."""
    side = "odoo" if row["expected_micro"] is None else "expected"
    due = amount_text(row[f"{side}_micro"], row[f"{side}_currency"])
    if row["stands_in"]:
        words = f"Neither side bills it; by the source's terms {due} is due."
        return Explanation(Cause.UNEXPLAINED, words)
    ours = amount_text(row["odoo_micro"] or 0, row["odoo_currency"] or row["external_currency"])
    words = f"Billed and Odoo agree on {ours}; by the source's terms {due} is due."
    is_price = row["item"] == FLAT
    return Explanation(Cause.FLAT_PRICE_DIFFERS if is_price else Cause.UNEXPLAINED, words)


def differing(matching: Matching) -> pl.DataFrame:
    """Return the rows that need a cause, with the sides' columns; ``at`` is their position.

    ``is_repeated``: another row has the same names and begins on the same day.
    """
    numbered = matching.rows.with_row_index("at")
    rows = numbered.filter(
        (pl.col("told") != LineOutcome.MATCH.value) | (pl.col("wrong_side") != WrongSide.NONE.value)
    )
    sides = {side: matching.of_side(side, *NAMES, "day", *_OF_SIDE, rows=rows) for side in _SIDES}
    keys = (*NAMES, "day")
    named = pl.select(
        pl.coalesce(*(sides[side][key] for side in _SIDES)).alias(key) for key in keys
    )
    lonely = rows.height and rows.select(pl.any_horizontal(pl.col(_SIDES).is_null()).any()).item()
    repeated = _repeated_days(matching) if lonely else None
    wide = pl.concat(
        [
            rows,
            named,
            *(
                frame.select(pl.col(_OF_SIDE).name.prefix(f"{side}_"))
                for side, frame in sides.items()
            ),
            matching.of_side("expected", "micro", "units", "currency", rows=rows).select(
                pl.all().name.prefix("expected_")
            ),
        ],
        how="horizontal",
        strict=True,
    )
    if repeated is None or not repeated.height:
        return wide.with_columns(is_repeated=pl.lit(value=False))
    return wide.join(
        repeated.with_columns(is_repeated=pl.lit(value=True)),
        on=keys,
        how="left",
        maintain_order="left",
    ).with_columns(pl.col("is_repeated").fill_null(value=False))


def evidence_needed(matching: Matching) -> pl.DataFrame:
    """Tell of which usage the rows are needed: service, subscription, item, since and until.

    Only of lines that both sides have, and whose units differ or are not told.
    """
    rows = differing(matching)
    ours, theirs = (pl.col(f"{side}_units").cast(pl.Float64, strict=False) for side in _SIDES)
    starts, ends = (
        [pl.col(f"{side}_{edge}") for side in _SIDES] for edge in ("period_start", "period_end")
    )
    return rows.filter(
        pl.col("item").str.starts_with(USAGE),
        pl.col("outcome") == LineOutcome.DELTA.value,
        (ours - theirs).abs().fill_null(1) > 0,
    ).select(
        "service",
        "subscription",
        "item",
        since=pl.min_horizontal(starts),
        until=pl.max_horizontal(ends),
    )


def _repeated_days(matching: Matching) -> pl.DataFrame:
    """Return the names and days of pools of which the other lines were taken out."""
    keys = (*NAMES, "day", "currency")
    found = [
        pool.filter(pool["hash_1"].is_duplicated()).select(keys).unique()
        for pool in (matching.odoo, matching.external)
    ]
    return pl.concat(found).select(keys[:-1]).unique()


def _other_currency(row: Mapping[str, Any]) -> Explanation | None:
    if row["odoo_currency"] == row["external_currency"]:
        return None
    ours, theirs = (amount_text(row[f"{s}_micro"], row[f"{s}_currency"]) for s in _SIDES)
    who = "by its terms it is" if row["stands_in"] else "Odoo has"
    return Explanation(Cause.CURRENCY, f"Billed as {theirs}; {who} {ours}.")


def _rounding(row: Mapping[str, Any]) -> Explanation | None:
    """Tell a difference of the smallest unit, of either the rounded or the unrounded amount."""
    if row["item"] != FLAT and not _same_units(row):
        return None
    target = _target(row)
    apart = min(abs(row["odoo_exact"] - target.micro), abs(row["delta_micro"]))
    if apart > target.unit + _SLACK_MICRO:
        return None
    exact, billed = (amount_text(micro) for micro in (row["odoo_exact"], target.micro))
    return Explanation(Cause.ROUNDING, f"{exact} before rounding was billed as {billed}.")


def _can_be_rounded(row: Mapping[str, Any]) -> bool:
    """Say whether some rounding of Odoo's exact amount gives the other side's."""
    target = _target(row)
    return bool(abs(row["odoo_exact"] - target.micro) < target.unit)


def _same_units(row: Mapping[str, Any]) -> bool:
    ours, theirs = row["odoo_units"], row["external_units"]
    return ours is None or theirs is None or abs(Decimal(ours) - Decimal(theirs)) < 1


def _re_rated(
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
    ours, theirs = (amount_text(row[f"{side}_micro"]) for side in _SIDES)
    where = "by the terms" if row["stands_in"] else "in Odoo"
    return Candidate(
        (Cause.FLAT_PRICE_DIFFERS,),
        theirs,
        f"the price is {theirs} there and {ours} {where}",
        is_sure=True,
    )


def _chosen(
    row: Mapping[str, Any],
    candidates: Sequence[Candidate],
    support: Mapping[Any, int],
    otherwise: Explanation | None,
) -> Explanation:
    target = _target(row)

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
    ours, theirs = (amount_text(row[f"{s}_micro"], row[f"{s}_currency"]) for s in _SIDES)
    units = ""
    if row["item"].startswith(USAGE) and row["external_units"] is not None:
        units = f" ({row['external_units']} units there, {row['odoo_units']} here)"
    who = "by its terms it is" if row["stands_in"] else "Odoo has"
    return f"Billed as {theirs}, {who} {ours}{units}: no known cause gives this amount."


def _with_minimums(
    found: dict[int, Explanation], rows: Sequence[Mapping[str, Any]]
) -> dict[int, Explanation]:
    """Let what raises a charge to its minimum differ for the reason that the usage differs."""
    usages = {
        (*(row[name] for name in NAMES[:3]), row["day"], row["item"].removeprefix(USAGE)): row
        for row in rows
        if row["item"].startswith(USAGE)
    }
    open_causes = (Cause.UNEXPLAINED, Cause.PLAN_DIFFERS)
    for row in rows:
        if row["item"].startswith("minimum:") and found[row["at"]].cause in open_causes:
            names = (*(row[name] for name in NAMES[:3]), row["day"])
            usage = usages.get((*names, row["item"].removeprefix("minimum:")))
            if usage and _makes_up(row, usage):
                why = found[usage["at"]]
                words = f"The minimum makes up for another usage line. {why.evidence}"
                found[row["at"]] = Explanation(why.cause, words)
    return found


def _makes_up(minimum: Mapping[str, Any], usage: Mapping[str, Any]) -> bool:
    """Say whether the other side raises its own usage to the minimum that Odoo has."""
    if minimum["odoo_micro"] is not None:
        least: int = minimum["odoo_micro"] + (usage["odoo_micro"] or 0)
    else:
        terms = json.loads(usage["odoo_terms"] or "{}")
        least = int(Decimal(str(terms.get("minimum_amount") or 0)) * MICRO)
    expected: int = max(least - (usage["external_micro"] or 0), 0)
    currency = minimum["external_currency"] or minimum["odoo_currency"]
    billed: int = minimum["external_micro"] or 0
    return abs(expected - billed) <= minor_unit_micro(currency)


def _line(row: Mapping[str, Any], zone: ZoneInfo) -> Line:
    start: datetime = row["odoo_period_start"]
    return Line(
        service=row["service"],
        item=row["item"],
        period=(start, row["odoo_period_end"]),
        external_period=(row["external_period_start"], row["external_period_end"]),
        odoo_micro=row["odoo_exact"],
        target=_target(row),
        units=_decimal(row["odoo_units"]),
        external_units=_decimal(row["external_units"]),
        tax=_decimal(row["external_tax_rate"]),
        terms=row["odoo_terms"],
        told=told_terms(json.loads(row["external_terms"]) if row["external_terms"] else None),
        zone_offset=start.astimezone(zone).utcoffset() or timedelta(),
    )


def _target(row: Mapping[str, Any]) -> Target:
    return Target(row["external_micro"], row["external_currency"], row["external_lines"])


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _catalogue(matching: Matching) -> Catalogue:
    seen = matching.odoo.select("service", "item", "terms").unique()
    return catalogue(seen.iter_rows())


def _usage_rows(evidence: pl.DataFrame | None) -> dict[tuple[str, str, str], list[UsageRow]]:
    found: dict[tuple[str, str, str], list[UsageRow]] = defaultdict(list)
    for row in _in_order(evidence):
        key = (row["service"], row["subscription"], row["item"])
        found[key].append(UsageRow(row["period_start"], row["period_end"], Decimal(row["units"])))
    return found


def _in_order(evidence: pl.DataFrame | None) -> Iterator[dict[str, Any]]:
    if evidence is not None:
        yield from evidence.sort("period_start", "period_end", "units").iter_rows(named=True)

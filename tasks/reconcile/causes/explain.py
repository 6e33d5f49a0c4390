"""Explaining: each line that does not match gets one cause, or two at once, and the evidence.

First what can be said without arithmetic: no partner, another currency, a cent of rounding. Each
other pair is re-rated under one hypothesis at a time. Where several give the other side's
amount, the one that explains most lines of the subscription wins, then the one that comes first
in ``Cause``. Nothing is claimed that does not give the amount.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import (
    FLAT,
    MICRO,
    MINIMUM,
    PRORATION,
    USAGE,
    Cause,
    LineOutcome,
    WrongSide,
    minor_unit_micro,
)
from tasks.model.money import decimal_text
from tasks.reconcile.causes.amounts import amount_text, target_of
from tasks.reconcile.causes.differing import SIDES, differing
from tasks.reconcile.causes.re_rated import re_rated, usage_rows
from tasks.reconcile.causes.terms import Seen
from tasks.reconcile.causes.unmatched import Lonely
from tasks.reconcile.match.match import Matching
from tasks.reconcile.match.matched import Explanation
from tasks.reconcile.match.sides import NAMES
from tasks.reconcile.source import Source

#: The last place of an amount with four decimals.
_SLACK_MICRO = 100
_GIVEN_BACK = Explanation(
    Cause.CREDIT, "It was given back once, as the terms say: no order has it any more."
)


def explain(
    matching: Matching,
    zone: ZoneInfo,
    evidence: pl.DataFrame | None,
    source: Source,
    seen: Seen,
) -> dict[int, Explanation]:
    """Return the explanation of each row that does not match, by its position in ``rows``.

    Args:
        matching: The ledgers, matched.
        zone: The company's time zone.
        evidence: Rows of ``EVIDENCE_SCHEMA``, of the lines that ``evidence_needed`` names.
        source: What the source says of subscriptions and customers.
        seen: What Odoo's ledger shows as a whole, of which this may be a page.
    """
    wide = differing(matching)
    closed = _closed(wide)
    rows = wide.filter(~closed).to_dicts()
    lonely = Lonely(matching, rows, zone, source, seen.currencies)
    taxes = _Taxes(source, rows)
    found = _ended_before_copy(wide.filter(closed), source, zone)
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
    found |= re_rated(pairs, seen.plans, usage_rows(evidence), zone, found)
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
    ours, theirs = (amount_text(row[f"{s}_micro"], row[f"{s}_currency"]) for s in SIDES)
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


def _other_currency(row: Mapping[str, Any]) -> Explanation | None:
    if row["odoo_currency"] == row["external_currency"]:
        return None
    ours, theirs = (amount_text(row[f"{s}_micro"], row[f"{s}_currency"]) for s in SIDES)
    who = "by its terms it is" if row["stands_in"] else "Odoo has"
    return Explanation(Cause.CURRENCY, f"Billed as {theirs}; {who} {ours}.")


def _rounding(row: Mapping[str, Any]) -> Explanation | None:
    """Tell a difference of the smallest unit, of either the rounded or the unrounded amount."""
    if row["item"] != FLAT and not _same_units(row):
        return None
    target = target_of(row)
    apart = min(abs(row["odoo_exact"] - target.micro), abs(row["delta_micro"]))
    if apart > target.unit + _SLACK_MICRO:
        return None
    exact, billed = (amount_text(micro) for micro in (row["odoo_exact"], target.micro))
    return Explanation(Cause.ROUNDING, f"{exact} before rounding was billed as {billed}.")


def _can_be_rounded(row: Mapping[str, Any]) -> bool:
    """Say whether some rounding of Odoo's exact amount gives the other side's."""
    target = target_of(row)
    return bool(abs(row["odoo_exact"] - target.micro) < target.unit)


def _same_units(row: Mapping[str, Any]) -> bool:
    ours, theirs = row["odoo_units"], row["external_units"]
    return ours is None or theirs is None or abs(Decimal(ours) - Decimal(theirs)) < 1


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
        if row["item"].startswith(MINIMUM) and found[row["at"]].cause in open_causes:
            names = (*(row[name] for name in NAMES[:3]), row["day"])
            usage = usages.get((*names, row["item"].removeprefix(MINIMUM)))
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


def _closed(differing: pl.DataFrame) -> pl.Series:
    """Tell of each row whether it is settled because it is of something that is over."""
    return differing.select(
        pl.col("stands_in")
        & (pl.col("outcome") == LineOutcome.MATCH.value)
        & (pl.col("wrong_side") == WrongSide.NONE.value)
    ).to_series()


def _ended_before_copy(
    closed: pl.DataFrame, source: Source, zone: ZoneInfo
) -> dict[int, Explanation]:
    """Explain such rows, by their position; without a loop over their many columns."""
    keys = ["service", "subscription"]
    ended = source.subscriptions.select(*keys, "ended_at")
    told = (
        closed.select("at", *keys)
        .join(ended, on=keys, how="left")
        .select(
            "at",
            evidence=pl.format(
                "Subscription {} ended on {}, before the copy: Odoo has no order of it, and it was"
                " billed as its terms say.",
                "subscription",
                pl.col("ended_at").dt.convert_time_zone(zone.key).dt.strftime("%Y-%m-%d"),
            ),
        )
    )
    return {
        at: Explanation(Cause.ENDED_BEFORE_COPY, evidence) if evidence else _GIVEN_BACK
        for at, evidence in told.iter_rows()
    }


class _Taxes:
    """Explains lines that differ in nothing but their tax."""

    def __init__(self, source: Source, rows: Sequence[Mapping[str, Any]]) -> None:
        asked = list({row["customer"] for row in rows})
        told = source.customers.filter(pl.col("customer").is_in(asked))
        self._customers = {
            (row["service"], row["customer"]): row for row in told.iter_rows(named=True)
        }

    def explain(self, row: Mapping[str, Any]) -> Explanation:
        """Explain one such line."""
        theirs, ours = (
            decimal_text(round(Decimal(row[f"{side}_tax_rate"]), 3))
            for side in ("external", "odoo")
        )
        why = self._why(row, Decimal(theirs), Decimal(ours))
        return Explanation(
            Cause.TAX_DIFFERS, f"Taxed at {theirs} % there and at {ours} % in Odoo{why}."
        )

    def _why(self, row: Mapping[str, Any], theirs: Decimal, ours: Decimal) -> str:
        customer = self._customers.get((row["service"], row["customer"]))
        if customer is None:
            return ""
        if customer["tax_exempt"]:
            wrong = "the other side" if theirs else "Odoo" if ours else ""
            return f": the customer is exempt, which {wrong} does not know" if wrong else ""
        where = ", ".join(filter(None, (customer["region"], customer["country"])))
        if not where:
            return ": no province or country of the customer is known"
        if not ours:
            return f": no fiscal position in Odoo taxes this customer of {where}"
        return f": the customer is of {where}; see the fiscal position that Odoo gives them"

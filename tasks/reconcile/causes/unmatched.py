"""Why a line has no partner on the other side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import Cause, LineOutcome
from tasks.reconcile.match.match import Matching

FLAT, USAGE, OTHER = "flat", "usage:", "other:"
_MODELED = ("flat", "usage", "minimum")
#: What an item that Odoo does not have is, by what its name begins with: cause and words.
_KINDS = {
    "addon": (Cause.ADDON_MISSING, "an add-on that Odoo's order does not have"),
    "fixed": (Cause.ADDON_MISSING, "a fixed charge that Odoo's order does not have"),
    "credit": (Cause.CREDIT, "a credit, and Odoo gives none"),
    "discount": (Cause.DISCOUNT, "a discount that Odoo's order does not have"),
    "one-off": (Cause.ONE_OFF, "a one-off charge: it is not carried over"),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a line differs; ``evidence`` is a sentence that shows it."""

    cause: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Unnamed:
    """An invoice without items: nobody can tell what its subtotal is for."""

    ref: str
    start: datetime
    end: datetime


class Lonely:
    """Explains lines that one side alone has, from what else the two ledgers hold."""

    def __init__(
        self, matching: Matching, rows: Sequence[Mapping[str, Any]], zone: ZoneInfo
    ) -> None:
        self._zone = zone
        held = matching.odoo.group_by("service", "subscription").agg(
            pl.col("item").unique(), pl.col("period_start").min()
        )
        self._held = {
            (service, subscription): (frozenset(items), start)
            for service, subscription, items, start in held.iter_rows()
        }
        sold = matching.odoo.group_by("service").agg(pl.col("currency").unique())
        self._currencies = {service: frozenset(codes) for service, codes in sold.iter_rows()}
        self._flats = self._flat_starts(matching, rows)
        self._unnamed: dict[tuple[str, str], list[Unnamed]] = defaultdict(list)
        for row in rows:
            if row["item"].startswith(OTHER) and row["subscription"] and row["external_ref"]:
                self._unnamed[row["service"], row["subscription"]].append(
                    Unnamed(
                        row["external_ref"],
                        row["external_period_start"],
                        row["external_period_end"],
                    )
                )

    def explain(self, row: Mapping[str, Any]) -> Explanation:
        """Explain one such line."""
        if row["outcome"] == LineOutcome.MISSING_IN_ODOO.value:
            return self._missing_in_odoo(row)
        return self._missing_in_external(row)

    def _missing_in_odoo(self, row: Mapping[str, Any]) -> Explanation:
        family, _, name = row["item"].partition(":")
        if family == "proration":
            return Explanation(
                Cause.PRORATION,
                f"“{name}” is for a part of a period; Odoo bills whole periods.",
            )
        if family not in _MODELED:
            return _outside(family, name)
        held = self._held.get((row["service"], row["subscription"]))
        if held is None:
            currency, ours = row["external_currency"], self._currencies.get(row["service"])
            if ours and currency not in ours:
                return Explanation(
                    Cause.CURRENCY,
                    f"Billed in {currency}; Odoo has this service in {', '.join(sorted(ours))}"
                    " alone, and does not hold the subscription.",
                )
            return Explanation(
                Cause.ENDED_BEFORE_COPY,
                f"Odoo does not hold subscription {row['subscription'] or '(none)'}: it had ended"
                " before the copy, or a quality rule kept it out.",
            )
        if row["is_repeated"]:
            return Explanation(
                Cause.UNEXPLAINED if row["item"] == FLAT else Cause.USAGE_COUNTED_TWICE,
                "Billed twice: another line of the same item and period is what Odoo bills.",
            )
        items, first = held
        if self._day(row["external_period_start"]) < self._day(first):
            return Explanation(
                Cause.BEGINS_LATER,
                f"Odoo's order of this subscription begins on {self._day(first)}: what was billed"
                " for the time before is not in it.",
            )
        if row["item"] not in items:
            return Explanation(
                Cause.PLAN_DIFFERS,
                f"The subscription's plan in Odoo has no price for {row['item']}.",
            )
        return Explanation(Cause.UNEXPLAINED, "Odoo bills nothing of it for this period.")

    def _missing_in_external(self, row: Mapping[str, Any]) -> Explanation:
        if row["is_repeated"]:
            return Explanation(
                Cause.UNEXPLAINED,
                "Twice in Odoo: another line of the same item and period is what was billed.",
            )
        if unnamed := self._invoice_without_items(row):
            return Explanation(
                Cause.NOT_ITEMIZED,
                f"Invoice {unnamed} has a subtotal and no items: nothing tells what it is for.",
            )
        if row["item"].startswith(USAGE) and Decimal(row["odoo_units"] or 0) > 0:
            return Explanation(
                Cause.USAGE_MISSING,
                f"Not billed: re-rated without its {row['odoo_units']} units it is 0.00.",
            )
        return Explanation(Cause.UNEXPLAINED, "The other side bills nothing of it for this period.")

    def _invoice_without_items(self, row: Mapping[str, Any]) -> str | None:
        """Find the invoice without items on which a line of Odoo would stand.

        A plan's price stands on the invoice of its period; usage on the invoice of the period
        after it, or on one of its own, for the same time, where no price is due then.
        """
        key = (row["service"], row["subscription"])
        start, end = (self._day(row[f"odoo_{edge}"]) for edge in ("period_start", "period_end"))
        for invoice in self._unnamed.get(key, ()):
            begins, ends = self._day(invoice.start), self._day(invoice.end)
            is_for_price = (*key, begins) in self._flats
            if row["item"] == FLAT:
                found = begins == start
            elif is_for_price:
                found = begins == end
            else:
                found = (begins, ends) == (start, end)
            if found:
                return invoice.ref
        return None

    def _flat_starts(
        self, matching: Matching, rows: Sequence[Mapping[str, Any]]
    ) -> set[tuple[str, str, date]]:
        """Return the days on which a plan's price is due, of subscriptions with such invoices."""
        names = {row["subscription"] for row in rows if row["item"].startswith(OTHER)}
        flats = matching.odoo.filter(
            pl.col("item") == FLAT, pl.col("subscription").is_in(list(names))
        ).select("service", "subscription", "period_start")
        return {(service, name, self._day(start)) for service, name, start in flats.iter_rows()}

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()


def _outside(family: str, name: str) -> Explanation:
    if family not in _KINDS:
        return Explanation(Cause.NOT_ITEMIZED, f"Nothing tells what it is for ({name}).")
    cause, what = _KINDS[family]
    return Explanation(cause, f"“{name}” is {what}.")

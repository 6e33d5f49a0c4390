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

from tasks.model.lago_billed import VOIDED
from tasks.model.ledger import ADDON, FLAT, KEPT_OUT, OTHER, TAX_WITHIN, USAGE, Cause, LineOutcome
from tasks.reconcile.match.match import Matching
from tasks.reconcile.match.matched import Explanation
from tasks.reconcile.match.threeway import TERMS
from tasks.reconcile.source import Source

_MODELED = (FLAT, "usage", "minimum")
_RECURRING = (*_MODELED, "addon", "fixed")
#: What an item that Odoo does not have is, by what its name begins with: cause and words.
_KINDS = {
    "addon": (Cause.ADDON_MISSING, "an add-on that Odoo's order does not bill for this period"),
    "fixed": (Cause.ADDON_MISSING, "a fixed charge that Odoo's order does not have"),
    "credit": (Cause.CREDIT, "a credit, and Odoo gives none"),
    "discount": (Cause.DISCOUNT, "a discount that Odoo's order does not have"),
    "one-off": (Cause.ONE_OFF, "a one-off charge: it is not carried over"),
}
_KEPT_OUT_WORDS = (
    "A rule keeps invoice {} out of the comparison; what it needs stands in what was kept out."
)


@dataclass(frozen=True, slots=True)
class Unnamed:
    """An invoice without items: nobody can tell what its subtotal is for."""

    ref: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What the source says of a subscription; see ``SUBSCRIPTIONS_SCHEMA``."""

    ended_at: datetime | None
    live_from: datetime | None
    kept_out: str

    def had_ended(self, start: datetime) -> bool:
        """Say whether what began then is of one that ended: no later one has its id yet."""
        is_over = self.live_from is None or start < self.live_from
        return self.ended_at is not None and is_over


class Lonely:
    """Explains lines that one side alone has, from what else the ledgers and the source hold."""

    def __init__(
        self,
        matching: Matching,
        rows: Sequence[Mapping[str, Any]],
        zone: ZoneInfo,
        source: Source,
        currencies: Mapping[str, frozenset[str]],
    ) -> None:
        self._zone = zone
        odoo = matching.odoo.lazy().filter(pl.col("origin") != TERMS)
        asked = _names(rows)
        held = (
            odoo.filter(pl.col("subscription").is_in(asked))
            .group_by("service", "subscription")
            .agg(pl.col("item").unique(), pl.col("period_start").min())
            .collect()
        )
        self._held = {
            (service, subscription): (frozenset(items), start)
            for service, subscription, items, start in held.iter_rows()
        }
        self._currencies = currencies
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
        self._kept_out = {row["external_ref"] for row in rows if row["item"] == KEPT_OUT}
        self._billed = _billed_periods(matching, rows)
        self._known = _known_subscriptions(source, rows)
        self._unreadable = source.unreadable
        self._not_final = source.not_final

    def explain(self, row: Mapping[str, Any]) -> Explanation:
        """Explain one such line."""
        if self.is_not_held(row):
            return self._not_held(row)
        if row["outcome"] == LineOutcome.MISSING_IN_ODOO.value:
            return self._missing_in_odoo(row)
        return self._missing_in_external(row)

    def is_not_held(self, row: Mapping[str, Any]) -> bool:
        """Say whether all that differs is that Odoo does not hold the subscription.

        What was billed otherwise of one that has ended has another cause.
        """
        if not row["stands_in"] or row["odoo"] is None or row["external"] is None:
            return False
        known = self._known.get((row["service"], row["subscription"]))
        has_ended = known is not None and known.had_ended(row["external_period_start"])
        return bool(row["outcome"] == LineOutcome.MATCH.value or not has_ended)

    def _missing_in_odoo(self, row: Mapping[str, Any]) -> Explanation:
        family, _, name = row["item"].partition(":")
        key = (row["service"], row["subscription"])
        known = self._known.get(key)
        is_kept_out = key not in self._held and known is not None and bool(known.kept_out)
        if family == "proration" and not is_kept_out:
            return Explanation(
                Cause.PRORATION,
                f"“{name}” is for a part of a period; Odoo bills whole periods.",
            )
        if row["item"] == TAX_WITHIN:
            return Explanation(
                Cause.TAX_INCLUDED,
                "The invoice asks for no tax beyond its subtotal: the amounts of its items have"
                " the tax in them, and Odoo adds it.",
            )
        if row["item"] == KEPT_OUT:
            return Explanation(Cause.KEPT_OUT, _KEPT_OUT_WORDS.format(row["external_ref"]))
        if row["external_micro"] < 0 and family != "discount":
            return _outside("credit", name or row["item"])
        if family not in _RECURRING and not (family == "proration" and is_kept_out):
            return _outside(family, name)
        if row["subscription"] and key not in self._held:
            return self._not_held(row)
        items, first = self._held.get(key, (frozenset(), None))
        start = row["external_period_start"]
        if known and first and start < first and known.had_ended(start):
            return self._not_held(row)
        if row["is_repeated"] or self._is_billed_twice(row):
            return Explanation(
                Cause.BILLED_TWICE,
                "Billed twice: another line of the same item and period is what is due.",
            )
        # What Odoo has no line of lately may have begun long ago.
        has_begun = known is not None and known.live_from is not None and known.live_from <= start
        if first and self._day(start) < self._day(first) and not has_begun:
            return Explanation(
                Cause.BEGINS_LATER,
                f"Odoo's order of this subscription begins on {self._day(first)}: what was billed"
                " for the time before is not in it.",
            )
        if family not in _MODELED:
            return _outside(family, name)
        if row["item"] not in items:
            return Explanation(
                Cause.PLAN_DIFFERS,
                f"The subscription's plan in Odoo has no price for {row['item']}.",
            )
        return Explanation(Cause.UNEXPLAINED, "Odoo bills nothing of it for this period.")

    def _not_held(self, row: Mapping[str, Any]) -> Explanation:
        """Say why Odoo has no order of a subscription."""
        key, name = (row["service"], row["subscription"]), row["subscription"]
        known = self._known.get(key)
        if row["is_repeated"] and row["odoo"] is None:
            return Explanation(
                Cause.BILLED_TWICE,
                "Billed twice: another line of the same item and period is what its terms say.",
            )
        start = row["external_period_start"]
        if known and known.had_ended(start):
            return Explanation(
                Cause.ENDED_BEFORE_COPY,
                f"Subscription {name} ended on {self._day(known.ended_at or start)}, before the"
                f" copy: Odoo has no order of it.",
            )
        if key in self._held:
            return Explanation(
                Cause.BEGINS_LATER,
                f"Odoo's order of this subscription begins on {self._day(self._held[key][1])}.",
            )
        if known and known.kept_out:
            return Explanation(
                Cause.KEPT_OUT, f"Odoo does not hold subscription {name}: {known.kept_out}"
            )
        currency, ours = row["external_currency"], self._currencies.get(row["service"])
        if ours and currency not in ours:
            return Explanation(
                Cause.CURRENCY,
                f"Billed in {currency}; Odoo has this service in {', '.join(sorted(ours))}"
                " alone, and does not hold the subscription.",
            )
        if known:
            return Explanation(
                Cause.KEPT_OUT,
                f"Odoo does not hold subscription {name}, which runs: a quality rule kept it out,"
                " or it was not loaded.",
            )
        return Explanation(
            Cause.UNEXPLAINED,
            f"Odoo does not hold subscription {name}, and the source does not say why.",
        )

    def _is_billed_twice(self, row: Mapping[str, Any]) -> bool:
        """Say whether what has a partner was billed for an overlapping time, as much as this."""
        start, end = row["external_period_start"], row["external_period_end"]
        names = (row["service"], row["customer"], row["subscription"], row["item"])
        return any(
            micro == row["external_micro"] and begins < end and start < ends
            for begins, ends, micro in self._billed.get(names, ())
        )

    def _missing_in_external(self, row: Mapping[str, Any]) -> Explanation:
        if row["is_repeated"]:
            return Explanation(
                Cause.BILLED_TWICE,
                "Twice in Odoo: another line of the same item and period is what was billed.",
            )
        if unnamed := self._invoice_without_items(row):
            if unnamed in self._kept_out:
                return Explanation(Cause.KEPT_OUT, _KEPT_OUT_WORDS.format(unnamed))
            return Explanation(
                Cause.NOT_ITEMIZED,
                f"Invoice {unnamed} has a subtotal and no items: nothing tells what it is for.",
            )
        if row["item"].startswith(USAGE) and Decimal(row["odoo_units"] or 0) > 0:
            return Explanation(
                Cause.USAGE_MISSING,
                f"Not billed: re-rated without its {row['odoo_units']} units it is 0.00.",
            )
        if (row["service"], row["customer"]) in self._unreadable:
            return Explanation(
                Cause.UNEXPLAINED,
                "An invoice or a fee of this customer cannot be read, and the backfill names it:"
                " what was billed is not known.",
            )
        priced = (row["service"], row["subscription"], row["odoo_period_start"])
        if row["item"] == FLAT and priced in self._not_final:
            return _on_no_bill(*self._not_final[priced])
        return Explanation(Cause.UNEXPLAINED, "The other side bills nothing of it for this period.")

    def _invoice_without_items(self, row: Mapping[str, Any]) -> str | None:
        """Find the invoice without items on which a line of Odoo would stand.

        A plan's price and add-ons stand on the invoice of their period; usage on that of the period
        after it, or on one of its own, for the same time, where no price is due then.
        """
        key = (row["service"], row["subscription"])
        start, end = (self._day(row[f"odoo_{edge}"]) for edge in ("period_start", "period_end"))
        for invoice in self._unnamed.get(key, ()):
            begins, ends = self._day(invoice.start), self._day(invoice.end)
            is_for_price = (*key, begins) in self._flats
            if row["item"] == FLAT or row["item"].startswith(ADDON):
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
        names = _names([row for row in rows if row["item"].startswith(OTHER)])
        flats = (
            matching.odoo.lazy()
            .filter(pl.col("item") == FLAT, pl.col("subscription").is_in(names))
            .select("service", "subscription", "period_start")
            .collect()
        )
        return {(service, name, self._day(start)) for service, name, start in flats.iter_rows()}

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give each subscription of some rows once."""
    return list({row["subscription"] for row in rows})


def _known_subscriptions(
    source: Source, rows: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, str], Known]:
    told = source.subscriptions.filter(pl.col("subscription").is_in(_names(rows)))
    columns = ("service", "subscription", "ended_at", "live_from", "kept_out")
    return {
        (service, name): Known(*known) for service, name, *known in told.select(columns).iter_rows()
    }


def _billed_periods(
    matching: Matching, rows: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, ...], list[tuple[datetime, datetime, int]]]:
    """Return what was billed with a partner of the names that have a line without one as well."""
    names = _names([row for row in rows if row["odoo"] is None])
    paired = matching.rows.filter(pl.col("odoo").is_not_null(), pl.col("external").is_not_null())
    columns = ("service", "customer", "subscription", "item", "period_start", "period_end", "micro")
    billed = (
        matching.external.lazy()
        .select(*columns)
        .with_row_index("external")
        .filter(pl.col("subscription").is_in(names))
        .join(paired.lazy().select("external"), on="external", how="semi", maintain_order="left")
        .select(*columns)
        .collect()
    )
    found: dict[tuple[str, ...], list[tuple[datetime, datetime, int]]] = defaultdict(list)
    for *key, start, end, micro in billed.iter_rows():
        found[tuple(key)].append((start, end, micro))
    return found


def _on_no_bill(number: str, status: str) -> Explanation:
    """Explain a price whose invoice the old side has, and does not count."""
    if status == VOIDED:
        return Explanation(
            Cause.CREDIT, f"It was taken back: invoice {number} is voided, and no other has it."
        )
    return Explanation(
        Cause.UNEXPLAINED,
        f"It stands on invoice {number}, which is no bill yet ({status}): it counts once that is"
        " final.",
    )


def _outside(family: str, name: str) -> Explanation:
    if family not in _KINDS:
        return Explanation(Cause.NOT_ITEMIZED, f"Nothing tells what it is for ({name}).")
    cause, what = _KINDS[family]
    return Explanation(cause, f"“{name}” is {what}.")

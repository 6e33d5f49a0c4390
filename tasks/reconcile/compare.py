"""Compare ledgers: match and explain them, whole or page by page with the usage that they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.addons import addon_key, names_by_key
from tasks.model.ledger import ADDON
from tasks.reconcile.causes.differing import evidence_needed
from tasks.reconcile.causes.explain import explain
from tasks.reconcile.causes.terms import seen_of
from tasks.reconcile.match.match import Matching, is_minimum, tells_minimums
from tasks.reconcile.match.matched import Read, matched_frame, read_of, require_footing
from tasks.reconcile.match.threeway import Whole, match_three, stand_in
from tasks.reconcile.pages import PAGE_LINES, Compared, Frames, on_its_own
from tasks.reconcile.source import Source
from tasks.reconcile.window import ReconcileWindow, contested, due, inside

if TYPE_CHECKING:
    from tasks.reconcile.ledgers import Ledgers, Page

_SUBSCRIPTION = ("service", "subscription")


def compare(
    odoo: pl.DataFrame,
    external: pl.DataFrame,
    zone: ZoneInfo,
    *,
    source: Source | None = None,
    evidence: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return each line of the ledgers (``LEDGER_SCHEMA``) with its outcome and cause.

    Args:
        odoo: Odoo's lines; rounded to the currency's smallest unit, as an invoice does.
        external: The other side's, compared as they are held.
        zone: The company's time zone.
        source: What the terms say is due, and what the source says of its subscriptions.
        evidence: See ``explain``.

    Returns:
        A frame of ``MATCHED_SCHEMA``; the order of the lines makes no difference to it.

    Raises:
        FatalError: An amount is no number.
    """
    source = source or Source()
    ledgers = (odoo, external, source.expected)
    # No two systems spell an add-on alike.
    changed = _spelling([_addon_names(ledger) for ledger in ledgers])
    odoo, external, expected = (_spelt(ledger, changed) for ledger in ledgers)
    source = replace(source, expected=expected)
    matching = match_three(odoo, external, source, zone)
    explained = explain(matching, zone, evidence, source, seen_of([matching]))
    return matched_frame(matching, explained, zone)


def compare_ledgers(
    ledgers: Ledgers,
    *,
    zone: ZoneInfo,
    window: ReconcileWindow,
    as_of: datetime,
    evidence_of: Callable[[pl.DataFrame], pl.DataFrame],
    page_lines: int = PAGE_LINES,
) -> Compared:
    """Match and explain the ledgers, page by page; return what starts in the window.

    Args:
        ledgers: What was read, also some around the window.
        zone: The company's time zone.
        window: Which periods the run speaks of.
        as_of: Usage of periods that end later is left out: it grows still.
        evidence_of: Reads the usage that ``evidence_needed`` names.
        page_lines: Lines of all ledgers in a page, about.

    Raises:
        FatalError: An amount is no number, or the comparison does not foot.
    """
    survey = _Survey()
    for page in ledgers.pages(page_lines):
        survey.look_at(page, as_of)
    matched = Frames()
    asked: list[pl.DataFrame] = []
    reads: list[Read] = []

    def matchings() -> Iterator[Matching]:
        for page in ledgers.pages(page_lines):
            odoo, external, source = survey.prepared(page, as_of)
            matching = match_three(odoo, external, source, zone, whole=survey.whole)
            asked.append(on_its_own(evidence_needed(matching)))
            reads.append(read_of(odoo, external, source.expected))
            for frame in (*matching.frames, source.subscriptions):
                matched.append(frame)
            yield matching

    seen = seen_of(matchings())
    needed = pl.concat(asked)
    evidence = evidence_of(needed) if needed.height else None
    others, found, kept = ledgers.rest(), Compared(), iter(matched)
    for wanted, read in zip(asked, reads, strict=True):
        matching = Matching(next(kept), next(kept), next(kept), next(kept))
        source = replace(others, subscriptions=next(kept))
        explained = explain(matching, zone, _usage_of(wanted, evidence), source, seen)
        lines = matched_frame(matching, explained, zone)
        require_footing(lines, read)
        found.add(contested(inside(lines, window), ledgers.odoo.switched))
    return found


def _usage_of(needed: pl.DataFrame, evidence: pl.DataFrame | None) -> pl.DataFrame | None:
    """Pick the usage of a page's subscriptions."""
    if evidence is None:
        return None
    asked = needed.select(_SUBSCRIPTION).unique()
    return evidence.join(asked, on=_SUBSCRIPTION, how="semi", maintain_order="left")


@dataclass(slots=True)
class _Survey:
    """What pages must know of the whole: names, currencies, and which side tells minimums."""

    names: list[set[str]] = field(default_factory=lambda: [set(), set(), set()])
    spent: set[str] = field(default_factory=set)
    of_terms: set[str] = field(default_factory=set)
    raised: set[str] = field(default_factory=set)
    raised_by_terms: set[str] = field(default_factory=set)

    def look_at(self, page: Page, as_of: datetime) -> None:
        """Add a page to it."""
        for names, ledger in zip(self.names, _ledgers_of(page), strict=True):
            names |= _addon_names(ledger)
        odoo, external, expected = (due(each, as_of) for each in _ledgers_of(page))
        for side, ledger in (("odoo", odoo), ("external", external)):
            self.spent |= set(ledger["currency"].unique())
            if tells_minimums(ledger):
                self.raised.add(side)
        self.of_terms |= set(expected["currency"].unique())
        if tells_minimums(expected):
            instead = expected.filter(stand_in(odoo, replace(page[2], expected=expected)))
            self.raised_by_terms |= set(instead.filter(is_minimum())["currency"].unique())

    @property
    def whole(self) -> Whole:
        """Give what matching must know."""
        by_terms = {"odoo"} if self.raised_by_terms & self.spent else set()
        return Whole(frozenset(self.raised | by_terms), has_terms=bool(self.of_terms & self.spent))

    def prepared(self, page: Page, as_of: datetime) -> Page:
        """Give a page as it is matched."""
        changed = _spelling(self.names)
        odoo, external, expected = (
            due(_spelt(ledger, changed), as_of) for ledger in _ledgers_of(page)
        )
        # Terms in a currency in which nobody bills are a fault of their row, and say nothing.
        is_spent = pl.col("currency").is_in(sorted(self.spent))
        return odoo, external, replace(page[2], expected=expected.filter(is_spent))


def _ledgers_of(page: Page) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    odoo, external, source = page
    return odoo, external, source.expected


def _spelling(named: Sequence[set[str]]) -> dict[str, str]:
    """Say which items are renamed to what, so that add-ons have the names that Odoo has for them.

    Args:
        named: Names of add-ons by ledger, Odoo's first, then those that count next.
    """
    by_key: dict[str, str] = {}
    for names in reversed(named):
        by_key |= names_by_key(names)
    renamed = {
        f"{ADDON}{name}": f"{ADDON}{by_key[addon_key(name)]}"
        for name in set[str]().union(*named)
        if name.strip()
    }
    return {old: new for old, new in renamed.items() if old != new}


def _spelt(ledger: pl.DataFrame, changed: Mapping[str, str]) -> pl.DataFrame:
    """Rename a ledger's items."""
    return ledger.with_columns(pl.col("item").replace(changed)) if changed else ledger


def _addon_names(ledger: pl.DataFrame) -> set[str]:
    items = ledger["item"].unique()
    return {item.removeprefix(ADDON) for item in items if item.startswith(ADDON)}

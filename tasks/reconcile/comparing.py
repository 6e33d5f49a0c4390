"""Compare the three ledgers page by page, with the usage behind the lines that need it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from tasks.reconcile.causes.differing import evidence_needed
from tasks.reconcile.causes.explain import explain
from tasks.reconcile.causes.seen import seen_of
from tasks.reconcile.compared import Compared
from tasks.reconcile.ledgers import Ledgers, Page
from tasks.reconcile.match.addons import names_of, spelling, spelt
from tasks.reconcile.match.footing import Read, read_of, require_footing
from tasks.reconcile.match.match import Matching, is_minimum
from tasks.reconcile.match.matched import matched_frame
from tasks.reconcile.match.threeway import Whole, match_three, stand_in
from tasks.reconcile.pages import PAGE_LINES, Frames, on_its_own
from tasks.reconcile.window import ReconcileWindow, contested, due, inside

_SUBSCRIPTION = ("service", "subscription")


def compare_ledgers(
    ledgers: Ledgers,
    *,
    zone: ZoneInfo,
    window: ReconcileWindow,
    as_of: datetime,
    evidence_of: Callable[[pl.DataFrame], pl.DataFrame],
    page_lines: int = PAGE_LINES,
) -> Compared:
    """Match and explain the ledgers; return what starts in the window.

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

    def pages() -> Iterator[Page]:
        return (survey.prepared(page, as_of) for page in ledgers.pages(page_lines))

    matched = Frames()
    asked: list[pl.DataFrame] = []
    reads: list[Read] = []

    def matchings() -> Iterator[Matching]:
        for odoo, external, source in pages():
            matching = match_three(odoo, external, source, zone, whole=survey.whole)
            asked.append(on_its_own(evidence_needed(matching)))
            reads.append(read_of(odoo, external, source.expected))
            for frame in (*_frames_of(matching), source.subscriptions):
                matched.append(frame)
            yield matching

    seen = seen_of(matchings())
    needed = pl.concat(asked)
    evidence = evidence_of(needed) if needed.height else None
    others = ledgers.rest()
    found = Compared()
    kept = iter(matched)
    for mine, read in zip(asked, reads, strict=True):
        matching, subscriptions = Matching(next(kept), next(kept), next(kept), next(kept)), next(kept)
        source = replace(others, subscriptions=subscriptions)
        explained = explain(matching, zone, _usage_of(mine, evidence), source, seen)
        lines = matched_frame(matching, explained, zone)
        require_footing(lines, read)
        found.add(contested(inside(lines, window), ledgers.odoo.switched))
    return found


def _frames_of(matching: Matching) -> tuple[pl.DataFrame, ...]:
    return matching.odoo, matching.external, matching.rows, matching.expected


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
            names |= names_of(ledger)
        odoo, external, expected = (due(each, as_of) for each in _ledgers_of(page))
        for side, ledger in (("odoo", odoo), ("external", external)):
            self.spent |= set(ledger["currency"].unique())
            if ledger.select(is_minimum().any()).item():
                self.raised.add(side)
        self.of_terms |= set(expected["currency"].unique())
        instead = expected.filter(stand_in(odoo, replace(page[2], expected=expected)))
        self.raised_by_terms |= set(instead.filter(is_minimum())["currency"].unique())

    @property
    def whole(self) -> Whole:
        """Give what matching must know."""
        by_terms = {"odoo"} if self.raised_by_terms & self.spent else set()
        return Whole(frozenset(self.raised | by_terms), has_terms=bool(self.of_terms & self.spent))

    def prepared(self, page: Page, as_of: datetime) -> Page:
        """Give a page as it is matched."""
        changed = spelling(self.names)
        odoo, external, expected = (
            due(spelt(ledger, changed), as_of) for ledger in _ledgers_of(page)
        )
        # Terms in a currency in which nobody bills are a fault of their row, and say nothing.
        is_spent = pl.col("currency").is_in(sorted(self.spent))
        return odoo, external, replace(page[2], expected=expected.filter(is_spent))


def _ledgers_of(page: Page) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    odoo, external, source = page
    return odoo, external, source.expected

"""The sums of a reconciliation's report, its causes as groups, and which to mend first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from tasks.model.errors import FatalError
from tasks.model.ledger import FAMILY_OF_PREFIX, MODELED, Cause, LineOutcome, WrongSide
from tasks.reconcile.figures import Sum, add_up
from tasks.reconcile.results import ReconcileResults
from tasks.reconcile.words import CauseWords, actor_name, cause_words, side_name

PLACES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cause was met: rows of one service and item.

    Items that no plan speaks of are told by their kind.
    """

    service: str
    item: str
    rows: int


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """All rows of one cause; ``delta`` and ``size`` by currency."""

    code: str
    words: CauseWords
    rows: int
    delta: dict[str, Decimal]
    size: dict[str, Decimal]
    places: tuple[Place, ...]
    more_places: int

    @property
    def is_mixed(self) -> bool:
        """Whether Odoo has more in some rows and less in others."""
        return any(self.size[currency] != abs(delta) for currency, delta in self.delta.items())

    @property
    def anchor(self) -> str:
        """Name of its place on the page, and of its file without the ending."""
        return file_stem(self.code)


@dataclass(frozen=True, slots=True)
class Figures:
    """All sums of a report; currencies are in order of what was billed in them.

    The keys of ``services``, ``months``, ``outcomes``, ``sides`` (which is wrong) and ``families``
    begin with the currency; those of ``waterfalls``, by currency, are the causes. ``causes`` are
    of all rows that have one, ``unsettled`` of those alone that somebody must work off;
    ``agreeing`` are by currency the rows without a cause. ``billed`` names the external side.
    """

    billed: str
    whole: Sum
    currencies: tuple[Sum, ...]
    services: tuple[Sum, ...]
    months: tuple[Sum, ...]
    outcomes: tuple[Sum, ...]
    sides: tuple[Sum, ...]
    families: tuple[Sum, ...]
    causes: tuple[CauseGroup, ...]
    unsettled: tuple[CauseGroup, ...]
    waterfalls: dict[str, tuple[Sum, ...]]
    agreeing: dict[str, Sum]

    def of(self, currency: str, sums: Iterable[Sum]) -> list[Sum]:
        """Keep the sums of one currency; the currency is their first key."""
        return [each for each in sums if each.key[0] == currency]


def add_figures_up(results: ReconcileResults) -> Figures:
    """Add everything up.

    Raises:
        FatalError: The lines do not add up to what was read.
    """
    condensed = results.lines.sums
    currencies = sorted(
        add_up(condensed, "currency"), key=lambda each: (-each.billed, -each.odoo, each.key)
    )
    _require_footing(results, currencies)
    billed = side_name(source.origin for source in results.sources if source.origin != "odoo")
    differing = condensed.filter(pl.col("cause") != "")
    unsettled = condensed.filter(pl.col("wrong_side") != WrongSide.NONE)
    return Figures(
        billed=billed,
        whole=add_up(condensed)[0],
        currencies=tuple(currencies),
        services=add_up(condensed, "currency", "service"),
        months=add_up(condensed, "currency", "month"),
        outcomes=_in_order(add_up(condensed, "currency", "outcome"), LineOutcome),
        sides=_in_order(add_up(condensed, "currency", "wrong_side"), WrongSide),
        families=add_up(condensed, "currency", "family"),
        causes=_causes(differing),
        unsettled=_causes(unsettled),
        waterfalls={
            each.key[0]: add_up(differing.filter(pl.col("currency") == each.key[0]), "cause")
            for each in currencies
        },
        agreeing={
            each.key[0]: each
            for each in add_up(condensed.filter(pl.col("cause") == ""), "currency")
        },
    )


def _in_order(sums: Iterable[Sum], values: Iterable[str]) -> tuple[Sum, ...]:
    """Sort by the first key, and by the place that the second has among its values."""
    places = list(values)
    return tuple(sorted(sums, key=lambda each: (each.key[0], places.index(each.key[1]))))


def _require_footing(results: ReconcileResults, currencies: Iterable[Sum]) -> None:
    """Hold the comparison's totals against those of the sources that told theirs."""
    read: dict[str, Decimal] = {}
    others = [source for source in results.sources if source.origin != "odoo"]
    if any(source.lines and not source.totals for source in others):
        return
    for source in others:
        for currency, total in source.totals.items():
            read[currency] = read.get(currency, Decimal(0)) + total
    compared = {each.key[0]: each.external for each in currencies}
    for currency in read | compared:
        apart = compared.get(currency, Decimal(0)) - read.get(currency, Decimal(0))
        if round(apart, 2):
            raise FatalError(
                f"The report does not foot: the lines compared differ by {apart} {currency} from"
                " the lines read."
            )


def file_stem(cause: str) -> str:
    """Name a cause's file and its place on the page.

    >>> file_stem("quota_not_applied+tax_included")
    'quota_not_applied-tax_included'
    """
    return re.sub(r"[^a-z0-9_]+", "-", cause)


def _causes(differing: pl.DataFrame) -> tuple[CauseGroup, ...]:
    """Group by cause, the one with most rows first."""
    sums = add_up(differing, "cause", "currency")
    met = add_up(differing, "cause", "service", "item")
    origins: dict[str, list[str]] = {}
    for each in add_up(differing, "cause", "external_origin"):
        origins.setdefault(each.key[0], []).append(each.key[1])
    groups = []
    for code in dict.fromkeys(each.key[0] for each in sums):
        mine = [each for each in sums if each.key[0] == code]
        places = _places([each for each in met if each.key[0] == code])
        groups.append(
            CauseGroup(
                code=code,
                words=cause_words(code, actor_name(origins[code])),
                rows=sum(each.rows for each in mine),
                delta={each.key[1]: each.delta for each in mine},
                size={each.key[1]: each.size for each in mine},
                places=tuple(places[:PLACES_SHOWN]),
                more_places=max(0, len(places) - PLACES_SHOWN),
            )
        )
    return tuple(sorted(groups, key=lambda each: (-each.rows, each.code)))


def _places(sums: list[Sum]) -> list[Place]:
    rows: dict[tuple[str, str], int] = {}
    for each in sums:
        _, service, item = each.key
        kind = item.partition(":")[0]
        # The names of add-ons and the like are many, and say little all together.
        item = item if FAMILY_OF_PREFIX.get(kind) in MODELED else kind
        rows[service, item] = rows.get((service, item), 0) + each.rows
    places = [Place(service, item, count) for (service, item), count in rows.items()]
    return sorted(places, key=lambda each: (-each.rows, each.service, each.item))


@dataclass(frozen=True, slots=True)
class Fix:
    """One cause taken away, after the ones before it.

    ``rows`` and ``size`` (by currency) are the differences that go with it, those of several
    causes only once their last one goes; ``left`` are the rows that remain.
    """

    cause: str
    words: CauseWords
    rows: int
    size: dict[str, Decimal]
    left: int


def order_fixes(groups: Iterable[CauseGroup]) -> tuple[Fix, ...]:
    """Order the causes, most differences first; what is not explained has no fix."""
    left = {frozenset(group.code.split("+")): group for group in groups}
    rows_left = sum(group.rows for group in left.values())
    causes = {cause for parts in left for cause in parts} - {Cause.UNEXPLAINED}
    ordered: list[Fix] = []
    fixed: frozenset[str] = frozenset()
    while causes:
        best = max(sorted(causes), key=lambda cause: _weight(left, fixed, cause))
        fixed |= {best}
        causes.remove(best)
        gone = [group for parts, group in left.items() if parts <= fixed]
        left = {parts: group for parts, group in left.items() if not parts <= fixed}
        rows = sum(group.rows for group in gone)
        rows_left -= rows
        ordered.append(Fix(best, cause_words(best), rows, _sizes(gone), rows_left))
    return tuple(ordered)


def _weight(
    left: dict[frozenset[str], CauseGroup], fixed: frozenset[str], cause: str
) -> tuple[int, int]:
    """Count the rows that a fix takes away, then those that it takes part in."""
    alone = sum(group.rows for parts, group in left.items() if parts <= fixed | {cause})
    shared = sum(group.rows for parts, group in left.items() if cause in parts)
    return alone, shared


def _sizes(groups: Iterable[CauseGroup]) -> dict[str, Decimal]:
    sizes: dict[str, Decimal] = {}
    for group in groups:
        for currency, size in group.size.items():
            sizes[currency] = sizes.get(currency, Decimal(0)) + size
    return sizes

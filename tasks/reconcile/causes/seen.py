"""What Odoo's ledger shows as a whole: what its plans cost, and in which currencies it bills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from tasks.reconcile.causes.terms import Catalogue, catalogue
from tasks.reconcile.match.match import Matching
from tasks.reconcile.match.threeway import TERMS


@dataclass(frozen=True, slots=True)
class Seen:
    """What a line may be explained by beside the lines of its own subscription.

    ``plans`` has the terms that Odoo's side was priced by, ``currencies`` are by service those of
    Odoo's own lines.
    """

    plans: Catalogue
    currencies: Mapping[str, frozenset[str]]


def seen_of(pages: Iterable[Matching]) -> Seen:
    """Look through a matching, or all pages of one."""
    terms: set[tuple[str, str, str, str]] = set()
    currencies: dict[str, frozenset[str]] = defaultdict(frozenset)
    for matching in pages:
        told = matching.odoo.select("service", "currency", "item", "terms").unique()
        terms.update(told.iter_rows())
        own = matching.odoo.lazy().filter(pl.col("origin") != TERMS)
        for service, currency in own.select("service", "currency").unique().collect().iter_rows():
            currencies[service] |= {currency}
    return Seen(catalogue(terms), dict(currencies))

"""The terms behind Odoo's ledger lines, read from their JSON, and what all of them show."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import polars as pl

from tasks.model.errors import FusionError
from tasks.model.ledger import FLAT, USAGE
from tasks.model.rating import RatedCharge, Tier
from tasks.reconcile.match.match import Matching
from tasks.reconcile.match.threeway import TERMS

_AMOUNTS = (
    "price_per_unit",
    "included_quota",
    "flat_amount",
    "percent",
    "fixed_amount",
    "transaction_min",
    "transaction_max",
)


@dataclass(frozen=True, slots=True)
class FlatTerms:
    """A plan's price for one cycle."""

    price: Decimal
    cycle: str
    plan_code: str


@dataclass(frozen=True, slots=True)
class UsageTerms:
    """How usage is rated, and by which plan; a minimum is a line of its own, so it is not here."""

    charge: RatedCharge
    plan_code: str


@lru_cache(maxsize=20_000)
def flat_terms(text: str) -> FlatTerms | None:
    """Read the terms of a ``flat`` line; None if it tells none."""
    values = _object(text)
    try:
        price = Decimal(str(values["price"]))
    except (KeyError, InvalidOperation):
        return None
    return FlatTerms(price, str(values.get("cycle", "")), str(values.get("plan_code", "")))


@lru_cache(maxsize=20_000)
def usage_terms(text: str) -> UsageTerms | None:
    """Read the terms of a ``usage:`` line; None if it tells none that can be rated."""
    values = _object(text)
    try:
        amounts: dict[str, Any] = {
            name: Decimal(str(values[name])) for name in _AMOUNTS if values.get(name)
        }
        charge = RatedCharge(
            charge_model=str(values["charge_model"]),
            unit_batch=int(values.get("unit_batch") or 1),
            block_rating=str(values.get("rounding") or "fractional"),
            free_events=int(values.get("free_events") or 0),
            flat_at_zero=bool(values.get("flat_at_zero")),
            tiers=tuple(map(_tier, values.get("tiers") or ())),
            **amounts,
        )
    except (KeyError, ValueError, TypeError, InvalidOperation, FusionError):
        return None
    return UsageTerms(charge, str(values.get("plan_code", "")))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the service's plans cost, as far as Odoo's ledger shows it.

    ``prices`` are by service, currency and cycle, ``charges`` by service, currency and item; each
    by plan code. A price in another currency is nobody's here.
    """

    prices: dict[tuple[str, str, str], dict[str, Decimal]]
    charges: dict[tuple[str, str, str], dict[str, RatedCharge]]


def catalogue(terms: Iterable[tuple[str, str, str, str]]) -> Catalogue:
    """Collect plans from service, currency, item and terms of ledger lines, each given once."""
    prices: dict[tuple[str, str, str], dict[str, Decimal]] = defaultdict(dict)
    charges: dict[tuple[str, str, str], dict[str, RatedCharge]] = defaultdict(dict)
    for service, currency, item, text in sorted(terms):
        if item == FLAT and (flat := flat_terms(text)) and flat.plan_code:
            prices[service, currency, flat.cycle][flat.plan_code] = flat.price
        elif item.startswith(USAGE) and (usage := usage_terms(text)) and usage.plan_code:
            charges[service, currency, item][usage.plan_code] = usage.charge
    return Catalogue(dict(prices), dict(charges))


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


def _tier(values: dict[str, Any]) -> Tier:
    given = {name: values.get(name) for name in (field.name for field in fields(Tier))}
    up_to = given.pop("up_to")
    return Tier(
        None if up_to is None else Decimal(str(up_to)),
        **{name: Decimal(str(value or 0)) for name, value in given.items()},
    )


def _object(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text or "{}")
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}

"""Lago's charge models, exactly: whole units, prices as decimals.

Tiers bill their first flat fee without any unit, as Lago does since 1.51.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from typing import Any

ZERO = Decimal(0)


def rate(model: str, properties: dict[str, Any], units: Decimal) -> Decimal:
    """Return what the units cost before rounding."""
    return _MODELS[model](properties, units)


def _standard(properties: dict[str, Any], units: Decimal) -> Decimal:
    return units * Decimal(properties["amount"])


def _package(properties: dict[str, Any], units: Decimal) -> Decimal:
    over = max(ZERO, units - int(properties["free_units"]))
    packages = over / int(properties["package_size"])
    if not properties.get("_fractional"):
        packages = packages.to_integral_value(ROUND_CEILING)
    return packages * Decimal(properties["amount"])


def _graduated(properties: dict[str, Any], units: Decimal) -> Decimal:
    return _tiers(properties["graduated_ranges"], "per_unit_amount", units)


def _volume(properties: dict[str, Any], units: Decimal) -> Decimal:
    for tier in properties["volume_ranges"]:
        if tier["to_value"] is None or units <= tier["to_value"]:
            break
    return units * Decimal(tier["per_unit_amount"]) + Decimal(tier["flat_amount"])


def _percentage(properties: dict[str, Any], units: Decimal) -> Decimal:
    free = Decimal(properties.get("free_units_per_total_aggregation") or 0)
    return max(ZERO, units - free) * Decimal(properties["rate"]) / 100


def _graduated_percentage(properties: dict[str, Any], units: Decimal) -> Decimal:
    parts = [
        tier | {"rate": Decimal(tier["rate"]) / 100}
        for tier in properties["graduated_percentage_ranges"]
    ]
    return _tiers(parts, "rate", units)


def _tiers(tiers: list[dict[str, Any]], price: str, units: Decimal) -> Decimal:
    """Add up the tiers that units reach; ``price`` names a unit's in each."""
    total = below = ZERO
    for number, tier in enumerate(tiers):
        top = tier["to_value"]
        end = units if top is None else min(units, Decimal(top))
        if units > below or not number:
            total += (end - below) * Decimal(tier[price]) + Decimal(tier["flat_amount"])
        below = end
    return total


_MODELS: dict[str, Callable[[dict[str, Any], Decimal], Decimal]] = {
    "standard": _standard,
    "package": _package,
    "graduated": _graduated,
    "volume": _volume,
    "percentage": _percentage,
    "graduated_percentage": _graduated_percentage,
}

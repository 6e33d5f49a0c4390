"""The case table that both ratings are held to, read into the domain's own types."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.model.rating import RatedCharge, Tier

ADDON = Path(__file__).parents[2] / "deployments/addons/fusion_centralize_billing"
CASES: list[dict[str, Any]] = json.loads((ADDON / "tests/cases/rating.json").read_text())
WORDS = {"charge_model", "block_rating", "unit_name"}


def charge(terms: dict[str, Any]) -> RatedCharge:
    """Read a charge of the table: decimals are texts there."""
    values = {
        name: Decimal(value) if isinstance(value, str) and name not in WORDS else value
        for name, value in terms.items()
    }
    values["tiers"] = tuple(
        Tier(**{name: value and Decimal(value) for name, value in tier.items()})
        for tier in terms.get("tiers", ())
    )
    return RatedCharge(**values)


def decimals(texts: list[str] | None) -> list[Decimal] | None:
    """Read the events of a case."""
    return None if texts is None else [Decimal(text) for text in texts]

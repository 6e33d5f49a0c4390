"""How Lago writes ids, moments, amounts and decimals, and what many objects carry."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID, uuid5

Json = dict[str, Any]

LAGO_VERSION = "1.51.0"
#: When what is older than any customer was made.
LONG_AGO = "2024-01-01T00:00:00Z"
#: Subunits of each currency.
SUBUNITS = defaultdict(lambda: 100, {"JPY": 1, "KWD": 1000})
_NAMES = UUID("5b6c9f3e-7f0e-5f1c-8d7e-2a1f60c9a001")


def lago_id(kind: str, key: str) -> str:
    """Give the id of an object; it is the same whenever it is asked for."""
    return str(uuid5(_NAMES, f"{kind}:{key}"))


def moment(value: datetime | None) -> str | None:
    """Write a moment as Lago does: UTC, whole seconds."""
    return None if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ")


def minor(amount: Decimal, currency: str) -> int:
    """Round an amount to the currency's own subunits, half away from zero."""
    return int((amount * SUBUNITS[currency]).quantize(Decimal(1), ROUND_HALF_UP))


def plain(value: Decimal) -> str:
    """Write a decimal as Lago does: plain digits and at least one after the point."""
    text = format(value.normalize(), "f")
    return text if "." in text else f"{text}.0"


def tax_object(
    lago_id: str, code: str, name: str, rate: Decimal, *, for_everybody: bool = False
) -> Json:
    """Return a tax; ``rate`` is in percent."""
    return {
        "lago_id": lago_id, "name": name, "code": code, "description": None,
        "rate": float(rate), "applied_to_organization": for_everybody, "created_at": LONG_AGO,
    }  # fmt: skip


def applied_taxes(
    lago_id: str, taxes: list[Json], cents: int, currency: str, created_at: str | None
) -> list[Json]:
    """Return what each tax is of an amount; the ids are made from ``lago_id``."""
    return [
        {
            "lago_id": f"{number:08x}{lago_id[8:]}", "lago_tax_id": tax["lago_id"],
            "tax_name": tax["name"], "tax_code": tax["code"], "tax_rate": tax["rate"],
            "tax_description": tax["description"],
            "amount_cents": minor(Decimal(cents) * Decimal(str(tax["rate"])) / 10000, "CAD"),
            "amount_currency": currency, "created_at": created_at,
        }
        for number, tax in enumerate(taxes)
    ]  # fmt: skip

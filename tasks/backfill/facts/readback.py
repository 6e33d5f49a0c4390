"""What the quality rules ask about the records that were read back from Odoo."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tasks.model.source import Row

_SIX_DECIMALS = Decimal("0.000001")


def order_facts(orders: Sequence[Row]) -> list[dict[str, Any]]:
    """Say what the rules need to know about each shadow order, in the given order."""
    return [
        {
            "state_text": row["state"] or "",
            "price_is_the_plans": row["price"] is not None
            and row["price"] == row["expected_price"],
            "price_is_protected": bool(row["price_protected"]),
            "days_are_the_sources": row["start"] == row["expected_start"]
            and row["next_invoice"] == row["expected_next_invoice"],
        }
        for row in orders
    ]


def charge_facts(charges: Sequence[Row]) -> list[dict[str, Any]]:
    """Say what the rules need to know about each charge, in the given order.

    Odoo keeps rates and quotas to 6 decimals, so they are compared at 6 decimals.
    """
    return [
        {
            "rate_is_the_sources": _same(row["rate"], row["expected_rate"]),
            "quota_is_the_sources": _same(row["quota"], row["expected_quota"]),
        }
        for row in charges
    ]


def count_facts(counts: Sequence[Row]) -> list[dict[str, Any]]:
    """Say by how many records Odoo and the plan of the load differ, per entity."""
    return [{"found_minus_expected": row["found"] - row["expected"]} for row in counts]


def _same(found: Decimal | None, expected: Decimal | None) -> bool:
    if found is None or expected is None or not (found.is_finite() and expected.is_finite()):
        return False
    return _at_six_decimals(found) == _at_six_decimals(expected)


def _at_six_decimals(number: Decimal) -> Decimal:
    return number.quantize(_SIX_DECIMALS, rounding=ROUND_HALF_UP)

"""What the quality rules ask about the records that were read back from Odoo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tasks.model.rows import with_facts
from tasks.model.source import Row

_SIX_DECIMALS = Decimal("0.000001")


def order_facts(orders: Sequence[Row]) -> list[dict[str, Any]]:
    """Say what the rules need to know about each shadow order, in the given order."""
    return [
        {
            "state_text": row["state"] or "",
            "price_is_the_plans": row["price"] is not None
            and row["price"] == row["expected_price"],
            "currency_is_the_sources": row["currency"] == row["expected_currency"],
            "days_are_the_sources": all(
                row[day] == row[f"expected_{day}"] for day in ("starts", "next_invoice", "ends")
            ),
            "lines_are_the_sources": row["lines"] == row["expected_lines"],
            "price_is_protected": bool(row["price_protected"]),
        }
        for row in orders
    ]


def line_facts(lines: Sequence[Row]) -> list[dict[str, Any]]:
    """Say what the rules need to know about each line that an order should have.

    A discount that a person set is theirs: it is not compared.
    """
    return [
        {
            "price_is_the_sources": _same(row["price"], row["expected_price"]),
            "quantity_is_the_sources": _same(row["quantity"], row["expected_quantity"]),
            "discount_is_the_sources": row["by_hand"]
            or _same(row["discount"], row["expected_discount"]),
            "end_is_the_sources": row["ends"] == row["expected_ends"],
            "taxes_are_the_sources": row["taxes"] == row["expected_taxes"],
            "has_tax_at_home": row["taxed_at_home"],
        }
        for row in lines
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


_FACTS = {
    "odoo_orders": order_facts,
    "odoo_lines": line_facts,
    "odoo_charges": charge_facts,
    "odoo_counts": count_facts,
}


def readback_tables(
    tables: Mapping[str, Sequence[Row]],
) -> Iterator[tuple[str, tuple[Row, ...]]]:
    """Put what the rules ask beside what was read back from Odoo, by the suite's name.

    Args:
        tables: By suite: a row per shadow order, per line that one should have, per charge, and
            per entity with the number expected and found.

    Returns:
        The rows to check. Findings are keyed by the order's external id (and its line's), the
        charge's plan code and the count's entity; without any the shadow is safe.
    """
    for name, rows in tables.items():
        yield name, with_facts(rows, _FACTS[name](rows))

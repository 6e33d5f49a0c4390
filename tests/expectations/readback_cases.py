"""One case per way in which a record read back from Odoo can be wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import pandas as pd


class Case(NamedTuple):
    """Spoil a clean row of ``suite``; exactly ``broken`` must be found on it."""

    suite: str
    name: str
    broken: set[str]
    values: dict[str, Any]


CLEAN = {
    "odoo_orders": {
        "odoo_id": 1,
        "external_id": "",
        "state": "draft",
        "payment_token": False,
        "shadow": True,
        "price": Decimal("49.0"),
        "expected_price": Decimal("49.00"),
        "price_protected": True,
        "currency": "CAD",
        "expected_currency": "CAD",
        "starts": "2025-03-14",
        "expected_starts": "2025-03-14",
        "next_invoice": "2026-12-14",
        "expected_next_invoice": "2026-12-14",
        "ends": None,
        "expected_ends": None,
        "lines": 1,
        "expected_lines": 1,
        "times": 1,
    },
    "odoo_lines": {
        "key": "",
        "price": Decimal("9.9"),
        "expected_price": Decimal("9.90"),
        "quantity": Decimal("1.0"),
        "expected_quantity": Decimal(1),
        "discount": Decimal("0.0"),
        "expected_discount": Decimal(0),
        "by_hand": False,
        "ends": None,
        "expected_ends": None,
        "taxes": "7",
        "expected_taxes": "7",
        "taxed_at_home": True,
    },
    "odoo_charges": {
        "odoo_id": 1,
        "plan_code": "",
        "plan_linked": False,
        "rate": Decimal("0.0075"),
        "expected_rate": Decimal("0.00750"),
        "quota": Decimal("360000.0"),
        "expected_quota": Decimal(360000),
        "times": 1,
    },
    "odoo_counts": {"entity": "", "expected": 3, "found": 3},
}
KEYS = {
    "odoo_orders": "external_id",
    "odoo_lines": "key",
    "odoo_charges": "plan_code",
    "odoo_counts": "entity",
}


def order(name: str, *rules: str, **values: Any) -> Case:
    return Case("odoo_orders", name, set(rules), values)


def line(name: str, *rules: str, **values: Any) -> Case:
    return Case("odoo_lines", name, set(rules), values)


def charge(name: str, *rules: str, **values: Any) -> Case:
    return Case("odoo_charges", name, set(rules), values)


def count(name: str, *rules: str, **values: Any) -> Case:
    return Case("odoo_counts", name, set(rules), values)


CASES = [
    order("clean-order"),
    order("confirmed", "order_not_draft", state="sale"),
    order("no-state", "order_not_draft", state=None),
    order("card", "order_payment_token", payment_token=True),
    order("unmarked", "order_not_shadow", shadow=False),
    order("price-a-cent-more", "order_price_differs", price=Decimal("49.01")),
    order("price-gone", "order_price_differs", price=None),
    order("no-line", "order_lines_differ", lines=0),
    order("two-lines", "order_lines_differ", lines=2),
    order("addon-carried", lines=2, expected_lines=2),
    order("other-currency", "order_currency_differs", currency="USD"),
    order("starts-later", "order_days_differ", starts="2025-03-15"),
    order("never-invoiced", "order_days_differ", next_invoice=None),
    order("ends-never", "order_days_differ", expected_ends="2027-01-01"),
    line("clean-line"),
    line(
        "line-gone",
        "line_price_differs",
        "line_quantity_differs",
        "line_discount_differs",
        "line_taxes_differ",
        price=None,
        quantity=None,
        discount=None,
        taxes=None,
    ),
    line("line-a-cent-more", "line_price_differs", price=Decimal("9.91")),
    line("line-twice-as-much", "line_quantity_differs", quantity=Decimal(2)),
    line("line-discount", "line_discount_differs", discount=Decimal(10)),
    line("line-discount-by-hand", discount=Decimal(10), by_hand=True),
    line("line-goes-on", "line_end_differs", expected_ends="2027-01-01"),
    line("line-other-tax", "line_taxes_differ", taxes="7, 8"),
    line("line-untaxed", "line_without_tax", taxes="", expected_taxes="", taxed_at_home=False),
    line("line-abroad", taxes="", expected_taxes="", taxed_at_home=None),
    order("price-open", "order_price_unprotected", price_protected=False),
    order("twice", "order_twice", times=2),
    charge("clean-charge"),
    charge("linked", "charge_plan_linked", plan_linked=True),
    charge("rate-rounded", "charge_rate_differs", rate=Decimal("0.01")),
    charge("rate-in-the-sixth", "charge_rate_differs", rate=Decimal("0.007501")),
    charge("rate-noise", rate=Decimal("0.00750000000000001")),
    charge("rate-nan", "charge_rate_differs", rate=Decimal("NaN")),
    charge("quota-gone", "charge_quota_differs", quota=None),
    charge("quota-differs", "charge_quota_differs", quota=Decimal(360001)),
    charge("charged-twice", "charge_twice", times=2),
    count("clean-count"),
    count("one-missing", "count_differs", found=2),
    count("one-too-many", "count_differs", found=4),
]


def frames() -> dict[str, pd.DataFrame]:
    """Every case as a row of its suite's frame, with the case's name as the key."""
    return {
        suite: pd.DataFrame(
            [
                CLEAN[suite] | {KEYS[suite]: case.name} | case.values
                for case in CASES
                if case.suite == suite
            ]
        )
        for suite in CLEAN
    }

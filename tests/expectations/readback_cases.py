"""One case per way in which a record read back from Odoo can be wrong."""

from __future__ import annotations

from datetime import date
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
        "start": date(2025, 3, 14),
        "expected_start": date(2025, 3, 14),
        "next_invoice": date(2026, 2, 14),
        "expected_next_invoice": date(2026, 2, 14),
        "lines": 1,
        "times": 1,
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
KEYS = {"odoo_orders": "external_id", "odoo_charges": "plan_code", "odoo_counts": "entity"}


def order(name: str, *rules: str, **values: Any) -> Case:
    return Case("odoo_orders", name, set(rules), values)


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
    order("price-open", "order_price_unprotected", price_protected=False),
    order("starts-otherwise", "order_days_differ", start=date(2025, 3, 15)),
    order("invoiced-otherwise", "order_days_differ", next_invoice=date(2026, 1, 14)),
    order("no-invoice-day", "order_days_differ", next_invoice=None),
    order("no-line", "order_lines_not_one", lines=0),
    order("two-lines", "order_lines_not_one", lines=2),
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

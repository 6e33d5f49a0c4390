"""One case per way in which usage can be wrong, as NexaCloud's database and Odoo tell it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.expectations.readback_cases import Case

CLEAN = {
    "usage": {
        "deployment_id": "shop",
        "period_start": "2026-08-01 00:00:00+00",
        "period_end": "2026-08-02 00:00:00+00",
        "previous_end": "2026-08-01 00:00:00+00",
        "cpu_hours": Decimal("3.5"),
        "is_number": True,
        "is_not_negative": True,
        "is_in_order": True,
        "is_over": True,
        "is_single": True,
        "begins_in_turn": True,
        "follows_on": True,
        "is_possible": True,
        "deployment_is_known": True,
    },
    "odoo_usage": {
        "measured": Decimal("3600.000000"),
        "stored": Decimal("3600.0"),
        "rated": Decimal(3600),
    },
}
KEYS = {"usage": "id", "odoo_usage": "month"}


def usage(name: str, *rules: str, **values: Any) -> Case:
    return Case("usage", name, set(rules), values)


def month(name: str, *rules: str, **values: Any) -> Case:
    return Case("odoo_usage", name, set(rules), values)


CASES = [
    usage("clean-record"),
    usage("no-number", "usage_not_a_number", is_number=False, is_not_negative=None),
    usage("no-quantity", "usage_not_a_number", is_number=False, cpu_hours=None),
    usage("negative", "usage_negative", is_not_negative=False),
    usage("reversed", "usage_period_reversed", is_in_order=False, is_possible=None),
    usage("no-period", "usage_period_reversed", is_in_order=False, period_start=None),
    usage("future", "usage_out_of_period", is_over=False, begins_in_turn=None, follows_on=None),
    usage("counted-twice", "usage_duplicate", is_single=False, begins_in_turn=None),
    usage("overlap", "usage_overlap", begins_in_turn=False),
    usage("gap", "usage_gap", follows_on=False),
    usage("absurd", "usage_absurd", is_possible=False),
    usage("nobodys", "usage_deployment_unknown", deployment_is_known=False, deployment_id=None),
    month("clean-month"),
    month(
        "month-less", "usage_differs", stored=Decimal("3599.999999"), rated=Decimal("3599.999999")
    ),
    month("month-more", "usage_differs", stored=Decimal(3601), rated=Decimal(3601)),
    month("month-unrated", "rating_differs", rated=Decimal(0)),
]


def rows(suite: str) -> list[dict[str, Any]]:
    """Every case as a row of its suite, with the case's name as the key."""
    return [
        CLEAN[suite] | {KEYS[suite]: case.name} | case.values
        for case in CASES
        if case.suite == suite
    ]

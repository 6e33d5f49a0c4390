"""Each case of the shared table, to the last decimal: what a customer would be billed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tasks.model.rating import rate
from tests.model.rating_cases import CASES, charge, decimals


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_rating_of_a_published_or_hand_computed_case_is_exact(case):
    rating = rate(
        charge(case["charge"]),
        Decimal(case["units"]),
        decimals(case.get("events")),
        whole_period=case.get("whole_period", True),
    )
    assert rating.amount == Decimal(case["amount"])
    assert rating.overage_units == Decimal(case["overage_units"])
    assert rating.included + rating.overage_units == rating.units
    assert rating.explanation == case.get("explanation", rating.explanation)


def test_rating_table_covers_every_model_and_names_each_source():
    models = {case["charge"]["charge_model"] for case in CASES}
    assert models == {
        "standard",
        "package",
        "graduated",
        "volume",
        "percentage",
        "graduated_percentage",
    }
    assert all(case["source"] for case in CASES)
    assert len(CASES) >= 60

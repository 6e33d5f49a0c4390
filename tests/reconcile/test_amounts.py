"""What counts as the amount that was billed: too wide a tolerance makes false causes."""

from __future__ import annotations

import pytest

from tasks.reconcile.causes.amounts import Target

CENT = 10_000


@pytest.mark.parametrize(
    ("target", "furthest"),
    [
        (Target(12 * CENT, "CAD"), CENT // 2 + 50),
        # Each line was rounded by itself.
        (Target(12 * CENT, "CAD", lines=3), 3 * CENT // 2),
        (Target(12 * CENT + 3, "CAD"), 100),
        (Target(12 * CENT + 3, "CAD", lines=3), 300),
        (Target(1200 * CENT, "JPY", lines=2), 1_000_000),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_an_amount_meets_what_was_billed_up_to_the_rounding_of_its_lines(target, furthest, sign):
    assert target.is_met_by(target.micro + sign * furthest)
    assert not target.is_met_by(target.micro + sign * (furthest + 1))

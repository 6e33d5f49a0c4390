"""How near two amounts are the same: a step too wide hides money, one too narrow cries wolf."""

from __future__ import annotations

import polars as pl
import pytest

from tasks.reconcile.match.match import is_near

CENT = 10_000


def near(one, other, currency="CAD", limit=CENT // 2):
    """Amounts as (compared, as held), in millionths; None: the side has no line."""
    sides = {"a": one, "b": other}
    columns = {
        f"{side}_{name}": [None if amounts is None else amounts[at]]
        for side, amounts in sides.items()
        for at, name in enumerate(("micro", "exact"))
    }
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Int64)).with_columns(
        currency=pl.lit(currency)
    )
    unit = {"CAD": CENT, "JPY": 1_000_000}
    return frame.select(is_near("a", "b", unit, {"CAD": limit, "JPY": 500_000})).item()


def whole(micro):
    return micro, micro


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (whole(5 * CENT), whole(5 * CENT), True),
        (whole(5 * CENT), whole(6 * CENT), False),
        # Half a cent apart as they are compared.
        (whole(5 * CENT), whole(5 * CENT + 5_000), True),
        (whole(5 * CENT), whole(5 * CENT + 5_001), True),
        (whole(5 * CENT), whole(5 * CENT + 5_050), True),
        (whole(5 * CENT), whole(5 * CENT + 5_051), False),
        # Odoo rounds 3.124999 to 3.12, and was billed 3.1251: apart, but not before rounding.
        ((3_120_000, 3_124_999), whole(3_125_100), True),
        (whole(3_125_100), (3_120_000, 3_124_999), True),
        # 3.125 is 3.13 in Odoo and 3.12 there: both in whole cents, a cent apart.
        ((3_130_000, 3_125_000), whole(3_120_000), False),
        # Rounded to four decimals first: 3.12495 gives 3.1250, and then 3.13.
        ((3_120_000, 3_124_950), whole(3_130_000), True),
        ((3_120_000, 3_124_949), whole(3_130_000), False),
        # Nothing and no line.
        (whole(0), None, True),
        (whole(5_000), None, True),
        (whole(5_001), None, False),
        (None, whole(5_001), False),
        (None, None, True),
    ],
)
def test_two_amounts_are_the_same_up_to_half_a_cent_and_a_rounding_on_the_way(
    one, other, is_same, sign
):
    flipped = (side and tuple(sign * each for each in side) for side in (one, other))
    assert near(*flipped) is is_same


@pytest.mark.parametrize(("apart", "is_same"), [(500_000, True), (500_050, True), (500_051, False)])
def test_half_of_the_smallest_unit_is_that_of_the_currency(apart, is_same):
    assert near(whole(7_000_000), whole(7_000_000 + apart), "JPY") is is_same


def test_a_wider_tolerance_is_kept_to():
    assert near(whole(0), whole(40_000), limit=40_000)
    assert not near(whole(0), whole(50_000), limit=40_000)

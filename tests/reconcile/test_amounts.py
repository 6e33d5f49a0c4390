"""What counts as the amount that was billed: too wide a tolerance makes false causes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from tasks.model.rating import RatedCharge, Tier
from tasks.reconcile.causes.amounts import Bill, Target, amount_text, rounded, rounded_fraction

CENT = 10_000
CHARGE = RatedCharge("standard", Decimal("0.0075"), Decimal(100), unit_batch=1)
BILL = Bill(CHARGE, Decimal("517.5"))
TIERS = (Tier(Decimal(500), Decimal("0.0149")), Tier(None, Decimal("0.01")))


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


@pytest.mark.parametrize(
    ("charge", "units", "factor"),
    [
        (CHARGE, "517.5", "1"),
        (CHARGE, "99", "1.13"),
        (replace(CHARGE, unit_batch=3600, included_quota=Decimal(360_000)), "1862280", "1.14975"),
        (replace(CHARGE, charge_model="package"), "517.5", "1"),
        (replace(CHARGE, block_rating="whole", unit_batch=60), "5170", "1.05"),
        (replace(CHARGE, flat_amount=Decimal(5)), "517.5", "1"),
        (RatedCharge("graduated", tiers=TIERS), "517.5", "1"),
    ],
)
@pytest.mark.parametrize("lines", [1, 3])
@pytest.mark.parametrize("off", [0, 5_050, -5_050])
def test_the_quick_look_lets_everything_pass_that_meets_the_amount(
    charge, units, factor, lines, off
):
    bill = Bill(charge, Decimal(units)).times(Fraction(factor))
    target = Target(bill.micro() + off, "CAD", lines)
    assert bill.can_be(target)


def test_the_quick_look_is_wrong_by_two_cents_at_most():
    """Else each of thousands of lines is rated by hundreds of ways that cannot be."""
    assert BILL.can_be(Target(3_131_250 + 20_000, "CAD"))
    assert not BILL.can_be(Target(3_131_250 + 20_001, "CAD"))
    assert not BILL.can_be(Target(3_131_250 - 20_001, "CAD"))
    assert BILL.can_be(Target(3_131_250 + 40_000, "CAD", lines=3))
    assert not BILL.can_be(Target(3_131_250 + 40_001, "CAD", lines=3))
    taxed = BILL.times(Fraction("1.13"))
    assert not taxed.can_be(Target(3_131_250, "CAD"))
    assert taxed.times(Fraction(2)).micro() == 7_076_625


def test_terms_that_need_the_events_rate_no_sum():
    fee = RatedCharge("percentage", percent=Decimal(2), fixed_amount=Decimal("0.3"))
    assert Bill(fee, Decimal(100)).micro() is None


@pytest.mark.parametrize(
    ("amount", "whole"),
    [("7/2", 4), ("-7/2", -4), ("10/3", 3), ("-10/3", -3), ("11/3", 4), ("0", 0), ("1/2", 1)],
)
def test_a_half_millionth_is_rounded_away_from_zero(amount, whole):
    assert rounded_fraction(Fraction(amount)) == whole


@pytest.mark.parametrize(
    ("micro", "unit", "expected"),
    [
        (3_125_000, 10_000, 3_130_000),
        (-3_125_000, 10_000, -3_130_000),
        (3_124_999, 10_000, 3_120_000),
        (1_499_999, 1_000_000, 1_000_000),
        (1_500_000, 1_000_000, 2_000_000),
        (4_999, 10_000, 0),
        (1_234_567, 1, 1_234_567),
        (0, 10_000, 0),
    ],
)
def test_half_a_cent_is_rounded_away_from_zero_and_half_a_yen_too(micro, unit, expected):
    assert rounded(micro, unit) == expected


@pytest.mark.parametrize(
    ("micro", "currency", "text"),
    [
        (0, "", "0.00"),
        (5_000_000, "CAD", "5.00 CAD"),
        (3_100_000, "CAD", "3.10 CAD"),
        (-3_123_400, "CAD", "-3.1234 CAD"),
        (1, "JPY", "0.000001 JPY"),
    ],
)
def test_an_amount_is_written_to_its_last_millionth_with_two_decimals_at_least(
    micro, currency, text
):
    assert amount_text(micro, currency) == text

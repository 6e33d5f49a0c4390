"""What holds for every charge: nobody pays more for less, or twice, or below zero."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.model.errors import FusionError
from tasks.model.rating import RatedCharge, Tier, rate

MICRO = Decimal("0.000001")
quantities = st.decimals(0, 10**9, places=6)
prices = st.decimals(0, 100, places=6)
batches = st.sampled_from([1, 7, 60, 100, 3600])
blocks = st.sampled_from(["fractional", "whole"])


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    bounds = draw(st.lists(st.decimals(MICRO, 10**6, places=6), max_size=4, unique=True))
    return tuple(
        Tier(bound, per_unit=draw(prices), flat=draw(prices), percent=draw(prices))
        for bound in [*sorted(bounds), None]
    )


@st.composite
def charges(draw: st.DrawFn, *models: str) -> RatedCharge:
    model = draw(st.sampled_from(models))
    percentage = "percentage" in model
    return RatedCharge(
        charge_model=model,
        price_per_unit=draw(prices),
        included_quota=draw(quantities),
        unit_batch=1 if percentage else draw(batches),
        block_rating="fractional" if percentage else draw(blocks),
        tiers=() if model in {"standard", "package", "percentage"} else draw(tiers()),
        percent=draw(prices) if model == "percentage" else Decimal(0),
        flat_amount=draw(prices),
    )


simple = charges("standard", "package")
monotone = charges("standard", "package", "graduated", "graduated_percentage", "percentage")
every = st.one_of(monotone, charges("volume"))


@given(monotone, quantities, quantities)
def test_rating_of_more_usage_never_costs_less(charge, units, more):
    assert rate(charge, units).amount <= rate(charge, units + more).amount


@given(every, st.decimals(0, 1, places=6))
def test_rating_up_to_the_quota_costs_nothing(charge, part):
    rating = rate(charge, charge.included_quota * part)
    assert rating.amount == 0
    assert rating.overage_units == 0


@given(every, st.decimals(-(10**9), 10**9, places=6), prices)
def test_rating_is_never_negative_and_never_below_the_minimum(charge, units, minimum):
    rating = rate(replace(charge, minimum_amount=minimum), units)
    assert rating.amount >= minimum
    assert rating.units >= 0
    assert rating.included + rating.overage_units == rating.units
    assert rating.amount == max(minimum, rate(charge, units).amount)


@given(every, quantities)
def test_rating_is_the_sum_of_its_steps_and_the_same_each_time(charge, units):
    rating = rate(charge, units)
    assert rating == rate(charge, units)
    assert abs(sum(step.amount for step in rating.steps) - Fraction(rating.amount)) <= MICRO / 2
    assert all(step.text in rating.explanation for step in rating.steps)


@given(
    prices,
    st.integers(0, 10**8),
    st.lists(st.integers(0, 10**8), min_size=1, max_size=6),
    st.sampled_from([1, 10, 1000]),
)
def test_rating_of_a_split_period_with_a_shared_quota_adds_up_to_the_whole(
    price, quota, parts, batch
):
    # Quantities whose price has at most 6 decimals: what is compared is never rounded.
    charge = RatedCharge("standard", price_per_unit=price, unit_batch=batch)
    left, total = Decimal(quota * batch), Decimal(0)
    for part in parts:
        piece = rate(replace(charge, included_quota=left), Decimal(part * batch))
        left -= piece.included
        total += piece.amount
    whole = replace(charge, included_quota=Decimal(quota * batch))
    assert total == rate(whole, Decimal(sum(parts) * batch)).amount


@given(simple, quantities, st.lists(quantities, max_size=5))
def test_rating_of_a_split_period_is_off_by_the_rounding_of_its_parts_only(charge, first, rest):
    charge = replace(charge, charge_model="standard", block_rating="fractional")
    charge = replace(charge, flat_amount=Decimal(0))
    left, total = charge.included_quota, Decimal(0)
    for part in (first, *rest):
        piece = rate(replace(charge, included_quota=left), part)
        left -= piece.included
        total += piece.amount
    whole = rate(charge, first + sum(rest)).amount
    assert abs(total - whole) <= MICRO * (len(rest) + 2) / 2


@given(charges("standard", "graduated"), quantities)
def test_rating_of_whole_blocks_costs_at_least_what_fractions_do(charge, units):
    fractional = rate(replace(charge, block_rating="fractional"), units)
    whole = rate(replace(charge, block_rating="whole"), units)
    assert whole.amount >= fractional.amount
    assert whole.overage_units == fractional.overage_units


@given(tiers(), st.data())
def test_rating_of_graduated_tiers_joins_with_no_jump_but_the_stated_flat_fee(ladder, data):
    assume(len(ladder) > 1)
    reached = data.draw(st.integers(1, len(ladder) - 1))
    charge = RatedCharge("graduated", tiers=ladder)
    bound, above = ladder[reached - 1].up_to, ladder[reached]
    assume(above.up_to is None or bound + MICRO <= above.up_to)
    jump = rate(charge, bound + MICRO).amount - rate(charge, bound).amount
    assert abs(jump - above.flat - above.per_unit * MICRO) <= MICRO


@given(tiers(), st.data())
def test_rating_of_volume_tiers_jumps_by_what_the_two_tiers_state(ladder, data):
    assume(len(ladder) > 1)
    reached = data.draw(st.integers(1, len(ladder) - 1))
    charge = RatedCharge("volume", tiers=ladder)
    below, above = ladder[reached - 1], ladder[reached]
    bound = below.up_to
    jump = rate(charge, bound + MICRO).amount - rate(charge, bound).amount
    stated = bound * (above.per_unit - below.per_unit) + above.flat - below.flat
    assert abs(jump - stated - above.per_unit * MICRO) <= MICRO


@given(st.lists(st.decimals(0, 1000, places=2), max_size=8), st.integers(0, 4), prices, prices)
def test_rating_of_one_more_transaction_never_costs_less(events, free, percent, least):
    charge = RatedCharge(
        "percentage",
        percent=percent,
        free_events=free,
        fixed_amount=Decimal("0.10"),
        transaction_min=least,
    )
    amounts = [rate(charge, sum(events[:n], Decimal(0)), events[:n]).amount for n in range(9)]
    assert amounts == sorted(amounts)


def test_rating_of_a_running_period_leaves_the_minimum_out():
    charge = RatedCharge("standard", minimum_amount=Decimal(5))
    assert rate(charge, Decimal(1)).amount == 5
    assert rate(charge, Decimal(1), whole_period=False).amount == 0


def test_rating_of_terms_that_contradict_says_what_is_wrong():
    with pytest.raises(FusionError, match="the last tier, and no other, must be without an end"):
        RatedCharge("volume", tiers=(Tier(Decimal(10)),))


def test_rating_of_fees_per_event_needs_the_events_only_where_there_are_units():
    """Who used nothing has no events to send, and no bill that fails for it."""
    charge = RatedCharge("percentage", percent=Decimal(1), fixed_amount=Decimal("0.30"))
    assert rate(charge, Decimal(0)).amount == 0
    with pytest.raises(FusionError, match="need the events"):
        rate(charge, MICRO)

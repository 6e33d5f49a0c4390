"""Which prices Odoo holds to the last digit: one that it rounds is billed wrongly ever after."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tasks.model.lago_prices import Priced, held, is_price, is_quantity, read_prices
from tasks.model.rating.charge import Tier


@pytest.mark.parametrize(
    ("number", "is_held"),
    [
        ("0", True), ("-0.1", False), ("0.123456", True), ("0.1234567", False),
        ("9999999999", True), ("10000000000", False),
        # Fifteen digits in all.
        ("1234567890.12345", True), ("1234567890.123456", False),
        ("123456789.123456", True), ("999999999.999999", True),
        ("1E+3", True), ("2.500000000", True),
    ],
)  # fmt: skip
def test_a_quantity_of_ten_digits_six_decimals_and_fifteen_in_all_is_held(number, is_held):
    assert is_quantity(Decimal(number)) is is_held


@pytest.mark.parametrize(
    ("number", "is_held"),
    [
        ("0", True), ("-0.000001", False), ("99999999.999999", True), ("100000000", False),
        ("0.0000001", False), ("0.1000000", True),
    ],
)  # fmt: skip
def test_a_price_below_a_hundred_millions_with_six_decimals_is_held(number, is_held):
    assert is_price(Decimal(number)) is is_held


def read(model, conversion=None, **properties):
    return read_prices(model, properties, None if conversion is None else Decimal(conversion))


def ranges(*steps, **prices):
    return [{"from_value": first, "to_value": last, **prices} for first, last in steps]


def test_each_model_is_read_with_all_that_it_says():
    assert read("standard", amount="0.25") == Priced(price=Decimal("0.25"))
    assert read("package", amount="5", package_size="100", free_units=10) == Priced(
        price=Decimal(5), batch=Decimal(100), included=Decimal(10)
    )
    assert read("package", amount="5", package_size=1, free_units=None).included == 0
    assert read("percentage", rate="1.5", free_units_per_total_aggregation="100") == Priced(
        percent=Decimal("1.5"), included=Decimal(100)
    )
    assert read("percentage", rate="1.5", fixed_amount="0") == Priced(percent=Decimal("1.5"))
    tiers = ranges((0, 10), (11, None), per_unit_amount="2", flat_amount="3")
    two = (
        Tier(Decimal(10), per_unit=Decimal(2), flat=Decimal(3)),
        Tier(None, per_unit=Decimal(2), flat=Decimal(3)),
    )
    assert read("graduated", graduated_ranges=tiers) == Priced(tiers=two)
    assert read("volume", volume_ranges=tiers) == Priced(tiers=two)
    shares = ranges((0, 10), (11, None), rate="1.5")
    assert read("graduated_percentage", graduated_percentage_ranges=shares).tiers == (
        Tier(Decimal(10), percent=Decimal("1.5")),
        Tier(None, percent=Decimal("1.5")),
    )


@pytest.mark.parametrize(
    "name",
    ["fixed_amount", "free_units_per_events", "per_transaction_min_amount",
     "per_transaction_max_amount"],
)  # fmt: skip
def test_fees_of_single_events_are_refused_by_their_name(name):
    assert read("percentage", rate="1", **{name: "0.01"}).refused == "charge_per_event"


@pytest.mark.parametrize(("size", "is_read"), [("1", True), ("0", False), ("1.5", False)])
def test_a_package_has_a_whole_number_of_units(size, is_read):
    def package():
        return read("package", amount="5", package_size=size, free_units="0")

    if is_read:
        assert package().batch == 1
    else:
        with pytest.raises(ValueError, match="no whole number"):
            package()


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_what_is_no_number_is_no_price(amount):
    with pytest.raises(ValueError, match="is no number"):
        read("standard", amount=amount)


@pytest.mark.parametrize(
    ("steps", "whole", "by_percent"),
    [
        ([(0, None)], True, True),
        # The next tier begins a unit later, or where this one ends; of percentages a unit later.
        ([(0, 10), (11, None)], True, True),
        ([(0, 10), (11, 20), (21, None)], True, True),
        ([(0, 10), (10, None)], True, False),
        ([(0, 10), (10, 20), (20, None)], True, False),
        ([(0, 10), (10, 20), (21, None)], False, False),
        ([(0, 10), (12, None)], False, False),
        ([(0, 10), (9, None)], False, False),
        ([(0, 10), (21, None)], False, False),
        ([(0, 10), (1, None)], False, False),
        ([(0, 10)], False, False),
        ([(0, None), (1, None)], False, False),
        ([], False, False),
    ],
)
def test_tiers_with_a_gap_an_overlap_or_no_end_are_refused(steps, whole, by_percent):
    found = read("graduated", graduated_ranges=ranges(*steps))
    assert found.refused == ("" if whole else "charge_terms")
    found = read("graduated_percentage", graduated_percentage_ranges=ranges(*steps))
    assert found.refused == ("" if by_percent else "charge_terms")


def test_what_nobody_here_knows_is_named_also_within_a_tier():
    tier = {"from_value": 0, "to_value": None, "uplift": "1", "note": None}
    found = read(
        "graduated", graduated_ranges=[tier], surprise="1", nothing="0.0", grouped_by=["x"],
        volume_ranges=[{"odd": "1"}],
    )  # fmt: skip
    assert found.unknown == (
        "charge.properties.graduated_ranges.uplift",
        "charge.properties.surprise",
        "charge.properties.volume_ranges",
    )
    assert read("graduated", graduated_ranges=[tier | {"uplift": 0}]).unknown == ()


def test_a_pricing_unit_of_whole_cents_is_converted_in_every_price():
    assert read("standard", "2.5", amount="0.25") == Priced(price=Decimal("0.625"))
    tiers = ranges((0, 10), (11, None), per_unit_amount="2", flat_amount="3")
    converted = Tier(Decimal(10), per_unit=Decimal(5), flat=Decimal("7.5"))
    assert read("graduated", "2.5", graduated_ranges=tiers).tiers == (
        converted,
        replace(converted, up_to=None),
    )


@pytest.mark.parametrize(
    ("model", "properties"),
    [
        ("standard", {"amount": "0.255"}),
        ("percentage", {"rate": "1"}),
        ("graduated", {"graduated_ranges": ranges((0, None), flat_amount="0.255")}),
    ],
)
def test_a_fraction_of_a_pricing_units_cent_is_refused(model, properties):
    assert read(model, "2", **properties).refused == "pricing_unit_fraction"


def test_the_first_fault_of_a_price_in_units_stays_its_name():
    assert read("percentage", "2", rate="1", fixed_amount="1").refused == "charge_per_event"


def test_a_price_finer_than_odoos_is_that_of_a_larger_batch():
    assert held("standard", Priced(price=Decimal("0.12345678"))) == Priced(
        price=Decimal("12.345678"), batch=Decimal(100)
    )
    fine = Tier(Decimal(1000), per_unit=Decimal("0.0000025"), flat=Decimal(1))
    made = held("graduated", Priced(tiers=(fine, replace(fine, up_to=None))))
    assert made == Priced(
        batch=Decimal(10),
        tiers=(
            Tier(Decimal(100), per_unit=Decimal("0.000025"), flat=Decimal(1)),
            Tier(None, per_unit=Decimal("0.000025"), flat=Decimal(1)),
        ),
    )


def test_a_price_that_odoo_holds_stays_as_it_is():
    plain = Priced(price=Decimal("0.123456"), included=Decimal(5))
    assert held("standard", plain) == plain


@pytest.mark.parametrize(
    ("model", "priced", "refused"),
    [
        ("package", Priced(price=Decimal("0.1234567")), "charge_terms"),
        ("standard", Priced(price=Decimal(10) ** 8), "amount_too_large"),
        ("standard", Priced(price=Decimal("99999999.1234567")), "charge_terms"),
        ("standard", Priced(price=Decimal(-1)), "charge_terms"),
        ("standard", Priced(included=Decimal("0.1234567")), "charge_terms"),
        ("percentage", Priced(percent=Decimal("0.1234567")), "charge_terms"),
        ("volume", Priced(tiers=(Tier(None, flat=Decimal(10) ** 8),)), "amount_too_large"),
        (
            "volume",
            Priced(tiers=(Tier(Decimal("0.1234567")), Tier(None))),
            "charge_terms",
        ),
        ("standard", Priced(price=Decimal(10) ** 8, refused="charge_x"), "charge_x"),
    ],
)
def test_what_odoo_cannot_hold_so_either_is_refused(model, priced, refused):
    assert held(model, priced).refused == refused


def test_the_largest_price_is_held():
    dear = Priced(price=Decimal("99999999.999999"))
    assert held("standard", dear) == dear

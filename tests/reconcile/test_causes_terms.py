"""The terms behind Odoo's lines are read whole: a term that is lost rates usage wrongly."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tasks.model.rating import RatedCharge, Tier
from tasks.reconcile.causes.terms import (
    Catalogue,
    FlatTerms,
    UsageTerms,
    catalogue,
    flat_terms,
    usage_terms,
)

PLAIN = {"charge_model": "standard", "price_per_unit": "0.0075", "plan_code": "pro"}
CHARGE = RatedCharge("standard", Decimal("0.0075"))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ('{"price":"39","cycle":"yearly","plan_code":"p"}', FlatTerms(Decimal(39), "yearly", "p")),
        ('{"price":0}', FlatTerms(Decimal(0), "", "")),
        ('{"price":"many"}', None),
        ('{"cycle":"yearly"}', None),
        ('["price"]', None),
        ("no JSON", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_price_is_read_with_its_cycle_and_its_plan(text, terms):
    assert flat_terms(text) == terms


@pytest.mark.parametrize(
    ("changes", "charge"),
    [
        ({}, CHARGE),
        ({"included_quota": "100"}, RatedCharge("standard", CHARGE.price_per_unit, Decimal(100))),
        ({"unit_batch": 3600}, RatedCharge("standard", CHARGE.price_per_unit, unit_batch=3600)),
        ({"unit_batch": None, "included_quota": None, "tiers": None, "rounding": None}, CHARGE),
        (
            {"rounding": "whole"},
            RatedCharge("standard", CHARGE.price_per_unit, block_rating="whole"),
        ),
        (
            {"flat_amount": "5", "flat_at_zero": True},
            RatedCharge(
                "standard", CHARGE.price_per_unit, flat_amount=Decimal(5), flat_at_zero=True
            ),
        ),
        # A minimum is a line of its own.
        ({"minimum_amount": "10"}, CHARGE),
    ],
)
def test_usage_is_read_with_every_term(changes, charge):
    assert usage_terms(json.dumps(PLAIN | changes)) == UsageTerms(charge, "pro")


def test_percentages_and_tiers_are_read_to_their_ends():
    fees = {
        "charge_model": "percentage", "percent": "1.5", "fixed_amount": "0.3", "free_events": 2,
        "transaction_min": "1", "transaction_max": "9",
    }  # fmt: skip
    assert usage_terms(json.dumps(fees)) == UsageTerms(
        RatedCharge(
            "percentage",
            percent=Decimal("1.5"),
            fixed_amount=Decimal("0.3"),
            free_events=2,
            transaction_min=Decimal(1),
            transaction_max=Decimal(9),
        ),
        "",
    )
    tiers = [
        {"up_to": "10", "per_unit": "2", "flat": "3"},
        {"up_to": None, "per_unit": None, "percent": "4"},
    ]
    assert usage_terms(json.dumps({"charge_model": "graduated", "tiers": tiers})).charge.tiers == (
        Tier(Decimal(10), per_unit=Decimal(2), flat=Decimal(3)),
        Tier(None, percent=Decimal(4)),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"charge_model": "lunar"}, {"price_per_unit": "many"}, {"unit_batch": "x"},
        {"tiers": [{"up_to": "x"}]}, {"tiers": 5}, {"price_per_unit": "-1"},
    ],
)  # fmt: skip
def test_terms_that_cannot_be_rated_are_none(changes):
    assert usage_terms(json.dumps(PLAIN | changes)) is None
    assert usage_terms("{}") is None


def test_plans_are_known_by_service_currency_and_cycle_or_item():
    price = {"price": "39", "cycle": "monthly", "plan_code": "pro"}
    lines = [
        ("s", "CAD", "flat", json.dumps(price)),
        ("s", "USD", "flat", json.dumps(price | {"price": "29"})),
        ("s", "CAD", "flat", json.dumps(price | {"cycle": "yearly", "price": "390"})),
        ("s", "CAD", "flat", json.dumps(price | {"plan_code": "team", "price": "79"})),
        ("s", "CAD", "flat", json.dumps(price | {"plan_code": ""})),
        ("s", "CAD", "flat", ""),
        ("t", "CAD", "usage:x", json.dumps(PLAIN)),
        ("t", "CAD", "usage:y", json.dumps(PLAIN)),
        ("t", "CAD", "usage:y", json.dumps(PLAIN | {"plan_code": ""})),
        ("t", "CAD", "usage:z", ""),
        ("t", "CAD", "addon:x", json.dumps(price)),
        ("t", "CAD", "minimum:x", json.dumps(PLAIN)),
    ]
    expected = Catalogue(
        {
            ("s", "CAD", "monthly"): {"pro": Decimal(39), "team": Decimal(79)},
            ("s", "CAD", "yearly"): {"pro": Decimal(390)},
            ("s", "USD", "monthly"): {"pro": Decimal(29)},
        },
        {("t", "CAD", "usage:x"): {"pro": CHARGE}, ("t", "CAD", "usage:y"): {"pro": CHARGE}},
    )
    assert catalogue(lines) == catalogue(lines[::-1]) == expected

"""Two ratings, written apart, agree: a reconciliation by one of them says something about Odoo."""

from __future__ import annotations

import ast
import random
import sys
from decimal import Decimal
from typing import Any

import pytest

from tasks.model.errors import FusionError
from tasks.model.rating import rate
from tests.model.addon_rating import PACKAGE, load_addon_rating
from tests.model.rating_cases import CASES, charge, decimals

ADDON_RATING = load_addon_rating()
MODELS = ("standard", "package", "graduated", "volume", "percentage", "graduated_percentage")
BATCHES = (1, 1, 7, 60, 100, 3600, 86400)
RUNS = 10_000


def addon_rate(terms: dict[str, Any], units: Any, events: Any, *, whole_period: bool = True):
    tariff = ADDON_RATING.Tariff(**terms)
    return ADDON_RATING.compute_billable(tariff, units, events, whole_period=whole_period)


def number(dice: random.Random, highest: int) -> str:
    """A decimal text of 0 to 6 decimals, often 0, often round."""
    places = dice.choice((0, 0, 0, 1, 2, 3, 4, 6))
    top = dice.choice((0, 1, 10, highest))
    return str(Decimal(dice.randint(0, top * 10**places)).scaleb(-places))


def random_tiers(dice: random.Random, model: str) -> list[dict[str, str | None]]:
    kind = "percent" if model == "graduated_percentage" else "per_unit"
    ends = {Decimal(number(dice, 1000)) for _ in range(dice.randint(0, 4))} - {Decimal(0)}
    bounds = [*map(str, sorted(ends)), None]
    return [
        {"up_to": bound, kind: number(dice, 20), "flat": dice.choice(("0", number(dice, 50)))}
        for bound in bounds
    ]


def random_terms(dice: random.Random) -> dict[str, Any]:
    model = dice.choice(MODELS)
    terms: dict[str, Any] = {
        "charge_model": model,
        "included_quota": dice.choice(("0", number(dice, 10**6))),
        "flat_amount": dice.choice(("0", number(dice, 100))),
        "flat_at_zero": dice.random() < 0.3,
        "minimum_amount": dice.choice(("0", "0", number(dice, 1000))),
    }
    if model in {"graduated", "volume", "graduated_percentage"}:
        terms["tiers"] = random_tiers(dice, model)
    if model not in {"percentage", "graduated_percentage"}:
        terms["price_per_unit"] = number(dice, 100)
        terms["unit_batch"] = dice.choice(BATCHES)
        terms["block_rating"] = dice.choice(("fractional", "whole"))
    if model == "percentage":
        least, most = sorted((number(dice, 20), number(dice, 20)), key=Decimal)
        terms |= {
            "percent": number(dice, 100),
            "fixed_amount": dice.choice(("0", number(dice, 5))),
            "free_events": dice.choice((0, 0, 1, 2, 5)),
            "transaction_min": dice.choice((None, None, least)),
            "transaction_max": dice.choice((None, None, most)),
        }
    return terms


def random_usage(dice: random.Random, terms: dict[str, Any]) -> tuple[str, list[str] | None]:
    """Units, and the events that add up to them; often right at a quota or a tier's bound."""
    if terms["charge_model"] == "percentage":
        events = [number(dice, 1000) for _ in range(dice.randint(0, 6))]
        if events and dice.random() < 0.3:
            events[0] = terms["included_quota"]
        return str(sum(map(Decimal, events), Decimal(0))), events
    if dice.random() < 0.3:
        ends = [Decimal(tier["up_to"] or 0) for tier in terms.get("tiers", ())] or [Decimal(0)]
        edge = dice.choice(ends) * terms.get("unit_batch", 1) + Decimal(terms["included_quota"])
        beside = dice.choice(("-1", "-0.000001", "0", "0", "0.000001", "1"))
        return str(edge + Decimal(beside)), None
    return dice.choice(("", "", "", "", "-")) + number(dice, 10**9), None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_addon_rating_of_a_case_of_the_table_is_exact(case):
    got = addon_rate(
        case["charge"],
        case["units"],
        case.get("events"),
        whole_period=case.get("whole_period", True),
    )
    assert got["amount"] == Decimal(case["amount"])
    assert got["overage_units"] == Decimal(case["overage_units"])
    assert got["explanation"] == case.get("explanation", got["explanation"])


def test_both_ratings_of_ten_thousand_random_charges_agree_to_the_last_digit():
    dice = random.Random(19_75)
    amounts = set()
    for _ in range(RUNS):
        terms = random_terms(dice)
        units, events = random_usage(dice, terms)
        ours = rate(charge(terms), Decimal(units), decimals(events))
        addon = addon_rate(terms, units, events)
        # What the minimum adds is the addon's own line of a reconciliation.
        without_minimum = addon_rate(terms, units, events, whole_period=False)
        assert addon.pop("true_up") == ours.amount - without_minimum["amount"]
        assert addon == {
            "units": ours.units,
            "included": ours.included,
            "overage_units": ours.overage_units,
            "amount": ours.amount,
            "explanation": ours.explanation,
        }, (terms, units, events)
        amounts.add(ours.amount)
    # Agreement on nothing but zeros would prove nothing.
    assert len(amounts) > 0.4 * RUNS


@pytest.mark.parametrize(
    "terms",
    [
        {"charge_model": "tiered"},
        {"charge_model": "standard", "unit_batch": 0},
        {"charge_model": "standard", "price_per_unit": "-0.01"},
        {"charge_model": "standard", "price_per_unit": "NaN"},
        {"charge_model": "standard", "block_rating": "half"},
        {"charge_model": "standard", "included_quota": "-1"},
        {"charge_model": "standard", "tiers": [{"up_to": None}]},
        {"charge_model": "volume"},
        {"charge_model": "volume", "tiers": [{"up_to": "10"}]},
        {"charge_model": "volume", "tiers": [{"up_to": None}, {"up_to": None}]},
        {"charge_model": "graduated", "tiers": [{"up_to": "0"}, {"up_to": None}]},
        {"charge_model": "graduated", "tiers": [{"up_to": "9"}, {"up_to": "9"}, {"up_to": None}]},
        {"charge_model": "graduated", "tiers": [{"up_to": None, "flat": "-1"}]},
        {"charge_model": "percentage", "unit_batch": 10},
        {"charge_model": "percentage", "block_rating": "whole"},
        {"charge_model": "percentage", "free_events": -1},
        {"charge_model": "percentage", "transaction_min": "5", "transaction_max": "2"},
    ],
    ids=str,
)
def test_both_ratings_of_contradictory_terms_refuse(terms):
    with pytest.raises(FusionError):
        charge(terms)
    with pytest.raises(ValueError, match=r"."):
        ADDON_RATING.Tariff(**terms)


@pytest.mark.parametrize(
    ("terms", "units", "events"),
    [
        ({"charge_model": "percentage", "fixed_amount": "1"}, "5", None),
        ({"charge_model": "percentage", "free_events": 1}, "5", None),
        ({"charge_model": "percentage", "transaction_max": "1"}, "5", None),
        ({"charge_model": "percentage"}, "5", ["2", "2"]),
        ({"charge_model": "percentage"}, "5", ["6", "-1"]),
    ],
    ids=str,
)
def test_both_ratings_of_events_that_are_missing_or_wrong_refuse(terms, units, events):
    with pytest.raises(FusionError):
        rate(charge(terms), Decimal(units), decimals(events))
    with pytest.raises(ValueError, match=r"vent"):
        addon_rate(terms, units, events)


def test_addon_rating_is_plain_python_so_what_is_loaded_here_is_what_odoo_runs():
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                top = (node.module or "").partition(".")[0]
                assert node.level == 1 or top in sys.stdlib_module_names, path
            assert not isinstance(node, ast.Import), path

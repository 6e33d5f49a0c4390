"""Sums of a comparison: exact, in any order of the rows, and the same however one groups."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from tasks.model.ledger import LineOutcome
from tasks.reconcile.figures import KEYS, add_up, condense
from tests.reconcile.reconcile_sample import frame, lines, row


def test_sums_are_those_of_the_rows_to_the_last_digit():
    rows = [
        row(1, "49", "49"),
        row(2, "3.13", "2.34", cause="rounding"),
        row(3, "77.7", "49"),
        row(4, "-10", None, item="credit:x", cause="credit"),
        row(5, None, "0.000001", cause="usage_missing"),
    ]
    (found,) = add_up(condense(frame(rows)), "currency")
    assert (found.key, found.rows, found.matched, found.unexplained_rows) == (("CAD",), 5, 1, 1)
    assert found.external == Decimal("119.83")
    assert found.odoo == Decimal("100.340001")
    assert found.delta == found.odoo - found.external
    assert found.size == Decimal("39.490001")
    assert found.unexplained == Decimal("28.70")
    assert found.billed == Decimal("139.83")
    assert found.modeled == found.found == Decimal("129.83")
    assert found.agreed == Decimal(49)


def test_difference_within_the_tolerance_is_told_apart():
    near = row(1, "49.004", "49", outcome="match", cause="")
    (found,) = add_up(condense(frame([near])), "currency")
    assert (found.tolerated, found.delta, found.size) == (Decimal("-0.004"), Decimal("-0.004"), 0)


@pytest.mark.parametrize("key", [key for key in KEYS if key != "currency"])
def test_sums_by_anything_foot_to_the_whole(key):
    condensed = condense(lines())
    whole = {each.key[0]: each for each in add_up(condensed, "currency")}
    for currency, total in whole.items():
        parts = [each for each in add_up(condensed, "currency", key) if each.key[0] == currency]
        for name in ("rows", "matched", "external", "odoo", "delta", "size", "unexplained"):
            assert sum(getattr(part, name) for part in parts) == getattr(total, name)


def test_order_of_the_rows_changes_nothing():
    found = lines()
    places = list(range(found.height))
    random.Random(7).shuffle(places)
    assert add_up(condense(found[places]), "cause", "currency") == add_up(
        condense(found), "cause", "currency"
    )


def test_no_rows_are_one_empty_sum_and_no_parts():
    condensed = condense(frame([]))
    assert [(each.rows, each.external) for each in add_up(condensed)] == [(0, Decimal(0))]
    assert add_up(condensed, "currency") == ()


def test_every_outcome_is_counted_under_its_name():
    counted = {each.key[0] for each in add_up(condense(lines()), "outcome")}
    assert counted == {str(outcome) for outcome in LineOutcome}

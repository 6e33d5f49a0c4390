"""What is told to the rules of add-ons, and of what was read back from Odoo, whole."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tasks.backfill.facts.deployments import addon_facts
from tasks.backfill.facts.readback import charge_facts, count_facts, line_facts, order_facts
from tests.backfill.test_facts_rows import NOW, addon, deployment, source, subscription

PLAIN_ADDON = {
    "key_is_usable": True, "addon_has_name": True, "addon_has_price": True,
    "addon_price_is_zero_or_more": True, "addon_price_decimals": 1,
    "addon_deployment_is_known": True, "addons_of_this_name": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, {}),
        ({"name": " "}, {"addon_has_name": False, "addons_of_this_name": None}),
        (
            {"price_monthly": None},
            {
                "addon_has_price": False,
                "addon_price_is_zero_or_more": None,
                "addon_price_decimals": None,
            },
        ),
        ({"price_monthly": Decimal(0)}, {"addon_price_decimals": 0}),
        ({"price_monthly": Decimal("-0.1")}, {"addon_price_is_zero_or_more": False}),
        (
            {"price_monthly": Decimal("Infinity")},
            {"addon_price_is_zero_or_more": False, "addon_price_decimals": None},
        ),
        ({"deployment_id": "x"}, {"addon_deployment_is_known": False}),
        (
            {"deployment_id": None},
            {"addon_deployment_is_known": False, "addons_of_this_name": None},
        ),
    ],
)
def test_an_addon_is_told_with_its_price_and_its_deployment(changes, facts):
    [found] = addon_facts(source(deployment_addons=[addon(**changes)]))
    assert found == PLAIN_ADDON | facts


def test_addons_of_one_name_are_counted_by_deployment_whatever_the_spelling():
    rows = [
        addon("a1", name="Daily backup"), addon("a2", name="daily-Backup "), addon("a3", name="IP"),
        addon("a4", deployment_id="d2"), addon("a5", name=None),
    ]  # fmt: skip
    told = source(deployment_addons=rows, deployments=[deployment(), deployment("d2")])
    assert [each["addons_of_this_name"] for each in addon_facts(told)] == [2, 2, 1, 1, None]


def test_an_addon_of_what_has_ended_is_told_with_nothing():
    over = source(
        deployment_addons=[addon()],
        subscriptions=[subscription(status="canceled", canceled_at=NOW)],
    )
    assert list(addon_facts(over)) == [dict.fromkeys(PLAIN_ADDON)]


def order_row(**changes):
    return {
        "state": "draft", "price": Decimal(49), "expected_price": Decimal(49), "currency": "CAD",
        "expected_currency": "CAD", "starts": 1, "expected_starts": 1, "next_invoice": 2,
        "expected_next_invoice": 2, "ends": None, "expected_ends": None, "lines": 3,
        "expected_lines": 3, "price_protected": True,
    } | changes  # fmt: skip


PLAIN_ORDER = {
    "state_text": "draft", "price_is_the_plans": True, "currency_is_the_sources": True,
    "days_are_the_sources": True, "lines_are_the_sources": True, "price_is_protected": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, {}),
        ({"state": None}, {"state_text": ""}),
        ({"price": Decimal("49.01")}, {"price_is_the_plans": False}),
        ({"price": Decimal("48.99")}, {"price_is_the_plans": False}),
        ({"price": None, "expected_price": None}, {"price_is_the_plans": False}),
        ({"currency": "USD"}, {"currency_is_the_sources": False}),
        ({"currency": "AUD"}, {"currency_is_the_sources": False}),
        ({"starts": 2}, {"days_are_the_sources": False}),
        ({"next_invoice": 1}, {"days_are_the_sources": False}),
        ({"ends": 1}, {"days_are_the_sources": False}),
        ({"lines": 2}, {"lines_are_the_sources": False}),
        ({"lines": 4}, {"lines_are_the_sources": False}),
        ({"price_protected": None}, {"price_is_protected": False}),
    ],
)
def test_an_order_of_odoos_is_compared_in_each_of_its_columns(changes, facts):
    assert order_facts([order_row(**changes)]) == [PLAIN_ORDER | facts]


def line_row(**changes):
    amounts = {
        name: Decimal(7) for column in ("price", "quantity", "discount")
        for name in (column, f"expected_{column}")
    }  # fmt: skip
    others = {"by_hand": False, "ends": 1, "expected_ends": 1, "taxes": "a", "expected_taxes": "a"}
    return amounts | others | {"taxed_at_home": True} | changes


PLAIN_LINE = {
    "price_is_the_sources": True, "quantity_is_the_sources": True, "discount_is_the_sources": True,
    "end_is_the_sources": True, "taxes_are_the_sources": True, "has_tax_at_home": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, {}),
        ({"price": Decimal("7.0000004")}, {}),
        ({"price": Decimal("7.0000005")}, {"price_is_the_sources": False}),
        ({"price": None}, {"price_is_the_sources": False}),
        ({"expected_price": None}, {"price_is_the_sources": False}),
        ({"price": Decimal("NaN")}, {"price_is_the_sources": False}),
        ({"expected_price": Decimal("Infinity")}, {"price_is_the_sources": False}),
        ({"quantity": Decimal(6)}, {"quantity_is_the_sources": False}),
        ({"quantity": Decimal(8)}, {"quantity_is_the_sources": False}),
        ({"discount": Decimal(6)}, {"discount_is_the_sources": False}),
        ({"discount": Decimal(6), "by_hand": True}, {}),
        ({"ends": 0}, {"end_is_the_sources": False}),
        ({"ends": 2}, {"end_is_the_sources": False}),
        ({"taxes": "b"}, {"taxes_are_the_sources": False}),
        ({"taxes": "A"}, {"taxes_are_the_sources": False}),
        ({"taxed_at_home": None}, {"has_tax_at_home": None}),
    ],
)
def test_a_line_of_odoos_is_compared_in_each_of_its_columns_to_six_decimals(changes, facts):
    assert line_facts([line_row(**changes)]) == [PLAIN_LINE | facts]


@pytest.mark.parametrize("side", ["rate", "quota"])
@pytest.mark.parametrize(
    ("found", "is_same"), [("0.0075004", True), ("0.0075005", False), ("0.0074994", False)]
)
def test_a_rate_and_a_quota_are_compared_to_six_decimals(side, found, is_same):
    row = {"rate": 1, "expected_rate": 1, "quota": 1, "expected_quota": 1}
    row = {name: Decimal(value) for name, value in row.items()}
    row |= {side: Decimal(found), f"expected_{side}": Decimal("0.0075")}
    expected = {"rate_is_the_sources": True, "quota_is_the_sources": True}
    assert charge_facts([row]) == [expected | {f"{side}_is_the_sources": is_same}]


def test_records_that_are_missing_or_too_many_are_counted_with_their_sign():
    rows = [{"found": 3, "expected": 5}, {"found": 5, "expected": 3}, {"found": 0, "expected": 0}]
    assert count_facts(rows) == [{"found_minus_expected": number} for number in (-2, 2, 0)]

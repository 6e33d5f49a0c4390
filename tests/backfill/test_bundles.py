"""Packing: nobody is left out, nobody is sent twice, and nobody races for a contact."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tasks.backfill.bundles import pack_customers, pack_plans, to_wire
from tasks.model.rating.charge import Tier
from tasks.model.records import OrderLine, Terms
from tests.strategies import PLANS, customers, plan

crowds = st.lists(customers(), max_size=30, unique_by=lambda c: c.external_id)
sizes = st.integers(1, 40)


def wire(bundle):
    return to_wire(bundle, service="nexacloud", run="r", dry_run=False, full_compare=False)


@given(crowds, sizes)
def test_packing_any_customers_sends_each_customer_and_order_once(crowd, size):
    bundles = list(pack_customers(crowd, PLANS, size))
    sent = Counter(c.external_id for bundle in bundles for c in bundle.customers)
    assert sent == Counter(c.external_id for c in crowd)
    assert sum(bundle.rows for bundle in bundles) == sum(1 + len(c.orders) for c in crowd)


@given(crowds, sizes)
def test_packing_shared_addresses_keeps_them_in_one_bundle(crowd, size):
    homes: dict[str, set[str]] = {}
    for bundle in pack_customers(crowd, PLANS, size):
        for customer in bundle.customers:
            if customer.email:
                homes.setdefault(customer.email.casefold(), set()).add(bundle.key)
    assert all(len(bundles) == 1 for bundles in homes.values())


@given(crowds, sizes, st.randoms())
def test_packing_in_another_order_gives_the_same_bundles(crowd, size, random):
    shuffled = random.sample(crowd, len(crowd))
    assert list(pack_customers(shuffled, PLANS, size)) == list(pack_customers(crowd, PLANS, size))


@given(crowds, sizes)
def test_packing_gives_bundles_that_need_nothing_else(crowd, size):
    for bundle in pack_customers(crowd, PLANS, size):
        needed = {order.plan_id for customer in bundle.customers for order in customer.orders}
        assert {known.external_id for known in bundle.plans} == needed


@given(crowds, sizes)
def test_packing_overfills_a_bundle_only_with_one_shared_address(crowd, size):
    for bundle in pack_customers(crowd, PLANS, size):
        groups = {(c.email or c.external_id).casefold() for c in bundle.customers}
        assert bundle.rows <= size or len(groups) == 1


def test_wire_of_a_rate_below_a_cent_keeps_every_digit():
    sent = wire(pack_plans([plan(rate="0.0075")]))
    assert sent["plans"][0]["charges"][0]["price_per_unit"] == "0.0075"
    assert sent["plans"][0]["flat_prices"] == {"monthly": "49"}


def test_wire_of_a_charge_has_the_terms_that_its_source_speaks_of():
    silent = plan()
    tiers = (Tier(Decimal(10), per_unit=Decimal("0.50")), Tier(None, flat=Decimal(1)))
    spoken = replace(silent.charges[0], terms=Terms(minimum_amount=Decimal(5), tiers=tiers))
    (before,), (sent,) = (
        wire(pack_plans([each]))["plans"][0]["charges"]
        for each in (silent, replace(silent, charges=(spoken,)))
    )
    assert "terms" not in sent.keys() | before.keys()
    assert before.items() <= sent.items()
    assert (sent["minimum_amount"], sent["transaction_max"]) == ("5", None)
    assert sent["tiers"] == [
        {"up_to": "10", "per_unit": "0.5", "flat": "0", "percent": "0"},
        {"up_to": None, "per_unit": "0", "flat": "1", "percent": "0"},
    ]


def test_wire_of_equal_amounts_written_differently_is_the_same():
    one, other = plan(price="49.00"), plan(price="49")
    assert wire(pack_plans([one])) == wire(pack_plans([other]))


@given(customers(), st.decimals(allow_nan=False, allow_infinity=False, min_value=0, places=9))
def test_wire_holds_json_types_only_and_gives_back_the_same_number(customer, price):
    orders = tuple(replace(order, price=price) for order in customer.orders)
    (bundle,) = pack_customers([replace(customer, orders=orders)], PLANS, 100)
    back = json.loads(json.dumps(wire(bundle), allow_nan=False))
    assert all(Decimal(o["price"]) == price for c in back["customers"] for o in c["orders"])


@given(customers())
def test_wire_of_a_customer_without_further_terms_has_none_of_their_fields(customer):
    (bundle,) = pack_customers([customer], PLANS, 100)
    (row,) = wire(bundle)["customers"]
    assert not {"emails", "currency", "tax_codes", "opening_credits"} & row.keys()
    assert len(row["orders"]) == len(customer.orders)
    for order in row["orders"]:
        assert not {"lines", "discount", "billing_time", "in_advance", "ends_on"} & order.keys()
    for charge in (charge for known in wire(bundle)["plans"] for charge in known["charges"]):
        assert not {"group", "external_id", "in_advance", "tax_codes"} & charge.keys()


@given(customers().filter(lambda c: c.orders))
def test_wire_of_an_order_says_which_further_terms_it_has(customer):
    addon = OrderLine("a1", "addon:Backup", "addon", "Backup", Decimal(1), Decimal("9.90"))
    arrears = replace(
        customer.orders[0], lines=(addon,), in_advance=False, ends_on=date(2027, 1, 1)
    )
    (bundle,) = pack_customers([replace(customer, orders=(arrears,))], PLANS, 100)
    (sent,) = wire(bundle)["customers"][0]["orders"]
    (line,) = sent["lines"]
    assert line == {
        "external_id": "a1",
        "item": "addon:Backup",
        "kind": "addon",
        "name": "Backup",
        "quantity": "1",
        "price": "9.9",
    }
    assert (sent["in_advance"], sent["ends_on"]) == (False, "2027-01-01")

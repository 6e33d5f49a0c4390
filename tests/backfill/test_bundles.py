"""Packing: nobody is left out, nobody is sent twice, and nobody races for a contact."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tasks.backfill.bundles import (
    ENDED_ROWS,
    MAPPING_VERSION,
    pack_customers,
    pack_ended,
    pack_plans,
    to_wire,
)
from tasks.model.rating.charge import Tier
from tasks.model.records import Customer, EndedOrder, Order, OrderLine, Terms
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


def named(name, orders=0, email=None, day=1):
    order = Order(
        external_id=name,
        subscription_id=f"{name}-sub",
        deployment_id=name,
        plan_id="plan-pro",
        plan_code="pro",
        name="shop",
        cycle="monthly",
        price=Decimal("49.00"),
        currency="CAD",
        started_on=date(2026, 1, 31),
        period_start=None,
        period_end=None,
    )
    nothing = dict.fromkeys(
        ("company_name", "phone", "street", "city", "region", "postal_code", "country_code")
    )
    return Customer(
        external_id=name,
        name=name,
        email=email,
        **nothing,
        stripe_customer_id=None,
        active=True,
        created_at=datetime(2026, 1, day, tzinfo=UTC),
        orders=tuple(replace(order, external_id=f"{name}-{n}") for n in range(orders)),
    )


def told(crowd, size):
    return [
        (bundle.key, [each.external_id for each in bundle.customers])
        for bundle in pack_customers(crowd, PLANS, size)
    ]


def test_a_bundle_is_filled_to_the_last_row_and_not_over_it():
    crowd = [named("a", 1, day=1), named("b", 1, day=2), named("c", day=3), named("d", day=4)]
    assert told(crowd, 4) == [("00001", ["a", "b"]), ("00002", ["c", "d"])]
    assert told(crowd, 5) == [("00001", ["a", "b", "c"]), ("00002", ["d"])]
    assert told(crowd, 3) == [("00001", ["a"]), ("00002", ["b", "c"]), ("00003", ["d"])]


def test_one_address_in_capitals_travels_with_its_owner_oldest_first():
    crowd = [
        named("young", email="Zoe@Example.ca", day=9),
        named("other", email="other@example.ca", day=5),
        named("old", email="zoe@example.ca", day=1),
    ]
    assert told(crowd, 2) == [("00001", ["old", "young"]), ("00002", ["other"])]


def test_customers_without_an_address_do_not_share_one():
    assert told([named("a"), named("b")], 1) == [("00001", ["a"]), ("00002", ["b"])]


def test_nobody_to_load_is_no_bundle():
    assert told([], 5) == []


def test_plans_go_first_and_in_order():
    bundle = pack_plans(list(reversed(PLANS.values())))
    assert (bundle.key, bundle.customers) == ("plans", ())
    assert [each.code for each in bundle.plans] == sorted(each.code for each in PLANS.values())


def test_ended_orders_travel_in_bundles_of_their_own_and_each_once():
    ended = [EndedOrder(f"order-{number}", None) for number in range(ENDED_ROWS + 1)]
    first, second = pack_ended(ended)
    assert (first.key, second.key) == ("ended-00001", "ended-00002")
    assert (len(first.ended), second.ended) == (ENDED_ROWS, (ended[-1],))
    assert not list(pack_ended([]))
    assert "ended" in wire(second)
    assert "ended" not in wire(pack_plans([]))


def test_the_wire_says_which_format_it_is_and_whether_anything_is_kept():
    sent = to_wire(
        pack_plans([]),
        service="s",
        run=None,
        dry_run=True,
        full_compare=True,
        metrics=[{"code": "m"}],
    )
    assert sent == {
        "metrics": [{"code": "m"}],
        "format": 1,
        "mapping_version": MAPPING_VERSION,
        "service": "s",
        "run": None,
        "key": "plans",
        "dry_run": True,
        "full_compare": True,
        "plans": [],
        "customers": [],
    }
    assert "metrics" not in wire(pack_plans([]))


def test_customers_of_whom_nobody_knows_how_old_they_are_come_last():
    unknown = [replace(named(name), created_at=None) for name in ("c", "a")]
    assert told([*unknown, named("b")], 5) == [("00001", ["b", "a", "c"])]

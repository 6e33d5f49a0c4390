"""An order, a plan and a customer of Lago's with all that they can say: nothing of it is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.backfill.mapping.lago import map_lago
from tasks.backfill.mapping.lago_customers import Organization, is_stripe, map_lago_customer
from tasks.backfill.mapping.lago_orders import OrderContext, map_lago_order
from tasks.backfill.mapping.lago_plans import map_lago_plan
from tasks.backfill.mapping.lago_source import Whole, own_plan
from tasks.model.lago import LagoEntity, LagoTax
from tasks.model.lago_billed import LagoBilling, LagoUnreadable
from tasks.model.records import Charge, Customer, Minimum, Order, OrderLine, Plan, Terms
from tests.backfill.lago_world import (
    COMPANY_ZONE,
    READ_AT,
    at,
    charge,
    coupon,
    customer,
    fixed_charge,
    order,
    plan,
    rule_of,
    source,
    subscription,
)

TORONTO = ZoneInfo("America/Toronto")


def test_an_order_carries_all_that_its_subscription_and_plan_say():
    said = subscription(
        name="Main", billing_time="calendar", started_at=at(2026, 11, 9, 15),
        ending_at=at(2027, 6, 30, 15),
    )  # fmt: skip
    sold = plan(
        charge(), interval="quarterly", trial_days=Decimal(3), tax_codes=("hst",),
        fixed_charges=(fixed_charge(),),
    )  # fmt: skip
    context = OrderContext(customer(), "UTC", COMPANY_ZONE, READ_AT)
    assert map_lago_order(said, sold, map_lago_plan(sold), context) == Order(
        external_id="s1",
        subscription_id="s1",
        deployment_id="s1",
        plan_id="p1",
        plan_code="team",
        name="Main",
        cycle="quarterly",
        price=Decimal(49),
        currency="CAD",
        started_on=date(2026, 11, 9),
        period_start=date(2026, 11, 9),
        period_end=date(2027, 1, 1),
        lines=(
            OrderLine("fixed:seats", "fixed:seat", "fixed_charge", "Seats", Decimal(4),
                      Decimal("12.5")),
        ),
        billing_time="calendar",
        ends_on=date(2027, 7, 1),
        trial_ends_on=date(2026, 11, 12),
        timezone="UTC",
        tax_codes=("hst",),
        usage_cycle="quarterly",
    )  # fmt: skip


def test_an_order_without_a_name_is_called_by_its_id():
    assert order(subscription(name="")).name == "s1"


def test_a_plan_carries_its_charges_its_minimum_and_its_cycle():
    sold = plan(
        charge(minimum=Decimal(2), tax_codes=("gst",)), interval="weekly", price=Decimal("9.99"),
        commitment=Decimal(20), commitment_name="Least",
    )  # fmt: skip
    assert map_lago_plan(sold) == Plan(
        external_id="p1",
        code="team",
        name="Team",
        currency="CAD",
        flat_prices={"weekly": Decimal("9.99")},
        charges=(
            Charge("tickets", Decimal(0), 1, Decimal("0.25"), "standard", "CAD",
                   terms=Terms(minimum_amount=Decimal(2)), tax_codes=("gst",)),
        ),
        active=True,
        minimum=Minimum(Decimal(20), "Least"),
    )  # fmt: skip


def test_a_customer_carries_all_that_lago_knows_of_them():
    known = customer(
        person="Zoé Roy", company="Roy Inc.", email="a@x.ca,b@x.ca", phone="1", street="2 rue",
        city="Laval", region="QC", postal_code="H0H", provider="stripe", provider_reference="cus_1",
        vat="CA1", language="fr", payment_term_days=0, tax_codes=("qst",),
    )  # fmt: skip
    taxes = Organization(taxes={"gst": LagoTax("gst", is_default=True)})
    assert map_lago_customer(known, taxes) == Customer(
        external_id="c1",
        name="Zoé Roy",
        email="a@x.ca",
        company_name="Roy Inc.",
        phone="1",
        street="2 rue",
        city="Laval",
        region="QC",
        postal_code="H0H",
        country_code="CA",
        stripe_customer_id="cus_1",
        active=True,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        emails=("a@x.ca", "b@x.ca"),
        language="fr",
        payment_term_days=0,
        vat="CA1",
        tax_codes=("qst",),
    )


@pytest.mark.parametrize(
    ("provider", "pays_by_stripe"),
    [(None, True), ("", True), ("stripe", True), ("adyen", False), ("".join(["st", "ripe"]), True)],
)
def test_who_pays_by_stripe_is_known_by_the_provider(provider, pays_by_stripe):
    known = customer(provider=provider, provider_reference="x")
    assert is_stripe(known) is pays_by_stripe
    made = map_lago_customer(known, Organization())
    told = (made.stripe_customer_id, made.payment_provider, made.payment_reference)
    assert told == (("x", None, None) if pays_by_stripe else (None, provider, "x"))


GST, QST = LagoTax("gst", is_default=True), LagoTax("qst", is_default=False)
HST = LagoTax("hst", is_default=True)


@pytest.mark.parametrize(
    ("known", "entity", "taxes", "codes"),
    [
        ({}, None, (HST, QST, GST), ("gst", "hst")),
        ({}, None, (QST,), ()),
        ({}, None, (), None),
        ({"is_taxed_elsewhere": True}, None, (GST,), None),
        ({"tax_codes": ("qst",)}, None, (GST,), ("qst",)),
        ({}, ("hst",), (GST,), ("hst",)),
        ({}, (), (GST,), ()),
        ({"tax_codes": ("qst",)}, ("hst",), (GST,), ("qst",)),
    ],
)
def test_taxes_are_the_customers_else_the_entitys_else_the_default_ones(
    known, entity, taxes, codes
):
    of_service = LagoEntity("nexadesk", "UTC", "fr", 30, tax_codes=entity)
    organization = Organization(
        {} if entity is None else {"nexadesk": of_service}, {tax.code: tax for tax in taxes}
    )
    assert organization.tax_codes_of(customer(**known)) == codes


@pytest.mark.parametrize(
    ("own", "entity", "zone"),
    [("A/B", "C/D", "A/B"), (None, "C/D", "C/D"), (None, None, "UTC"), ("", "", "UTC")],
)
def test_the_zone_is_the_customers_else_the_entitys_else_utc(own, entity, zone):
    organization = Organization({"nexadesk": LagoEntity("nexadesk", entity, "fr", 30)})
    assert organization.zone_of(customer(zone=own)) == zone
    assert Organization().zone_of(customer(zone=None)) == "UTC"


ACCEPTED = {
    "users": frozenset({"c1"}), "plans": frozenset({"p1"}), "subscriptions": frozenset({"l1"}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("entities", "customers", "plans", "orders"),
    [
        ({"customer", "plan", "order"}, ["c1"], ["p1"], ["s1"]),
        ({"order"}, ["c1"], ["p1"], ["s1"]),
        ({"plan"}, [], ["p1"], []),
        ({"customer"}, ["c1"], [], []),
        (set(), [], [], []),
    ],
)
def test_what_was_asked_for_is_mapped_with_what_it_needs(entities, customers, plans, orders):
    """Only what the checks accepted: the others would reach Odoo without their customer."""
    world = source(
        customers=(customer(), customer(external_id="c2")),
        plans=(plan(), plan(lago_id="p2", code="other")),
        subscriptions=(subscription(), subscription(lago_id="l2", external_id="s2")),
    )
    mapped = map_lago(world, ACCEPTED, entities=frozenset(entities), timezone=TORONTO)
    assert [each.external_id for each in mapped.customers] == customers
    assert list(mapped.plans) == plans
    assert [each.external_id for each in mapped.orders] == orders


@pytest.mark.parametrize(
    ("codes", "of_charge", "commitment", "rule"),
    [
        (("gst",), (), (), None),
        (("gst",), ("gst",), (), None),
        (("gst", "qst"), ("qst", "gst"), (), None),
        (("gst",), ("qst",), (), "coupon_taxes"),
        (None, ("qst",), (), None),
        (("gst",), (), ("qst",), "coupon_taxes"),
        (("gst",), (), ("gst",), None),
    ],
)
def test_a_coupon_is_spread_over_all_taxes_and_needs_one_for_all(
    codes, of_charge, commitment, rule
):
    sold = plan(
        charge(tax_codes=of_charge),
        commitment=Decimal(1) if commitment else None,
        commitment_tax_codes=commitment,
    )
    context = OrderContext(
        customer(), COMPANY_ZONE, COMPANY_ZONE, READ_AT, coupons=[coupon()], tax_codes=codes
    )

    def made():
        return map_lago_order(subscription(), sold, map_lago_plan(sold), context)

    if rule is None:
        assert [line.price for line in made().lines] == [-5]
    else:
        with pytest.raises(Exception, match=r"Subscription s1\.") as caught:
            made()
        assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("plans", "of_sibling", "is_shared"),
    [((), "team", True), (("team",), "team", True), (("team",), "solo", False),
     (("team", "solo"), "solo", True)],
)  # fmt: skip
def test_a_coupon_of_two_subscriptions_is_no_line_of_one(plans, of_sibling, is_shared):
    known = {
        "coupons": [coupon(plans=plans)],
        "siblings": [subscription(external_id="s2", plan_code=of_sibling)],
    }
    if is_shared:
        assert rule_of(**known) == "coupon_several_subscriptions"
    else:
        assert len(order(**known).lines) == 1


def unreadable(key, who="", of="", service="nexadesk"):
    return LagoUnreadable("fees", key, key, who, of, service, "is odd")


def test_what_cannot_be_read_is_its_customers_else_every_services():
    told = (
        unreadable("a", "c1"), unreadable("b", "", "s1"), unreadable("c", "c9"),
        unreadable("d"), unreadable("e", service=""), unreadable("f", service="other"),
        unreadable("g", "c9", "s1"), unreadable("h", "", "s9"),
    )  # fmt: skip
    billing = LagoBilling((), (), (), {}, (), unreadable=told)
    world = replace(source(), billing=billing)
    assert [(each.lago_id, each.customer) for each in world.unreadable] == [
        ("a", "c1"), ("b", "c1"), ("d", ""), ("e", ""), ("g", "c1"), ("h", ""),
    ]  # fmt: skip
    assert [row["user_id"] for row in world.tables()["fees"]] == [
        "c1", "c1", None, None, "c1", None,
    ]  # fmt: skip
    page = replace(world, whole=Whole(world.charge_context, Counter()))
    assert page.unreadable == told


def test_rows_that_a_report_accounts_for_have_their_ids_and_their_customer():
    ended = subscription(status="terminated", ended_at=at(2026, 10, 1))
    mine = own_plan(subscription(external_id="s9"), plan(lago_id="p9"))
    world = source(subscriptions=(ended,), own_plans={"l9": mine})
    tables = world.tables()
    assert set(tables) == {"users", "plans", "subscriptions"}
    assert tables["plans"] == [
        {"id": "p1", "name": "Team", "code": "team"},
        {"id": "p9", "name": "Team", "code": "team:s9"},
    ]
    assert tables["subscriptions"] == [
        {"id": "l1", "deployment_id": "s1", "user_id": "c1", "status": "terminated",
         "canceled_at": at(2026, 10, 1)}
    ]  # fmt: skip


def test_a_subscription_is_billed_by_its_own_plan_where_it_has_one():
    mine = plan(lago_id="p9", code="team:s1")
    world = source(own_plans={"l1": mine})
    assert world.plan_of(subscription()) == mine
    assert world.plan_of(subscription(lago_id="l2")).lago_id == "p1"
    assert world.plan_of(subscription(lago_id="l2", plan_code="gone")) is None

"""Lago's customers become contacts with what there is of names, addresses and payment."""

from __future__ import annotations

from tasks.backfill.mapping.lago_customers import Organization, map_lago_customer
from tasks.model.lago import LagoEntity, LagoTax
from tests.backfill.lago_world import (
    customer,
)


def test_tax_service_leaves_taxes_to_odoo():
    taxes = {"hst": LagoTax("hst", is_default=True)}
    made = map_lago_customer(customer(is_taxed_elsewhere=True), Organization(taxes=taxes))
    assert made.tax_codes is None


def test_customer_without_a_name_is_called_by_what_there_is():
    names = [
        customer(name=None, company="Roy Inc."),
        customer(name=" ", email="zoe@example.ca"),
        customer(name=None, email=None),
    ]
    made = [map_lago_customer(each, Organization()) for each in names]
    assert [each.name for each in made] == ["Roy Inc.", "zoe@example.ca", "c1"]


def test_all_addresses_are_kept_and_the_first_is_the_contacts():
    made = map_lago_customer(customer(email="a@x.ca, b@x.ca,"), Organization())
    assert (made.email, made.emails) == ("a@x.ca", ("a@x.ca", "b@x.ca"))
    assert map_lago_customer(customer(), Organization()).emails == ()


def test_other_payment_providers_are_kept_as_a_reference():
    known = {"provider": "gocardless", "provider_reference": "CU123"}
    made = map_lago_customer(customer(**known), Organization())
    assert (made.payment_provider, made.payment_reference) == ("gocardless", "CU123")
    assert made.stripe_customer_id is None
    stripe = map_lago_customer(customer(provider_reference="cus_1"), Organization())
    assert (stripe.stripe_customer_id, stripe.payment_provider) == ("cus_1", None)


def test_what_a_customer_does_not_say_is_the_billing_entitys():
    entity = LagoEntity("nexadesk", "UTC", "fr", 30, tax_codes=("hst",))
    taxes = {"hst": LagoTax("hst", is_default=True)}
    organization = Organization({"nexadesk": entity}, taxes)
    made = map_lago_customer(customer(vat="CA1"), organization)
    assert (made.language, made.payment_term_days, made.vat) == ("fr", 30, "CA1")
    assert made.tax_codes == ("hst",)
    own = customer(language="en", payment_term_days=0, tax_codes=("exempt",))
    made = map_lago_customer(own, organization)
    assert (made.language, made.payment_term_days, made.tax_codes) == ("en", 0, ("exempt",))
    assert organization.zone_of(customer(zone=None)) == "UTC"

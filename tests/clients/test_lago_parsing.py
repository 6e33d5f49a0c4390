"""Lago's catalog as records: nothing that may cost something is read past."""

from __future__ import annotations

from decimal import Decimal

import pytest

from deployments.sample.lago.constructs.world import construct_document
from tasks.clients.lago import parsing, parsing_billing

DOCUMENT = construct_document()


def row(resource, **known):
    return DOCUMENT[resource][0] | known


def charged(**known):
    plan = next(plan for plan in DOCUMENT["plans"] if plan["charges"])
    return plan | {"charges": [plan["charges"][0] | known]}


def test_vendors_own_fields_are_all_known():
    known = [
        *(parsing.customer(each).unknown for each in DOCUMENT["customers"]),
        *(parsing.subscription(each).unknown for each in DOCUMENT["subscriptions"]),
        *(parsing.metric(each).unknown for each in DOCUMENT["billable_metrics"]),
        *(parsing.applied_coupon(each)[1].unknown for each in DOCUMENT["applied_coupons"]),
    ]
    assert not any(known)


@pytest.mark.parametrize("value", [500, "0.1", True, {"amount": "1"}, ["x"]])
def test_field_that_nobody_knows_and_that_holds_something_is_told(value):
    assert parsing.customer(row("customers", uplift=value)).unknown == ("customer.uplift",)
    plan = parsing.plan(row("plans", setup_fee=value))
    assert plan.unknown == ("plan.setup_fee",)
    [charge] = parsing.plan(charged(surcharge=value)).charges
    assert charge.unknown == ("charge.surcharge",)


@pytest.mark.parametrize("value", [None, "", 0, "0", "0.0", "0.00", "-0", False, [], {}])
def test_field_that_holds_nothing_costs_nothing(value):
    assert parsing.customer(row("customers", uplift=value)).unknown == ()


def test_what_nobody_knows_of_a_tax_is_told_wherever_it_is_due():
    taxes = [dict(DOCUMENT["taxes"][0], fixed_amount_cents=300)]
    assert parsing.customer(row("customers", taxes=taxes)).unknown == ("tax.fixed_amount_cents",)
    assert parsing.plan(row("plans", taxes=taxes)).unknown == ("tax.fixed_amount_cents",)
    [charge] = parsing.plan(charged(taxes=taxes)).charges
    assert charge.unknown == ("tax.fixed_amount_cents",)


def test_an_invoice_with_an_amount_that_nobody_knows_cannot_be_read():
    one = next(row for row in DOCUMENT["invoices"] if row["status"] == "finalized")
    assert parsing_billing.invoice(dict(one, late_fee_amount_cents=0)).fault is None
    spoiled = parsing_billing.invoice(dict(one, late_fee_amount_cents=500))
    assert "late_fee_amount_cents is 500" in (spoiled.fault or "")


@pytest.mark.parametrize(
    ("interval", "by_month"), [("quarterly", False), ("semiannual", True), ("yearly", True)]
)
def test_charges_of_long_plans_alone_are_billed_by_the_month(interval, by_month):
    named = {"bill_charges_monthly": True, "bill_fixed_charges_monthly": True}
    plan = parsing.plan(row("plans", interval=interval, **named))
    assert (plan.charges_monthly, plan.fixed_charges_monthly) == (by_month, by_month)


def test_plan_that_cannot_be_read_says_why_and_is_still_a_plan():
    for known in ({"amount_cents": 12.5}, {"charges": [{}]}, {"trial_period": "long"}):
        plan = parsing.plan(row("plans", **known))
        assert plan.fault
        assert plan.code == DOCUMENT["plans"][0]["code"]


def test_a_minimum_has_its_own_name_and_taxes_and_what_nobody_knows_of_it_is_told():
    tax = DOCUMENT["taxes"][0]
    least = {"amount_cents": 4550, "invoice_display_name": "Least", "taxes": [tax]}
    plan = parsing.plan(row("plans", minimum_commitment=least))
    told = plan.commitment, plan.commitment_name, plan.commitment_tax_codes
    assert told == (Decimal("45.50"), "Least", (tax["code"],))
    unnamed = parsing.plan(row("plans", minimum_commitment={**least, "invoice_display_name": None}))
    assert unnamed.commitment_name == "Minimum commitment"
    odd = {**least, "fee_cents": 5, "taxes": [{**tax, "fixed_amount_cents": 5}]}
    unknown = parsing.plan(row("plans", minimum_commitment=odd)).unknown
    assert set(unknown) == {"minimum_commitment.fee_cents", "tax.fixed_amount_cents"}

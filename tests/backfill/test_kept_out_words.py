"""What is kept out says of what, and from which border on: finance corrects it by these words."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.backfill.mapping.lago import lago_findings, out_of_scope
from tasks.backfill.mapping.lago_plans import map_lago_plan
from tasks.check.suites import load_suite
from tasks.model.errors import RecordError
from tasks.model.lago import LagoFilter
from tasks.model.lago_prices import LARGEST_PRICE
from tasks.model.lago_support import constructs
from tasks.model.records import Severity
from tests.backfill.lago_world import (
    at,
    charge,
    coupon,
    customer,
    fixed_charge,
    order,
    plan,
    source,
    subscription,
)

TORONTO = ZoneInfo("America/Toronto")
CENT = Decimal("0.01")
USERS = load_suite("users")


def said(call):
    """The rule that a refusal names, and its words before the rule's own."""
    with pytest.raises(RecordError) as caught:
        call()
    why = constructs()[caught.value.rule].why
    assert str(caught.value).endswith(f" {why}")
    return caught.value.rule, str(caught.value).removesuffix(f" {why}")


PLAN = "Plan team."
TICKETS = "Plan team, the charge for tickets (standard)."


@pytest.mark.parametrize(
    ("sold", "rule", "words"),
    [
        (plan(fault="is odd"), "plan_unreadable", f"{PLAN} It is odd."),
        (
            plan(fault="lacks 'amount_cents'"),
            "plan_without_price",
            f"{PLAN} It lacks 'amount_cents'.",
        ),
        (plan(price=None), "plan_without_price", PLAN),
        (plan(unknown=("plan.a", "plan.b")), "unknown_field", "Plan team: plan.a, plan.b."),
        (plan(currency="HUF"), "currency_subunits", "Plan team costs HUF."),
        (plan(interval="lunar"), "period_unreadable", "Plan team is billed lunar."),
        (plan(price=-CENT), "plan_unreadable", f"{PLAN} It costs less than nothing."),
        (plan(price=LARGEST_PRICE), "amount_too_large", PLAN),
        (plan(commitment=-CENT), "plan_unreadable", f"{PLAN} Its minimum is less than nothing."),
        (plan(commitment=LARGEST_PRICE), "amount_too_large", PLAN),
        (plan(charge(), commitment=CENT, charges_monthly=True), "commitment_cycle", PLAN),
        (plan(charge(unknown=("a", "b"))), "unknown_field", "Plan team: a, b."),
        (plan(charge(is_prorated=True)), "charge_prorated", TICKETS),
        (plan(charge(is_in_advance=True)), "charge_in_advance", TICKETS),
        (
            plan(charge(is_in_advance=True, is_invoiceable=False)),
            "charge_not_invoiceable",
            TICKETS,
        ),
        (plan(charge(is_of_target_wallet=True)), "charge_target_wallet", TICKETS),
        (plan(charge(properties={})), "charge_terms", TICKETS),
        (plan(charge(minimum=LARGEST_PRICE)), "amount_too_large", TICKETS),
        (
            plan(charge(model="lunar")),
            "charge_model_unknown",
            "Plan team, the charge for tickets (lunar).",
        ),
        (
            plan(charge(), charge()),
            "charge_filter_unreadable",
            "Plan team: two of its prices are for tickets[team/solved].",
        ),
        (
            plan(charge(filters=(LagoFilter({"region": ()}, {"amount": "1"}),))),
            "charge_filter_unreadable",
            TICKETS,
        ),
    ],
)
def test_a_plan_that_is_kept_out_is_named_with_what_of_it_is_odd(sold, rule, words):
    assert said(lambda: map_lago_plan(sold)) == (rule, words)


@pytest.mark.parametrize(
    "sold",
    [
        plan(price=Decimal(0)),
        plan(price=LARGEST_PRICE - CENT),
        plan(commitment=LARGEST_PRICE - CENT),
        plan(commitment=CENT, charges_monthly=True),
        plan(charge(minimum=LARGEST_PRICE - CENT)),
        # Not to be billed by itself matters only where it is billed at once.
        plan(charge(is_invoiceable=False)),
    ],
)
def test_a_plan_at_the_border_of_what_odoo_holds_is_carried(sold):
    made = map_lago_plan(sold)
    assert made.flat_prices == {"monthly": sold.price}
    assert made.active is True


SUBSCRIPTION = "Subscription s1."
FIXED = "Plan team, the fixed charge seats."
COUPON = "The customer's coupon spring."
PERCENT = {"amount": None, "percent": Decimal(10)}


def fixed(**known):
    return {"sold": plan(fixed_charges=(fixed_charge(**known),))}


@pytest.mark.parametrize(
    ("known", "rule", "words"),
    [
        ({"sub": subscription(started_at=None)}, "start_missing", SUBSCRIPTION),
        ({"sub": subscription(billing_time="odd")}, "period_unreadable", SUBSCRIPTION),
        ({"zone": "Mars/X"}, "period_unreadable", "Subscription s1, zone Mars/X."),
        ({"sub": subscription(next_plan_code="x")}, "plan_change_pending", SUBSCRIPTION),
        ({"sub": subscription(service="other")}, "billing_entity_other", SUBSCRIPTION),
        ({"who": customer(currency="USD")}, "currency_mixed", SUBSCRIPTION),
        ({"sub": subscription(unknown=("a", "b"))}, "unknown_field", f"{SUBSCRIPTION} a, b."),
        ({"sub": subscription(ending_at=at(2026, 11, 19))}, "subscription_ended", SUBSCRIPTION),
        (
            {"sub": subscription(ending_at=at(2027, 3, 10), is_credited_at_end=False)},
            "ending_unsettled",
            SUBSCRIPTION,
        ),
        (
            {"sold": plan(commitment=CENT, trial_days=Decimal(300))},
            "commitment_trial",
            PLAN,
        ),
        (
            {"sold": plan(tax_codes=("x",)), "who": customer(is_taxed_elsewhere=True)},
            "tax_service_codes",
            SUBSCRIPTION,
        ),
        (fixed(unknown=("a", "b")), "unknown_field", f"{FIXED} a, b."),
        (fixed(is_in_advance=False), "fixed_charge_timing", FIXED),
        (fixed(properties={}), "charge_terms", FIXED),
        (fixed(properties={"amount": "100000000"}), "amount_too_large", FIXED),
        ({"coupons": [coupon(fault="is odd")]}, "coupon_unreadable", f"{COUPON} It is odd."),
        ({"coupons": [coupon(unknown=("a", "b"))]}, "unknown_field", f"{COUPON} a, b."),
        ({"coupons": [coupon(metrics=None)]}, "coupon_unreadable", COUPON),
        ({"coupons": [coupon(plans=None)]}, "coupon_unreadable", COUPON),
        ({"coupons": [coupon(amount=None)]}, "coupon_unreadable", COUPON),
        ({"coupons": [coupon(percent=CENT)]}, "coupon_unreadable", COUPON),
        ({"coupons": [coupon(amount=-CENT)]}, "coupon_unreadable", COUPON),
        ({"coupons": [coupon(amount=None, percent=-CENT)]}, "coupon_unreadable", COUPON),
        ({"coupons": [coupon(amount=Decimal("49.01"))]}, "coupon_above_price", COUPON),
        (
            {"coupons": [coupon(amount=None, percent=Decimal("100.01"))]},
            "coupon_above_price",
            COUPON,
        ),
        ({"coupons": [coupon(**PERCENT), coupon()]}, "coupon_several", COUPON),
        (
            {"coupons": [coupon(**PERCENT)], "sold": plan(commitment=CENT)},
            "coupon_percent_usage",
            COUPON,
        ),
        ({"coupons": [coupon(frequency="once")]}, "coupon_end", COUPON),
        (
            {"coupons": [coupon()], "sold": plan(in_app=("usage_thresholds",))},
            "coupon_end",
            COUPON,
        ),
        (
            {"coupons": [coupon()], "sold": plan(interval="yearly", charges_monthly=True)},
            "coupon_end",
            COUPON,
        ),
        (
            {"coupons": [coupon()], "sold": plan(interval="weekly", fixed_charges_monthly=True)},
            "coupon_end",
            COUPON,
        ),
        (
            {"coupons": [coupon()], "sub": subscription(ending_at=at(2027, 3, 10, 15))},
            "lines_in_part",
            SUBSCRIPTION,
        ),
    ],
)
def test_a_subscription_that_is_kept_out_is_named_with_what_of_it_is_odd(known, rule, words):
    assert said(lambda: order(**known)) == (rule, words)


@pytest.mark.parametrize(
    "known",
    [
        {"sub": subscription(ending_at=at(2026, 11, 20, 15))},
        {"sub": subscription(service="nexadesk"), "who": customer(currency="CAD")},
        {"sold": plan(tax_codes=("x",))},
        {"coupons": [coupon(amount=Decimal(49))]},
        {"coupons": [coupon(amount=None, percent=Decimal(100))]},
        {"coupons": [coupon(), coupon(code="may", amount=Decimal(44))]},
        {"coupons": [coupon(frequency="once", remaining=1)]},
        {"coupons": [coupon()], "sold": plan(charges_monthly=True, fixed_charges_monthly=True)},
        {"coupons": [coupon()], "sold": plan(interval="yearly", in_app=("metadata",))},
        {"coupons": [coupon()], "sold": plan(charge(), commitment=CENT)},
        {"sold": plan(commitment=CENT, trial_days=Decimal(245))},
        fixed(properties={"amount": "99999999.99"}),
        fixed(units=Decimal(0), properties={"amount": "1"}),
    ],
)
def test_a_subscription_at_the_border_of_what_odoo_bills_alike_is_carried(known):
    assert order(**known).price == 49


def test_who_is_kept_out_and_what_of_theirs_is_told_in_words():
    """A subscription without its plan, its customer or its plan's name is looked for in vain."""
    broken = plan(lago_id="p2", code="new", price=None)
    world = source(
        plans=(plan(), broken),
        customers=(customer(), customer(external_id="c2")),
        subscriptions=(
            subscription(lago_id="l2", external_id="s2", plan_code="new"),
            subscription(lago_id="l3", external_id="s3", plan_code="gone"),
            subscription(lago_id="l4", external_id="s4", customer="c2"),
            subscription(lago_id="l5", external_id="s5", fault="is odd"),
            subscription(lago_id="l6", external_id="s6", plan_code="gone", status="terminated"),
            subscription(),
        ),
    )
    found = {each.key: each for each in lago_findings(world, ["c2"], timezone=TORONTO)}
    told = {
        key: (each.table, each.rule, each.sentence.removesuffix(f" {constructs()[each.rule].why}"))
        for key, each in found.items()
    }
    assert told == {
        "p2": ("plans", "plan_without_price", "Plan new."),
        "l2": ("subscriptions", "plan_quarantined", "Subscription s2, plan new."),
        "l3": ("subscriptions", "plan_unknown", "Subscription s3."),
        "l4": ("subscriptions", "owner_quarantined", "Subscription s4."),
        "l5": ("subscriptions", "subscription_unreadable", "Subscription s5. It is odd."),
    }
    for each in found.values():
        assert each.severity is Severity.CRITICAL_ROW
        assert (each.observed, each.remedy) == ("", constructs()[each.rule].remedy)


def test_nothing_left_to_bill_has_a_reason_for_each_status():
    names = ("active", "terminated", "canceled", "pending", "incomplete", "odd")
    world = source(subscriptions=tuple(subscription(lago_id=name, status=name) for name in names))
    assert out_of_scope(world) == {
        "users": {},
        "plans": {},
        "subscriptions": {
            "terminated": "The subscription ended: nothing is left to bill.",
            "canceled": "The subscription was canceled: nothing is left to bill.",
            "pending": "The subscription has not begun yet.",
            "incomplete": "The subscription waits for its first payment.",
            "odd": "The subscription is odd.",
        },
    }

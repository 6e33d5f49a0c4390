"""What a live customer agreed on for itself, tries, and is left with: no cent of it is Odoo's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.api.life import (
    COMPANY_ZONE,
    Life,
    check_answers,
    customer,
    days_ago,
    subscription,
    today,
)


@pytest.fixture(scope="module", autouse=True)
def plans(life: Life) -> None:
    """Plans that are tried for 20 days, and one that is paid in arrears."""
    terms = {"interval": "monthly", "amount_currency": "CAD"}
    tried = {"pay_in_advance": True, "trial_period": 20}
    for code, amount, more in (
        ("try", 3000, tried),
        ("try-more", 6000, tried),
        ("arrears", 3000, {}),
    ):
        plan = {"name": code, "code": code, "amount_cents": amount, **terms, **more}
        life.ok("POST", "/plans", {"plan": plan})


def _sub(life: Life, name: str) -> dict:
    return life.ok("GET", f"/subscriptions/{name}")["subscription"]


def _bills(life: Life, name: str) -> list[dict]:
    return life.ok("GET", f"/invoices?external_customer_id={name}")["invoices"]


def _notes(life: Life, name: str) -> list[int]:
    found = life.ok("GET", f"/credit_notes?external_customer_id={name}")["credit_notes"]
    return [note["sub_total_excluding_taxes_amount_cents"] for note in found]


def test_a_new_price_of_a_plan_leaves_what_was_agreed(life: Life) -> None:
    for name, agreed in (("agreed", {"amount_cents": 1000}), ("listed", None)):
        customer(life, name)
        subscription(life, name, "seats", **({"plan_overrides": agreed} if agreed else {}))
    for price in (3300, 3100):
        life.ok("PUT", "/plans/seats", {"plan": {"amount_cents": price}})
        assert _sub(life, "agreed")["plan_amount_cents"] == 1000
        assert _sub(life, "listed")["plan_amount_cents"] == price


def test_what_a_customer_pays_tells_whether_a_plan_is_dearer(life: Life) -> None:
    name = customer(life, "discounted")
    subscription(life, name, "seats", plan_overrides={"amount_cents": 10_000})
    # 62.00 instead of 100.00 is cheaper: it waits for the end of what is paid for.
    coming = subscription(life, name, "big")
    assert (coming["plan_code"], coming["next_plan_code"]) == ("seats", "big")
    name = customer(life, "upgraded")
    subscription(life, name, "big")
    now = subscription(life, name, "seats", plan_overrides={"amount_cents": 9000})
    assert (now["plan_code"], now["plan_amount_cents"]) == ("seats", 9000)


def test_a_trial_is_counted_from_the_first_day_whatever_the_plan(life: Life) -> None:
    name = customer(life, "tries")
    subscription(life, name, "try", subscription_at=days_ago(5))
    first = life.order(name)
    # Nobody pays ahead of a trial's end.
    assert first["next_invoice_date"] == first["x_fc_trial_ends_on"]
    subscription(life, name, "try-more")
    assert life.order(name)["x_fc_trial_ends_on"] == first["x_fc_trial_ends_on"]
    bill = life.invoice_due(name)
    ends = date.fromisoformat(first["start_date"]) + timedelta(days=20)
    assert first["x_fc_trial_ends_on"] == bill["issuing_date"] == ends.isoformat()
    until = date.fromisoformat(life.order(name)["next_invoice_date"])
    whole = (until - date.fromisoformat(first["start_date"])).days
    assert bill["fees_amount_cents"] == round(6000 * (until - ends).days / whole)


def test_nobody_tries_twice(life: Life) -> None:
    name = customer(life, "again")
    subscription(life, name, "try", subscription_at=days_ago(30))
    life.ok("DELETE", f"/subscriptions/{name}")
    subscription(life, name, "try")
    order = life.order(name)
    assert (order["x_fc_trial_ends_on"], order["next_invoice_date"]) == (False, order["start_date"])


def test_a_trial_of_no_days_is_none(life: Life) -> None:
    name = customer(life, "hurried")
    subscription(life, name, "try", plan_overrides={"trial_period": 0})
    assert life.order(name)["x_fc_trial_ends_on"] is False


@pytest.mark.parametrize("plan", ["arrears", "try"])
def test_a_begin_that_is_moved_moves_all_that_follows(life: Life, plan: str) -> None:
    """In arrears nothing is due on the first day; a trial lasts as long as it was said to."""
    name, at = customer(life, f"moved-{plan}"), days_ago(-9)
    subscription(life, name, plan, subscription_at=days_ago(-5))
    life.ok("PUT", f"/subscriptions/{name}", {"subscription": {"subscription_at": at}})
    moved = life.order(name)
    subscription(life, customer(life, f"same-{plan}"), plan, subscription_at=at)
    same = life.order(f"same-{plan}")
    fields = ("start_date", "next_invoice_date", "x_fc_trial_ends_on")
    assert [moved[field] for field in fields] == [same[field] for field in fields]
    assert moved["next_invoice_date"] > moved["start_date"]


def test_the_last_day_is_that_of_the_customer_s_zone(life: Life) -> None:
    """Where the customer's day is another than the company's, no day is paid for twice or never."""
    now = datetime.now(UTC)
    here = now.astimezone(ZoneInfo(COMPANY_ZONE)).date()
    zone = next(
        zone
        for zone in ("Asia/Tokyo", "Pacific/Auckland", "Pacific/Midway")
        if now.astimezone(ZoneInfo(zone)).date() != here
    )
    day = now.astimezone(ZoneInfo(zone)).date()
    for name, ends in (("far-ends", True), ("far-rises", False)):
        customer(life, name, timezone=zone)
        subscription(life, name, "seats", subscription_at=days_ago(5))
        life.told_then(name)
        first = life.order(name)
        life.invoice_due(name)
        until = date.fromisoformat(life.order(name)["next_invoice_date"])
        whole = (until - date.fromisoformat(first["start_date"])).days
        if ends:
            life.ok("DELETE", f"/subscriptions/{name}")
        else:
            subscription(life, name, "big")
        # The day of an upgrade is the new plan's.
        unused = (until - day).days - (1 if ends else 0)
        assert _notes(life, name) == [round(3100 * unused / whole)]
    assert life.order("far-rises")["start_date"] == day.isoformat()
    assert life.invoice_due("far-rises")["fees_amount_cents"] == round(6200 * unused / whole)


def test_a_customer_who_is_deleted_is_billed_to_the_last_day_and_keeps_nothing(life: Life) -> None:
    name = customer(life, "gone")
    coupon = {"name": "Off", "code": "off", "coupon_type": "fixed_amount", "amount_cents": 100}
    terms = {"amount_currency": "CAD", "frequency": "forever", "expiration": "no_expiration"}
    life.ok("POST", "/coupons", {"coupon": {**coupon, **terms}})
    given = {"external_customer_id": name, "coupon_code": "off"}
    life.ok("POST", "/applied_coupons", {"applied_coupon": given})
    wallet = {"external_customer_id": name, "rate_amount": "1", "currency": "CAD"}
    life.ok("POST", "/wallets", {"wallet": {**wallet, "granted_credits": "50"}})
    subscription(life, name, "arrears", subscription_at=days_ago(3))
    order = life.order(name)
    life.ok("DELETE", f"/customers/{name}")
    first = date.fromisoformat(order["start_date"])
    whole = (date.fromisoformat(order["next_invoice_date"]) - first).days
    (bill,) = _bills(life, name)
    local = datetime.now(ZoneInfo(COMPANY_ZONE)).date()
    assert bill["fees_amount_cents"] == round(3000 * ((local - first).days + 1) / whole)
    assert bill["coupons_amount_cents"] == 100
    # Whoever comes back under the id starts anew.
    customer(life, name)
    for path in ("applied_coupons", "wallets"):
        (held,) = life.ok("GET", f"/{path}?external_customer_id={name}")[path]
        assert held["status"] == "terminated"


def test_a_plan_that_is_deleted_settles_its_subscriptions(life: Life) -> None:
    plan = {"name": "Short", "interval": "monthly", "amount_cents": 3000, "amount_currency": "CAD"}
    for code, ahead in (("short-ahead", True), ("short-arrears", False)):
        life.ok("POST", "/plans", {"plan": {**plan, "code": code, "pay_in_advance": ahead}})
        subscription(life, customer(life, code), code, subscription_at=days_ago(5))
    life.told_then("short-ahead")
    life.invoice_due("short-ahead")
    for code in ("short-ahead", "short-arrears"):
        life.ok("DELETE", f"/plans/{code}")
    (credited,), (bill,) = _notes(life, "short-ahead"), _bills(life, "short-arrears")
    assert credited + bill["fees_amount_cents"] == 3000


def test_an_invoice_is_the_sum_of_its_fees_and_taxes(life: Life) -> None:
    """Each of these fees is 0.4 cents more than it is billed at: together they are a cent."""
    charges = []
    for code in ("a", "b", "c"):
        metric = {"name": code, "code": code, "aggregation_type": "sum_agg", "field_name": "n"}
        made = life.ok("POST", "/billable_metrics", {"billable_metric": metric})["billable_metric"]
        charge = {"billable_metric_id": made["lago_id"], "charge_model": "standard"}
        charges.append({**charge, "properties": {"amount": "0.002"}})
    plan = {"name": "Parts", "code": "parts", "interval": "monthly", "amount_cents": 0}
    life.ok("POST", "/plans", {"plan": {**plan, "amount_currency": "CAD", "charges": charges}})
    name = customer(life, "parted")
    subscription(life, name, "parts", subscription_at=days_ago(40))
    life.told_then(name)
    at = int((datetime.now(UTC) - timedelta(days=38)).timestamp())
    sent = {"external_subscription_id": name, "timestamp": at, "properties": {"n": 502}}
    events = [{"transaction_id": code, "code": code, **sent} for code in ("a", "b", "c")]
    life.ok("POST", "/events/batch", {"events": events})
    bill = life.invoice_due(name)
    fees = [fee["amount_cents"] for fee in bill["fees"]]
    assert sorted(fees) == [0, 100, 100, 100]
    assert bill["fees_amount_cents"] == sum(fees)
    for code, rate in (("five", "5"), ("ten", "9.975")):
        life.ok("POST", "/taxes", {"tax": {"name": code, "code": code, "rate": rate}})
    fee = {"add_on_code": "setup", "unit_amount_cents": 3030, "tax_codes": ["five", "ten"]}
    told = {"external_customer_id": name, "currency": "CAD", "fees": [fee]}
    made = life.ok("POST", "/invoices", {"invoice": told})["invoice"]
    assert [one["amount_cents"] for one in made["applied_taxes"]] == [152, 302]
    assert made["taxes_amount_cents"] == 454


def calls(life: Life) -> dict:
    """A charge for calls, without its price."""
    metrics = life.ok("GET", "/billable_metrics")["billable_metrics"]
    (metric,) = [one["lago_id"] for one in metrics if one["code"] == "calls"]
    return {"billable_metric_id": metric, "charge_model": "standard"}


def test_a_minimum_is_due_for_the_days_of_a_part_of_a_period(life: Life) -> None:
    charge = calls(life)
    charge |= {"properties": {"amount": "0.01"}, "min_amount_cents": 3000}
    plan = {"name": "Least", "code": "least", "interval": "monthly", "amount_cents": 0}
    life.ok("POST", "/plans", {"plan": {**plan, "amount_currency": "CAD", "charges": [charge]}})
    # A calendar month of which the subscription has the last ten days.
    end = today().replace(day=1)
    begins = end - timedelta(days=10)
    whole = (end - (end - timedelta(days=1)).replace(day=1)).days
    name = customer(life, "least")
    at = f"{begins.isoformat()}T12:00:00Z"
    subscription(life, name, "least", billing_time="calendar", subscription_at=at)
    life.told_then(name)
    bill = life.invoice_due(name)
    if not any(fee["item"]["type"] == "charge" for fee in bill["fees"]):
        bill = life.invoice_due(name)
    (fee,) = [one for one in bill["fees"] if one["item"]["type"] == "charge"]
    assert fee["amount_cents"] == round(3000 * 10 / whole)


def test_what_is_missing_to_a_plan_s_minimum_is_a_fee_with_its_own_tax(life: Life) -> None:
    charge = calls(life)
    plan = {"name": "Floor", "code": "floor", "interval": "monthly", "amount_cents": 1000}
    plan |= {"amount_currency": "CAD", "charges": [{**charge, "properties": {"amount": "0.01"}}]}
    least = {"amount_cents": 9000, "invoice_display_name": "At least", "tax_codes": ["hst"]}
    made = life.ok("POST", "/plans", {"plan": {**plan, "minimum_commitment": least}})["plan"]
    shown = made["minimum_commitment"]
    assert (shown["amount_cents"], shown["interval"]) == (9000, "monthly")
    assert [one["code"] for one in shown["taxes"]] == ["hst"]
    end = today().replace(day=1)
    begins = end - timedelta(days=10)
    whole = (end - (end - timedelta(days=1)).replace(day=1)).days
    name = customer(life, "floor")
    at = f"{begins.isoformat()}T12:00:00Z"
    subscription(life, name, "floor", billing_time="calendar", subscription_at=at)
    life.told_then(name)
    used = {"transaction_id": "floor", "external_subscription_id": name, "code": "calls"}
    then = datetime.combine(end - timedelta(days=3), time(12), UTC)
    used |= {"timestamp": int(then.timestamp()), "properties": {"n": "150"}}
    life.ok("POST", "/events", {"event": used})
    bill = life.invoice_due(name)
    (fee,) = [one for one in bill["fees"] if one["item"]["type"] == "commitment"]
    price, floor = (round(cents * 10 / whole) for cents in (1000, 9000))
    assert fee["amount_cents"] == floor - price - 150
    assert fee["item"]["invoice_display_name"] == "At least"
    assert [one["tax_code"] for one in fee["applied_taxes"]] == ["hst"]
    listed = life.ok("GET", f"/fees?external_customer_id={name}&fee_type=commitment")["fees"]
    assert [one["lago_id"] for one in listed] == [fee["lago_id"]]
    usage = life.ok("GET", f"/customers/{name}/current_usage?external_subscription_id={name}")
    assert usage["customer_usage"]["amount_cents"] == 0
    life.ok("PUT", "/plans/floor", {"plan": {"minimum_commitment": {"amount_cents": 0}}})
    assert "minimum_commitment" not in life.ok("GET", "/plans/floor")["plan"]


def test_a_minimum_that_cannot_be_reckoned_is_refused_by_name(life: Life) -> None:
    plan = {"name": "Y", "code": "floor-y", "interval": "yearly", "amount_cents": 1000}
    plan |= {"amount_currency": "CAD", "bill_charges_monthly": True}
    for least, why in (
        ({"amount_cents": 9000}, ["not_supported"]),
        ({"invoice_display_name": "x"}, {"amount_cents": ["value_is_mandatory"]}),
        ({"amount_cents": 9, "tax_codes": ["none"]}, {"tax_codes": ["tax_code_not_found"]}),
    ):
        told = {"plan": {**plan, "minimum_commitment": least}}
        assert life.refused("POST", "/plans", told) == (422, {"minimum_commitment": why})
    life.ok("POST", "/plans", {"plan": {**plan, "minimum_commitment": {}}})


def test_what_was_used_is_due_when_a_subscription_ends(life: Life) -> None:
    name = customer(life, "leaves")
    subscription(life, name, "small", subscription_at=days_ago(5))
    event = {"transaction_id": "l1", "external_subscription_id": name, "code": "calls"}
    life.ok("POST", "/events", {"event": {**event, "properties": {"n": "1000"}}})
    life.ok("DELETE", f"/subscriptions/{name}")
    window = (days_ago(20), days_ago(-1))
    life.api.odoo.execute("fusion.billing.import.wizard", "rate_usage", life.code, *window)
    fees = life.ok("GET", f"/fees?external_customer_id={name}&fee_type=charge")["fees"]
    assert [fee["amount_cents"] for fee in fees] == [750]


def test_a_plan_that_says_nothing_of_it_bills_usage_with_its_price(life: Life) -> None:
    plan = {"name": "Year", "code": "year", "interval": "yearly", "amount_cents": 1000}
    made = life.ok("POST", "/plans", {"plan": {**plan, "amount_currency": "CAD"}})["plan"]
    assert made["bill_charges_monthly"] is False


def test_null_takes_back_what_a_plan_may_be_without(life: Life) -> None:
    told = {"description": "x", "trial_period": 5, "tax_codes": ["hst"]}
    plan = {"name": "N", "code": "n", "interval": "monthly", "amount_cents": 1, **told}
    life.ok("POST", "/plans", {"plan": {**plan, "amount_currency": "CAD"}})
    changed = life.ok("PUT", "/plans/n", {"plan": dict.fromkeys(told)})["plan"]
    assert (changed["trial_period"], changed["taxes"]) == (0, [])
    assert not changed["description"]


def test_a_provider_that_odoo_cannot_charge_by_is_refused(life: Life) -> None:
    told = {"external_id": "sepa", "billing_configuration": {"payment_provider": "gocardless"}}
    assert life.refused("POST", "/customers", {"customer": told})[1] == {
        "billing_configuration": {"payment_provider": ["not_supported"]}
    }


def test_each_answer_holds_what_an_app_relies_on(life: Life) -> None:
    check_answers(life)

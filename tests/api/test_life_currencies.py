"""A live service whose customers pay in other currencies than the company's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.api.life import Life, check_answers, check_told, customer, subscription, today


@pytest.fixture(scope="module", autouse=True)
def plans(life: Life) -> None:
    """A plan in US dollars, one in yen, and what Odoo has to know of them."""
    for code, per_unit in (("USD", 0.73), ("JPY", 108.2)):
        domain = [("name", "=", code), ("active", "in", [True, False])]
        (found,) = life.api.odoo.execute("res.currency", "search", domain)
        rate = {"currency_id": found, "name": "2026-01-01", "rate": per_unit}
        life.api.odoo.execute("res.currency.rate", "create", rate)
        metric = life.ok("GET", "/billable_metrics/calls")["billable_metric"]
        charge = {
            "billable_metric_id": metric["lago_id"],
            "charge_model": "standard",
            "min_amount_cents": 5,
            "properties": {"amount": "7.5"},
        }
        plan = {"name": code, "code": code.lower(), "interval": "monthly", "amount_cents": 3100}
        terms = {"amount_currency": code, "pay_in_advance": True, "charges": [charge]}
        made = life.ok("POST", "/plans", {"plan": {**plan, **terms}})["plan"]
        assert (made["amount_cents"], made["amount_currency"]) == (3100, code)
        assert made["charges"][0]["min_amount_cents"] == 5


def test_what_a_customer_pays_is_in_the_currency_of_its_plan(life: Life) -> None:
    name = customer(life, "ann")
    made = subscription(life, name, "usd")
    assert (made["plan_amount_cents"], made["plan_amount_currency"]) == (3100, "USD")
    assert life.ok("GET", f"/customers/{name}")["customer"]["currency"] == "USD"
    # A customer has one currency, as in Lago.
    other = {"external_customer_id": name, "external_id": "second", "plan_code": "small"}
    fault = life.refused("POST", "/subscriptions", {"subscription": other})
    assert fault == (422, {"currency": ["currencies_does_not_match"]})
    moved = {"external_id": name, "currency": "CAD"}
    assert life.refused("POST", "/customers", {"customer": moved})[1] == fault[1]
    wallet = {"external_customer_id": name, "rate_amount": "1", "currency": "USD"}
    assert (
        life.refused("POST", "/wallets", {"wallet": {**wallet, "currency": "JPY"}})[1] == fault[1]
    )
    made = life.ok("POST", "/wallets", {"wallet": {**wallet, "granted_credits": "6"}})["wallet"]
    assert (made["currency"], made["balance_cents"]) == ("USD", 600)
    fixed = {"coupon_type": "fixed_amount", "amount_cents": 100, "frequency": "forever"}
    for code in ("USD", "CAD"):
        coupon = {"name": code, "code": f"off-{code}", "expiration": "no_expiration", **fixed}
        life.ok("POST", "/coupons", {"coupon": {**coupon, "amount_currency": code}})
    given = {"external_customer_id": name, "coupon_code": "off-CAD"}
    assert life.refused("POST", "/applied_coupons", {"applied_coupon": given})[1] == fault[1]
    given["coupon_code"] = "off-USD"
    applied = life.ok("POST", "/applied_coupons", {"applied_coupon": given})["applied_coupon"]
    assert (applied["amount_cents"], applied["amount_currency"]) == (100, "USD")

    bill = life.invoice_due(name)
    assert (bill["currency"], bill["fees_amount_cents"]) == ("USD", 3100)
    assert bill["coupons_amount_cents"] == 100
    assert bill["prepaid_credit_amount_cents"] == 600
    due = bill["total_amount_cents"]
    assert life.ok("GET", f"/wallets/{made['lago_id']}")["wallet"]["balance_cents"] == 0
    payment = {"invoice_id": bill["lago_id"], "amount_cents": due, "reference": "wire"}
    paid = life.ok("POST", "/payments", {"payment": payment})["payment"]
    assert (paid["amount_cents"], paid["amount_currency"]) == (due, "USD")
    after = life.ok("GET", f"/invoices/{bill['lago_id']}")["invoice"]
    assert (after["payment_status"], after["total_due_amount_cents"]) == ("succeeded", 0)


def test_yen_have_no_cents(life: Life) -> None:
    name = customer(life, "yuki", country="JP", state=None)
    subscription(life, name, "jpy")
    event = {"transaction_id": "1", "external_subscription_id": name, "code": "calls"}
    now = int(datetime.now(UTC).timestamp())
    life.ok("POST", "/events", {"event": {**event, "timestamp": now, "properties": {"n": 3}}})
    path = f"/customers/{name}/current_usage?external_subscription_id={name}&apply_taxes=false"
    usage = life.ok("GET", path)["customer_usage"]
    assert (usage["currency"], usage["amount_cents"]) == ("JPY", 23)
    assert life.invoice_due(name)["fees_amount_cents"] == 3100


def test_one_off_invoices_are_in_the_currency_of_the_customer(life: Life) -> None:
    name = customer(life, "otto", currency="usd")
    assert life.ok("GET", f"/customers/{name}")["customer"]["currency"] == "USD"
    told = {"external_customer_id": name, "fees": [{"add_on_code": "setup"}]}
    # The add-on has a price in Canadian dollars alone.
    fault = life.refused("POST", "/invoices", {"invoice": told})
    assert fault == (422, {"fees": {"0": {"unit_amount_cents": ["value_is_mandatory"]}}})
    told["fees"] = [{"add_on_code": "setup", "unit_amount_cents": 1250, "tax_codes": ["hst"]}]
    made = life.ok("POST", "/invoices", {"invoice": told})["invoice"]
    assert (made["currency"], made["total_amount_cents"]) == ("USD", 1413)


def test_lists_and_figures_are_told_apart_by_currency(life: Life) -> None:
    def names(path: str, key: str, name: str) -> set[str]:
        return {one[name] for one in life.ok("GET", path)[key]}

    assert names("/customers?currencies[]=USD", "customers", "external_id") == {"ann", "otto"}
    assert names("/customers?currencies[]=JPY", "customers", "external_id") == {"yuki"}
    assert names("/subscriptions?currency=JPY", "subscriptions", "external_id") == {"yuki"}
    assert names("/invoices?currency=JPY", "invoices", "currency") == {"JPY"}
    # 3,000 yen, or 30 dollars.
    assert names("/invoices?amount_from=3000", "invoices", "currency") == {"JPY", "USD"}
    assert names("/invoices?amount_from=300000", "invoices", "currency") == set()
    month = today().replace(day=1).isoformat()
    found = life.ok("GET", "/analytics/gross_revenue?currency=USD")["gross_revenues"]
    (this,) = [one for one in found if one["month"].startswith(month)]
    assert (this["currency"], this["invoices_count"]) == ("USD", 2)
    found = life.ok("GET", "/analytics/gross_revenue")["gross_revenues"]
    assert {one["currency"] for one in found} == {"USD", "JPY"}


def test_a_currency_that_odoo_cannot_book_is_refused(life: Life) -> None:
    plan = {"name": "x", "code": "x", "interval": "monthly", "amount_cents": 1}
    for code, why in (
        ("XXX", "value_is_invalid"),
        ("ISK", "no_exchange_rate"),
        ("HUF", "not_supported"),
        ("TWD", "not_supported"),
    ):
        told = {"plan": {**plan, "amount_currency": code, "pay_in_advance": True}}
        assert life.refused("POST", "/plans", told) == (422, {"amount_currency": [why]})


def test_answers_and_messages_conform(life: Life) -> None:
    check_answers(life, at_least=30)
    check_told(life, {"subscription.started", "invoice.created"})

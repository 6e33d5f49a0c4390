"""A wallet's credits, from what buys them to the invoice that they pay, and to their end."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from tests.api.life import (
    Life,
    check_answers,
    check_told,
    customer,
)


def test_a_wallet_pays_invoices_after_tax(life: Life) -> None:
    name = customer(life, "prepaid")
    told = {
        "external_customer_id": name,
        "rate_amount": "2.0",
        "currency": "CAD",
        "granted_credits": "5",
        "paid_credits": "10",
        "name": "Main",
    }
    wallet = life.ok("POST", "/wallets", {"wallet": told})["wallet"]
    # What is bought is there when it is paid.
    assert (wallet["balance_cents"], wallet["credits_balance"]) == (1000, "5.0")
    path = f"/wallets/{wallet['lago_id']}"
    bought = life.ok("GET", f"{path}/wallet_transactions?transaction_status=purchased")
    (purchase,) = bought["wallet_transactions"]
    assert (purchase["status"], purchase["amount"]) == ("pending", "20.0")
    url = life.ok("POST", f"/wallet_transactions/{purchase['lago_id']}/payment_url")
    assert url["wallet_transaction_payment_details"]["payment_url"]
    sale = life.ok("GET", f"/invoices/{purchase['lago_invoice_id']}")["invoice"]
    assert (sale["invoice_type"], sale["total_amount_cents"]) == ("credit", 2000)
    life.ok("PUT", f"/invoices/{sale['lago_id']}", {"invoice": {"payment_status": "succeeded"}})
    assert life.ok("GET", path)["wallet"]["balance_cents"] == 3000
    once = {"external_customer_id": name, "fees": [{"add_on_code": "setup"}]}
    bill = life.ok("POST", "/invoices", {"invoice": once})["invoice"]
    assert bill["prepaid_credit_amount_cents"] == 3000
    assert bill["prepaid_granted_credit_amount_cents"] == 1000
    assert bill["total_due_amount_cents"] == 5650 - 3000
    now = life.ok("GET", path)["wallet"]
    assert (now["balance_cents"], now["consumed_credits"]) == (0, "15.0")
    uses = life.ok("GET", f"/wallet_transactions/{purchase['lago_id']}/consumptions")
    (use,) = uses["wallet_transaction_consumptions"]
    spent = use["wallet_transaction"]
    assert (use["amount_cents"], spent["transaction_status"]) == (2000, "invoiced")
    fundings = life.ok("GET", f"/wallet_transactions/{spent['lago_id']}/fundings")
    assert sum(one["amount_cents"] for one in fundings["wallet_transaction_fundings"]) == 3000
    more = {"wallet_id": wallet["lago_id"], "granted_credits": "3"}
    (given,) = life.ok("POST", "/wallet_transactions", {"wallet_transaction": more})[
        "wallet_transactions"
    ]
    assert life.ok("GET", f"/wallet_transactions/{given['lago_id']}")["wallet_transaction"][
        "wallet"
    ]
    back = {"wallet_id": wallet["lago_id"], "voided_credits": "1"}
    life.ok("POST", "/wallet_transactions", {"wallet_transaction": back})
    assert life.ok("GET", f"/customers/{name}/wallets/main")["wallet"]["balance_cents"] == 400
    too_many = {**back, "voided_credits": "3"}
    assert life.refused("POST", "/wallet_transactions", {"wallet_transaction": too_many})[0] == 422
    assert life.ok("POST", f"{path}/metadata", {"metadata": {"a": "b"}}) == {"metadata": {"a": "b"}}
    assert life.ok("GET", f"/wallets?external_customer_id={name}")["meta"]["total_count"] == 1
    assert life.ok("PUT", path, {"wallet": {"name": "Other"}})["wallet"]["name"] == "Other"
    over = life.ok("DELETE", path)["wallet"]
    assert (over["status"], over["balance_cents"]) == ("terminated", 0)


def test_credits_are_kept_as_told_and_to_five_decimals(life: Life) -> None:
    """What three credits cost is no whole cent: their number is not worked out from the cents."""
    name = customer(life, "thirds")
    told = {"external_customer_id": name, "rate_amount": "0.3333", "currency": "CAD"}
    told |= {"granted_credits": "3.333339", "code": "thirds"}
    wallet = life.ok("POST", "/wallets", {"wallet": told})["wallet"]
    assert (wallet["balance_cents"], wallet["credits_balance"]) == (111, "3.33333")
    path = f"/wallets/{wallet['lago_id']}"
    (one,) = life.ok("GET", f"{path}/wallet_transactions")["wallet_transactions"]
    assert (one["credit_amount"], one["amount"]) == ("3.33333", "1.11")
    life.invoice_of(name, 200)
    spent = life.ok("GET", path)["wallet"]
    # 1.11 dollars are that many credits; what is left is worth no cent.
    assert (spent["balance_cents"], spent["consumed_credits"]) == (0, "3.33033")
    assert spent["credits_balance"] == "0.003"


def test_what_is_paid_for_at_once_keeps_within_its_limits(life: Life) -> None:
    name = customer(life, "limited")
    told = {"external_customer_id": name, "rate_amount": "2", "currency": "CAD", "code": "top"}
    least, most = "paid_top_up_min_amount_cents", "paid_top_up_max_amount_cents"
    limits = {least: 1000, most: 5000}
    for wrong, fault in (
        ({least: 2, most: 1}, {most: ["must_be_greater_than_or_equal_min"]}),
        ({**limits, "paid_credits": "4"}, {"paid_credits": ["amount_below_minimum"]}),
    ):
        assert life.refused("POST", "/wallets", {"wallet": {**told, **wrong}}) == (422, fault)
    ignored = {"paid_credits": "4", "ignore_paid_top_up_limits_on_creation": True}
    wallet = life.ok("POST", "/wallets", {"wallet": {**told, **limits, **ignored}})["wallet"]
    assert {name: wallet[name] for name in limits} == limits
    move = {"wallet_id": wallet["lago_id"], "paid_credits": "26"}
    refused = life.refused("POST", "/wallet_transactions", {"wallet_transaction": move})
    assert refused == (422, {"paid_credits": ["amount_above_maximum"]})
    for more in ({"paid_credits": "25"}, {"ignore_paid_top_up_limits": True}):
        life.ok("POST", "/wallet_transactions", {"wallet_transaction": {**move, **more}})
    path = f"/wallets/{wallet['lago_id']}"
    assert life.ok("PUT", path, {"wallet": {most: None}})["wallet"][most] is None
    life.ok("POST", "/wallet_transactions", {"wallet_transaction": move})


def test_a_wallet_is_used_until_it_expires(life: Life) -> None:
    name = customer(life, "expires")
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    told = {"external_customer_id": name, "rate_amount": "1", "currency": "CAD"}
    told |= {"granted_credits": "5", "expiration_at": soon}
    path = f"/wallets/{life.ok('POST', '/wallets', {'wallet': told})['wallet']['lago_id']}"
    assert life.ok("GET", path)["wallet"]["status"] == "active"
    time.sleep(2)
    assert life.ok("GET", path)["wallet"]["status"] == "terminated"
    bill = life.invoice_of(name, 200)
    assert bill["prepaid_credit_amount_cents"] == 0
    for rules in (
        {"recurring_transaction_rules": [{"trigger": "interval", "interval": "weekly"}]},
    ):
        wrong = {"wallet": {**told, "expiration_at": None, **rules}}
        refused = life.refused("POST", "/wallets", wrong)
        assert refused == (422, {name: ["not_supported"] for name in rules})


def test_each_answer_holds_what_an_app_relies_on(life: Life) -> None:
    check_answers(life, at_least=30)


def test_all_of_it_is_told(life: Life) -> None:
    """What the tests above did."""
    check_told(
        life,
        {
            "invoice.paid_credit_added",
            "wallet.depleted_ongoing_balance",
            "wallet_transaction.created",
            "wallet_transaction.updated",
        },
    )

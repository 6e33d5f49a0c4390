"""The life of a live customer, from the first call to the last: as an app of Lago would lead it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.api.contract import faults


@dataclass(frozen=True)
class Life:
    """A live service of its own.

    Attributes:
        api: The API, as that service calls it.
        code: Of the service.
    """

    api: Any
    code: str

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that has to succeed."""
        status, answer = self.api.call(method, path, body)
        assert status == 200, (method, path, answer)
        return answer

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request that must not succeed; return why."""
        status, answer = self.api.call(method, path, body)
        assert 400 <= status < 500, (method, path, answer)
        return status, answer.get("error_details") or answer.get("code")

    def order(self, external_id: str) -> dict:
        """Return the newest order of a subscription."""
        found = self.api.odoo.execute(
            "sale.order",
            "search_read",
            [
                ("x_fc_service_id.code", "=", self.code),
                ("x_fc_nexacloud_subscription_id", "=", external_id),
            ],
            ["state", "start_date", "next_invoice_date", "x_fc_anchor_on", "subscription_state"],
            0,
            1,
            "id desc",
        )
        return found[0]

    def invoice_due(self, external_id: str) -> dict:
        """Let Odoo invoice a subscription on the day on which it is due; return the invoice."""
        day = self.order(external_id)["next_invoice_date"]
        self.api.odoo.execute("sale.order", "invoice_due", day)
        listed = self.ok("GET", "/invoices?per_page=1000")["invoices"]
        for one in listed:
            found = self.ok("GET", f"/invoices/{one['lago_id']}")["invoice"]
            if external_id in [sub["external_id"] for sub in found["subscriptions"]]:
                return found
        raise AssertionError("no invoice of it")


def today() -> date:
    return datetime.now(UTC).date()


def days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).replace(microsecond=0).isoformat()


@pytest.fixture(scope="module")
def life(api) -> Life:
    code = f"life-{uuid4().hex[:8]}"
    service = api.odoo.execute(
        "fusion.billing.service", "create", {"name": "Life", "code": code, "phase": "live"}
    )
    key = api.odoo.execute("fusion.billing.service", "issue_api_key", [service], "tests")
    life = Life(replace(api, key=key), code)
    endpoint = {"webhook_url": "https://life.example.com/hook"}
    life.ok("POST", "/webhook_endpoints", {"webhook_endpoint": endpoint})
    tax = {"name": "HST", "code": "hst", "rate": "13.0", "applied_to_organization": False}
    life.ok("POST", "/taxes", {"tax": tax})
    metric = {"name": "Calls", "code": "calls", "aggregation_type": "sum_agg", "field_name": "n"}
    made = life.ok("POST", "/billable_metrics", {"billable_metric": metric})["billable_metric"]
    add_on = {"name": "Set-up", "code": "setup", "amount_cents": 5000, "amount_currency": "CAD"}
    life.ok("POST", "/add_ons", {"add_on": {**add_on, "tax_codes": ["hst"]}})
    charge = {
        "billable_metric_id": made["lago_id"],
        "charge_model": "standard",
        "properties": {"amount": "0.0075"},
    }
    for code, amount in (("small", 3100), ("big", 6200), ("seats", 3100)):
        plan = {
            "name": code,
            "code": code,
            "interval": "monthly",
            "amount_cents": amount,
            "amount_currency": "CAD",
            "pay_in_advance": True,
            "tax_codes": ["hst"],
            "charges": [charge] if code == "small" else [],
        }
        life.ok("POST", "/plans", {"plan": plan})
    return life


def customer(life: Life, name: str, **values: Any) -> str:
    told = {"external_id": name, "name": name, "email": f"{name}@example.ca", "country": "CA"}
    life.ok("POST", "/customers", {"customer": {**told, "state": "ON", **values}})
    return name


def subscription(life: Life, name: str, plan: str, **values: Any) -> dict:
    ids = {"external_customer_id": name, "external_id": name, "plan_code": plan}
    told = {"billing_time": "anniversary", **ids, **values}
    return life.ok("POST", "/subscriptions", {"subscription": told})["subscription"]


def test_taxes_are_odoo_s(life: Life) -> None:
    found = life.ok("GET", "/taxes/hst")["tax"]
    assert (found["rate"], found["code"]) == (13.0, "hst")
    assert life.ok("GET", "/taxes")["meta"]["total_count"] == 1
    changed = life.ok("PUT", "/taxes/hst", {"tax": {"description": "Ontario"}})["tax"]
    assert changed["description"] == "Ontario"
    zero = {"name": "None", "code": "zero", "rate": "0"}
    assert life.ok("POST", "/taxes", {"tax": zero})["tax"]["rate"] == 0.0
    assert life.refused("POST", "/taxes", {"tax": zero})[1] == {"code": ["value_already_exist"]}
    assert life.ok("DELETE", "/taxes/zero")["tax"]["code"] == "zero"
    assert life.refused("GET", "/taxes/zero") == (404, "tax_not_found")


def test_a_one_off_invoice_is_posted_paid_and_told(life: Life) -> None:
    name = customer(life, "once", tax_codes=["hst"])
    fees = [{"add_on_code": "setup", "units": "2", "unit_amount_cents": 1250}]
    told = {"external_customer_id": name, "currency": "CAD", "fees": fees}
    made = life.ok("POST", "/invoices", {"invoice": told})["invoice"]
    figures = ("fees_amount_cents", "taxes_amount_cents", "total_amount_cents")
    assert [made[figure] for figure in figures] == [2500, 325, 2825]
    assert (made["status"], made["invoice_type"]) == ("finalized", "one_off")
    assert [fee["item"]["code"] for fee in made["fees"]] == ["setup"]
    assert made["applied_taxes"][0]["tax_code"] == "hst"
    assert made["file_url"].startswith("http")
    path = f"/invoices/{made['lago_id']}"
    assert life.ok("POST", f"{path}/payment_url")["invoice_payment_details"]["payment_url"]
    assert life.ok("POST", f"{path}/download")["invoice"]["file_url"]
    pairs = [{"key": "po", "value": "7"}]
    assert life.ok("PUT", path, {"invoice": {"metadata": pairs}})["invoice"]["metadata"]
    assert [one["lago_id"] for one in life.ok("GET", "/invoices?metadata[po]=7")["invoices"]] == [
        made["lago_id"]
    ]
    payment = {"invoice_id": made["lago_id"], "amount_cents": 1000, "reference": "cheque 1"}
    paid = life.ok("POST", "/payments", {"payment": payment})["payment"]
    assert (paid["amount_cents"], paid["type"], paid["reference"]) == (1000, "manual", "cheque 1")
    now = life.ok("GET", path)["invoice"]
    assert (now["total_due_amount_cents"], now["payment_status"]) == (1825, "pending")
    too_much = {**payment, "amount_cents": 1826}
    assert life.refused("POST", "/payments", {"payment": too_much})[0] == 422
    assert (
        life.ok("PUT", path, {"invoice": {"payment_status": "succeeded"}})["invoice"][
            "payment_status"
        ]
        == "succeeded"
    )
    listed = life.ok("GET", f"/payments?external_customer_id={name}")["payments"]
    assert sorted(one["amount_cents"] for one in listed) == [1000, 1825]
    assert life.ok("GET", f"/payments/{paid['lago_id']}")["payment"] == paid
    assert life.ok("GET", f"/customers/{name}/payments")["meta"]["total_count"] == 2
    receipts = life.ok("GET", f"/payment_receipts?invoice_id={made['lago_id']}")
    assert receipts["meta"]["total_count"] == 2
    receipt = receipts["payment_receipts"][0]["lago_id"]
    assert life.ok("GET", f"/payment_receipts/{receipt}")["payment_receipt"]["payment"]
    assert life.refused("POST", f"{path}/void")[0] == 405
    assert life.refused("POST", f"{path}/retry")[0] == 405


def test_an_unpaid_invoice_can_be_voided(life: Life) -> None:
    name = customer(life, "voided")
    told = {"external_customer_id": name, "fees": [{"add_on_code": "setup"}]}
    made = life.ok("POST", "/invoices", {"invoice": told})["invoice"]
    void = life.ok("POST", f"/invoices/{made['lago_id']}/void")["invoice"]
    assert (void["status"], void["total_due_amount_cents"]) == ("voided", 0)
    assert void["voided_at"]


def test_a_credit_note_lowers_the_next_invoice(life: Life) -> None:
    name = customer(life, "credited")
    told = {"external_customer_id": name, "fees": [{"add_on_code": "setup"}]}
    first = life.ok("POST", "/invoices", {"invoice": told})["invoice"]
    (fee,) = first["fees"]
    items = [{"fee_id": fee["lago_id"], "amount_cents": 1000}]
    asked = {"invoice_id": first["lago_id"], "items": items}
    estimate = life.ok("POST", "/credit_notes/estimate", {"credit_note": asked})
    assert estimate["estimated_credit_note"]["max_creditable_amount_cents"] == 1130
    wrong = {**asked, "credit_amount_cents": 1131}
    assert life.refused("POST", "/credit_notes", {"credit_note": wrong})[1] == {
        "credit_amount_cents": ["does_not_match_item_amounts"]
    }
    given = {**asked, "credit_amount_cents": 1130, "reason": "other", "metadata": {"why": "late"}}
    note = life.ok("POST", "/credit_notes", {"credit_note": given})["credit_note"]
    assert (note["total_amount_cents"], note["balance_amount_cents"]) == (1130, 1130)
    assert note["items"][0]["fee"]["lago_id"] == fee["lago_id"]
    second = life.ok("POST", "/invoices", {"invoice": told})["invoice"]
    assert second["credit_notes_amount_cents"] == 1130
    assert second["total_amount_cents"] == second["total_due_amount_cents"] == 5650 - 1130
    path = f"/credit_notes/{note['lago_id']}"
    used = life.ok("GET", path)["credit_note"]
    assert (used["credit_status"], used["balance_amount_cents"]) == ("consumed", 0)
    assert life.refused("PUT", f"{path}/void")[0] == 405
    assert (
        life.ok("GET", f"/credit_notes?external_customer_id={name}&credit_status=consumed")["meta"][
            "total_count"
        ]
        == 1
    )
    assert life.ok("GET", f"/customers/{name}/credit_notes?reason=other")["credit_notes"]
    assert life.ok("PATCH", f"{path}/metadata", {"metadata": {"who": "me"}}) == {
        "metadata": {"why": "late", "who": "me"}
    }
    assert life.ok("DELETE", f"{path}/metadata/why") == {"metadata": {"who": "me"}}
    assert life.ok("POST", f"{path}/download")["credit_note"]["file_url"]
    more = {**asked, "items": [{"fee_id": fee["lago_id"], "amount_cents": 4001}]}
    assert life.refused(
        "POST", "/credit_notes", {"credit_note": {**more, "credit_amount_cents": 1}}
    )


def test_a_coupon_lowers_what_a_subscription_costs_before_tax(life: Life) -> None:
    name = customer(life, "saver")
    coupon = {
        "name": "Ten off",
        "code": "ten",
        "coupon_type": "fixed_amount",
        "amount_cents": 1000,
        "amount_currency": "CAD",
        "frequency": "recurring",
        "frequency_duration": 2,
        "expiration": "no_expiration",
        "reusable": False,
    }
    life.ok("POST", "/coupons", {"coupon": coupon})
    given = {"external_customer_id": name, "coupon_code": "ten"}
    applied = life.ok("POST", "/applied_coupons", {"applied_coupon": given})["applied_coupon"]
    assert life.refused("POST", "/applied_coupons", {"applied_coupon": given})[0] == 422
    subscription(life, name, "seats")
    bill = life.invoice_due(name)
    figures = ("fees_amount_cents", "coupons_amount_cents", "taxes_amount_cents")
    assert [bill[figure] for figure in figures] == [3100, 1000, 273]
    assert bill["total_amount_cents"] == 2100 + 273
    assert [one["item"]["code"] for one in bill["credits"]] == ["ten"]
    (listed,) = life.ok("GET", f"/applied_coupons?external_customer_id={name}")["applied_coupons"]
    assert (listed["lago_id"], listed["frequency_duration_remaining"]) == (applied["lago_id"], 1)
    assert listed["credits"][0]["amount_cents"] == 1000
    life.ok("DELETE", f"/customers/{name}/applied_coupons/{applied['lago_id']}")
    assert (
        life.ok("GET", f"/customers/{name}/applied_coupons?status=active")["applied_coupons"] == []
    )
    changed = life.ok("PUT", "/coupons/ten", {"coupon": {"name": "Ten dollars"}})["coupon"]
    assert (changed["name"], changed["amount_cents"]) == ("Ten dollars", 1000)
    assert life.ok("GET", "/coupons")["meta"]["total_count"] == 1
    assert life.ok("DELETE", "/coupons/ten")["coupon"]["code"] == "ten"


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


def test_an_upgrade_keeps_the_anniversary_and_credits_what_is_left(life: Life) -> None:
    name = customer(life, "riser")
    first = subscription(life, name, "seats", subscription_at=days_ago(10))
    anchor = life.order(name)["start_date"]
    bill = life.invoice_due(name)
    assert bill["fees_amount_cents"] == 3100
    dearer = subscription(life, name, "big")
    assert dearer["subscription_at"] == first["subscription_at"]
    assert (dearer["plan_code"], dearer["previous_plan_code"]) == ("big", "seats")
    order = life.order(name)
    assert order["x_fc_anchor_on"] == anchor
    (note,) = life.ok("GET", f"/credit_notes?external_customer_id={name}")["credit_notes"]
    start = date.fromisoformat(anchor)
    until = bill["billing_periods"][0]["subscription_to_datetime"]
    ends = datetime.fromisoformat(until).astimezone(UTC).date()
    whole = (ends - start).days
    begun = date.fromisoformat(order["start_date"])
    unused = whole - (begun - start).days
    expected = round(3100 * unused / whole)
    assert note["sub_total_excluding_taxes_amount_cents"] == expected
    bill = life.invoice_due(name)
    assert bill["fees_amount_cents"] == round(6200 * unused / whole)
    assert bill["credit_notes_amount_cents"] == note["total_amount_cents"]


def test_the_same_plan_again_keeps_a_change_that_is_to_come(life: Life) -> None:
    name = customer(life, "faller")
    subscription(life, name, "big")
    coming = subscription(life, name, "seats")
    assert (coming["plan_code"], coming["next_plan_code"]) == ("big", "seats")
    again = subscription(life, name, "big")
    assert again["next_plan_code"] == "seats"
    moved = {"subscription": {"subscription_at": days_ago(-60)}}
    life.ok("PUT", f"/subscriptions/{name}?status=pending", moved)
    now = life.ok("GET", f"/subscriptions/{name}")["subscription"]
    assert now["downgrade_plan_date"] == coming["downgrade_plan_date"]
    life.ok("DELETE", f"/subscriptions/{name}?status=pending")
    assert life.ok("GET", f"/subscriptions/{name}")["subscription"]["next_plan_code"] is None


@pytest.mark.parametrize("use", ["credit", "refund", "offset", "skip"])
def test_what_was_paid_ahead_and_is_not_used_comes_back_as_asked(life: Life, use: str) -> None:
    name = customer(life, f"leaver-{use}")
    subscription(life, name, "seats", subscription_at=days_ago(5))
    bill = life.invoice_due(name)
    ended = life.ok("DELETE", f"/subscriptions/{name}?on_termination_credit_note={use}")
    assert ended["subscription"]["status"] == "terminated"
    assert ended["subscription"]["on_termination_credit_note"] == use
    notes = life.ok("GET", f"/credit_notes?external_customer_id={name}")["credit_notes"]
    if use == "skip":
        assert notes == []
        return
    (note,) = notes
    assert 0 < note["sub_total_excluding_taxes_amount_cents"] < 3100
    assert note[f"{use}_amount_cents"] == note["total_amount_cents"]
    due = life.ok("GET", f"/invoices/{bill['lago_id']}")["invoice"]["total_due_amount_cents"]
    lowered = note["total_amount_cents"] if use == "offset" else 0
    assert due == bill["total_amount_cents"] - lowered


def test_in_arrears_the_days_used_are_billed_at_the_end(life: Life) -> None:
    plan = {
        "name": "Later",
        "code": "later",
        "interval": "monthly",
        "amount_cents": 3100,
        "amount_currency": "CAD",
        "pay_in_advance": False,
    }
    life.ok("POST", "/plans", {"plan": plan})
    name = customer(life, "later")
    made = subscription(life, name, "later", subscription_at=days_ago(4))
    assert made["on_termination_credit_note"] is None
    order = life.order(name)
    assert order["next_invoice_date"] > today().isoformat()
    refused = life.refused("DELETE", f"/subscriptions/{name}?on_termination_credit_note=credit")
    assert refused[0] == 422
    life.ok("DELETE", f"/subscriptions/{name}")
    (bill,) = life.ok("GET", f"/invoices?external_customer_id={name}")["invoices"]
    start = date.fromisoformat(order["start_date"])
    whole = (date.fromisoformat(order["next_invoice_date"]) - start).days
    assert bill["fees_amount_cents"] in {round(3100 * days / whole) for days in (5, 6)}


def test_fixed_charges_recur_with_their_plan(life: Life) -> None:
    charge = {"add_on_code": "setup", "units": "3", "charge_model": "standard"}
    told = {**charge, "code": "desk", "properties": {"amount": "2.5"}, "pay_in_advance": True}
    made = life.ok("POST", "/plans/seats/fixed_charges", {"fixed_charge": told})["fixed_charge"]
    assert (made["units"], made["properties"]) == (3.0, {"amount": "2.5"})
    name = customer(life, "seated")
    subscription(life, name, "seats")
    path = f"/subscriptions/{name}/fixed_charges"
    assert life.ok("GET", path)["meta"]["total_count"] == 1
    changed = life.ok("PUT", f"{path}/desk", {"fixed_charge": {"units": "4"}})["fixed_charge"]
    assert changed["units"] == 4.0
    bill = life.invoice_due(name)
    fees = {fee["item"]["type"]: fee["amount_cents"] for fee in bill["fees"]}
    assert fees == {"subscription": 3100, "fixed_charge": 1000}
    listed = life.ok("GET", f"/fees?external_customer_id={name}&fee_type=fixed_charge")
    assert [fee["amount_cents"] for fee in listed["fees"]] == [1000]
    update = {"fixed_charge": {"units": "5", "properties": {"amount": "3"}}}
    life.ok("PUT", "/plans/seats/fixed_charges/desk", update)
    assert life.ok("GET", f"{path}/desk")["fixed_charge"]["units"] == 5.0
    life.ok("DELETE", "/plans/seats/fixed_charges/desk")
    assert life.ok("GET", "/plans/seats/fixed_charges")["fixed_charges"] == []


def test_charges_are_changed_one_by_one(life: Life) -> None:
    metric = {"name": "Jobs", "code": "jobs", "aggregation_type": "count_agg"}
    made = life.ok("POST", "/billable_metrics", {"billable_metric": metric})["billable_metric"]
    charge = {
        "billable_metric_id": made["lago_id"],
        "charge_model": "standard",
        "properties": {"amount": "1"},
        "code": "by-job",
    }
    life.ok("POST", "/plans/big/charges", {"charge": charge})
    path = "/plans/big/charges/by-job"
    dearer = {"charge": {"properties": {"amount": "1.5"}, "invoice_display_name": "Jobs done"}}
    changed = life.ok("PUT", path, dearer)["charge"]
    assert (changed["properties"], changed["code"]) == ({"amount": "1.5"}, "by-job")
    assert life.ok("GET", path)["charge"] == changed
    assert life.ok("GET", "/plans/big/charges")["meta"]["total_count"] == 1
    assert life.ok("DELETE", path)["charge"]["code"] == "by-job"
    unique = {**metric, "code": "users", "aggregation_type": "unique_count_agg", "field_name": "u"}
    users = life.ok("POST", "/billable_metrics", {"billable_metric": unique})["billable_metric"]
    fee = {
        "billable_metric_id": users["lago_id"],
        "charge_model": "percentage",
        "properties": {"rate": "1", "fixed_amount": "0.3"},
    }
    assert life.refused("POST", "/plans/big/charges", {"charge": fee})[1] == {
        "properties": {"fixed_amount": ["not_supported"]}
    }


def test_usage_is_estimated_projected_and_kept_for_life(life: Life) -> None:
    name = customer(life, "user")
    subscription(life, name, "small", subscription_at=days_ago(3))
    event = {
        "transaction_id": "u1",
        "external_subscription_id": name,
        "code": "calls",
        "properties": {"n": "1000"},
    }
    (fee,) = life.ok("POST", "/events/estimate_instant_fees", {"event": event})["fees"]
    assert (fee["amount_cents"], fee["units"]) == (750, "1000.0")
    assert life.ok("POST", "/events/estimate_fees", {"event": event}) == {"fees": []}
    batch = life.ok("POST", "/events/batch_estimate_instant_fees", {"events": [event, event]})
    assert len(batch["fees"]) == 2
    life.ok("POST", "/events", {"event": event})
    query = f"?external_subscription_id={name}"
    used = life.ok("GET", f"/customers/{name}/current_usage{query}")["customer_usage"]
    assert used["amount_cents"] == 750
    coming = life.ok("GET", f"/customers/{name}/projected_usage{query}")
    assert coming["customer_projected_usage"]["projected_amount_cents"] > 750
    path = f"/subscriptions/{name}/lifetime_usage"
    told = {"lifetime_usage": {"external_historical_usage_amount_cents": 900}}
    whole = life.ok("PUT", path, told)["lifetime_usage"]
    assert whole["current_usage_amount_cents"] == 750
    assert life.ok("GET", path)["lifetime_usage"]["external_historical_usage_amount_cents"] == 900
    assert life.ok("GET", f"/subscriptions/{name}/charges")["charges"][0]["code"] == "calls"
    assert life.ok("GET", f"/subscriptions/{name}/charges/calls")["charge"]
    assert life.ok("GET", "/events?code=calls")["events"]


def test_what_the_company_is_told_and_where_customers_go(life: Life) -> None:
    name = customer(life, "walker")
    (entity,) = life.ok("GET", "/billing_entities")["billing_entities"]
    assert entity["code"] == life.code
    assert life.ok("GET", f"/billing_entities/{life.code}")["billing_entity"]["taxes"] == []
    same = {"default_currency": entity["default_currency"]}
    life.ok("PUT", f"/billing_entities/{life.code}", {"billing_entity": same})
    other = {"billing_entity": {"legal_name": "Mine"}}
    assert life.refused("PUT", f"/billing_entities/{life.code}", other)[1] == {
        "legal_name": ["not_supported"]
    }
    told = {"organization": {"webhook_url": "https://life.example.com/hook"}}
    assert life.ok("PUT", "/organizations", told)["organization"]["webhook_url"].startswith("https")
    portal = life.ok("GET", f"/customers/{name}/portal_url")["customer"]["portal_url"]
    assert portal.startswith("http")
    assert life.ok("GET", f"/customers/{name}/payment_methods")["payment_methods"] == []
    for figures in ("gross_revenue", "invoice_collection", "overdue_balance", "mrr"):
        assert life.ok("GET", f"/analytics/{figures}?months=3")
    assert life.ok("GET", "/analytics/invoiced_usage")
    assert life.ok("GET", "/webhooks/public_key").startswith("LS0t")


def test_a_list_of_an_unknown_customer_is_empty_and_its_path_is_unknown(life: Life) -> None:
    """A filter that nobody meets must never list what is everybody's."""
    for name in (
        "applied_coupons",
        "credit_notes",
        "invoices",
        "payment_requests",
        "payments",
        "subscriptions",
        "wallets",
    ):
        listed = life.ok("GET", f"/{name}?external_customer_id=nobody")
        assert (listed[name], listed["meta"]["total_count"]) == ([], 0)
        assert life.refused("GET", f"/customers/nobody/{name}") == (404, "customer_not_found")


def test_a_blank_invoice_id_is_an_unknown_one(life: Life) -> None:
    """A control character is stripped from a query: what is left is no id, and no fault."""
    for query in ("invoice_id=%1E", "invoice_id=%20"):
        assert life.refused("GET", f"/payments?{query}") == (404, "invoice_not_found")


def test_overdue_invoices_are_asked_for_together(life: Life) -> None:
    name = customer(life, "late", net_payment_term=0)
    told = {"external_customer_id": name, "fees": [{"add_on_code": "setup"}]}
    bill = life.ok("POST", "/invoices", {"invoice": told})["invoice"]
    assert (bill["net_payment_term"], bill["payment_overdue"]) == (0, False)
    asked = {
        "external_customer_id": name,
        "email": "late@example.ca",
        "lago_invoice_ids": [bill["lago_id"]],
    }
    assert life.refused("POST", "/payment_requests", {"payment_request": asked})[0] == 422
    (move,) = life.api.odoo.execute("account.move", "search", [("name", "=", bill["number"])])
    past = (today() - timedelta(days=9)).isoformat()
    life.api.odoo.execute("account.move", "button_draft", [move])
    life.api.odoo.execute(
        "account.move",
        "write",
        [move],
        {"invoice_date": past, "invoice_payment_term_id": False, "invoice_date_due": past},
    )
    life.api.odoo.execute("account.move", "action_post", [move])
    request = life.ok("POST", "/payment_requests", {"payment_request": asked})["payment_request"]
    assert (request["amount_cents"], request["payment_status"]) == (5650, "pending")
    assert life.ok("GET", f"/payment_requests/{request['lago_id']}")["payment_request"] == request
    assert life.ok("GET", f"/customers/{name}/payment_requests")["meta"]["total_count"] == 1
    lost = life.ok("POST", f"/invoices/{bill['lago_id']}/lose_dispute")["invoice"]
    assert lost["payment_dispute_lost_at"]
    assert life.refused("POST", f"/invoices/{bill['lago_id']}/retry_payment")[0] == 422


def test_each_answer_holds_what_an_app_relies_on(life: Life) -> None:
    assert len(life.api.told) > 100
    assert not sorted(set(faults(life.api.told)))


def told(life: Life) -> dict[str, list[dict]]:
    """Return the messages to the service's endpoint by their type."""
    rows = life.api.odoo.execute(
        "fusion.billing.webhook",
        "search_read",
        [("service_id.code", "=", life.code)],
        ["event_type", "body"],
        0,
        0,
        "id",
    )
    messages: dict[str, list[dict]] = {}
    for row in rows:
        messages.setdefault(row["event_type"], []).append(json.loads(row["body"]))
    return messages


def test_all_of_it_is_told(life: Life) -> None:
    """What the tests above did; and each message holds the object of its type."""
    name = customer(life, "hooked")
    subscription(life, name, "seats", subscription_at=days_ago(-9))
    life.ok("DELETE", f"/subscriptions/{name}?status=pending")
    life.ok("DELETE", "/billable_metrics/jobs")
    plan = {"name": "Gone", "code": "gone", "interval": "weekly", "amount_cents": 1}
    life.ok("POST", "/plans", {"plan": {**plan, "amount_currency": "CAD"}})
    life.ok("PUT", "/plans/gone", {"plan": {"description": "soon"}})
    life.ok("DELETE", "/plans/gone")
    messages = told(life)
    assert {
        "billable_metric.created",
        "billable_metric.deleted",
        "credit_note.created",
        "customer.created",
        "invoice.created",
        "invoice.one_off_created",
        "invoice.paid_credit_added",
        "invoice.payment_dispute_lost",
        "invoice.payment_overdue",
        "invoice.payment_status_updated",
        "invoice.voided",
        "payment_request.created",
        "plan.created",
        "plan.deleted",
        "plan.updated",
        "subscription.canceled",
        "subscription.started",
        "subscription.terminated",
        "wallet.depleted_ongoing_balance",
        "wallet_transaction.created",
        "wallet_transaction.updated",
    } <= messages.keys()
    for event_type, bodies in messages.items():
        for body in bodies:
            assert body["webhook_type"] == event_type
            assert isinstance(body[body["object_type"]], dict)
    assert not sorted(set(faults([body for bodies in messages.values() for body in bodies])))
    if kept := os.environ.get("API_WEBHOOKS"):
        lines = [
            json.dumps({"event_type": event_type, "body": body})
            for event_type, bodies in messages.items()
            for body in bodies
        ]
        Path(kept).write_text("\n".join(lines), encoding="utf-8")

"""The money of a live customer, from the first call to the last: taxes, invoices and credits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.api.life import (
    Life,
    check_answers,
    check_told,
    customer,
    days_ago,
    subscription,
    today,
)


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


@pytest.mark.parametrize("kind", ["percentage", "fixed_amount"])
def test_an_upgrade_gives_back_what_was_paid_after_coupons(life: Life, kind: str) -> None:
    """Of 31.00 less 10.00, or the half, the unused days come back; the dearer plan is lowered."""
    name = customer(life, f"rises-{kind}")
    worth = {"percentage_rate": "50"} if kind == "percentage" else {"amount_cents": 1000}
    coupon = {"name": kind, "code": f"rise-{kind}", "coupon_type": kind, "frequency": "forever"}
    terms = {"expiration": "no_expiration", "amount_currency": "CAD", **worth}
    life.ok("POST", "/coupons", {"coupon": {**coupon, **terms}})
    given = {"external_customer_id": name, "coupon_code": f"rise-{kind}"}
    life.ok("POST", "/applied_coupons", {"applied_coupon": given})
    subscription(life, name, "seats", subscription_at=days_ago(10))
    life.told_then(name)
    paid = life.invoice_due(name)
    off = 1550 if kind == "percentage" else 1000
    assert (paid["fees_amount_cents"], paid["coupons_amount_cents"]) == (3100, off)
    anchor = date.fromisoformat(life.order(name)["start_date"])
    until = date.fromisoformat(life.order(name)["next_invoice_date"])
    subscription(life, name, "big")
    begun = date.fromisoformat(life.order(name)["start_date"])
    whole, unused = (until - anchor).days, (until - begun).days
    (note,) = life.ok("GET", f"/credit_notes?external_customer_id={name}")["credit_notes"]
    assert note["sub_total_excluding_taxes_amount_cents"] == round((3100 - off) * unused / whole)
    bill = life.invoice_due(name)
    fees = round(6200 * unused / whole)
    assert bill["fees_amount_cents"] == fees
    assert bill["coupons_amount_cents"] == ((fees + 1) // 2 if kind == "percentage" else 1000)
    assert bill["credit_notes_amount_cents"] == note["total_amount_cents"]


def test_an_amount_is_taken_off_once_of_what_is_due_on_a_day(life: Life) -> None:
    """Odoo invoices each subscription by itself, Lago those of a day together."""
    plan = {"name": "Week", "code": "week", "interval": "weekly", "amount_cents": 700}
    life.ok("POST", "/plans", {"plan": {**plan, "amount_currency": "CAD", "pay_in_advance": True}})
    name = customer(life, "twofold")
    coupon = {"name": "Ten", "code": "ten-off", "coupon_type": "fixed_amount"}
    terms = {"amount_cents": 1000, "amount_currency": "CAD", "expiration": "no_expiration"}
    often = {"frequency": "recurring", "frequency_duration": 2}
    life.ok("POST", "/coupons", {"coupon": {**coupon, **terms, **often}})
    given = {"external_customer_id": name, "coupon_code": "ten-off"}
    life.ok("POST", "/applied_coupons", {"applied_coupon": given})
    for number in range(2):
        ids = {"external_id": f"twofold-{number}", "subscription_at": days_ago(7)}
        subscription(life, name, "week", **ids)
    life.invoice_due("twofold-0")
    bills = life.ok("GET", f"/invoices?external_customer_id={name}")["invoices"]
    assert sorted(bill["coupons_amount_cents"] for bill in bills) == [300, 700]
    path = f"/applied_coupons?external_customer_id={name}"
    (held,) = life.ok("GET", path)["applied_coupons"]
    assert (held["status"], held["frequency_duration_remaining"]) == ("active", 1)


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
    check_answers(life)


def test_all_of_it_is_told(life: Life) -> None:
    """What the tests above did."""
    check_told(
        life,
        {
            "billable_metric.created",
            "credit_note.created",
            "customer.created",
            "invoice.created",
            "invoice.one_off_created",
            "invoice.payment_dispute_lost",
            "invoice.payment_overdue",
            "invoice.payment_status_updated",
            "invoice.voided",
            "payment_request.created",
            "plan.created",
        },
    )

"""The subscriptions of a live customer, from the first call to the last, and what they use."""

from __future__ import annotations

from datetime import UTC, date, datetime

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


def test_an_upgrade_keeps_the_anniversary_and_credits_what_is_left(life: Life) -> None:
    name = customer(life, "riser")
    first = subscription(life, name, "seats", subscription_at=days_ago(10))
    life.told_then(name)
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
    life.told_then(name)
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
    # The units were agreed for it, the price was not.
    found = life.ok("GET", f"{path}/desk")["fixed_charge"]
    assert (found["units"], found["properties"]) == (4.0, {"amount": "3.0"})
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


def test_each_answer_holds_what_an_app_relies_on(life: Life) -> None:
    check_answers(life)


def test_all_of_it_is_told(life: Life) -> None:
    """What the tests above did, and what is done here."""
    name = customer(life, "hooked")
    subscription(life, name, "seats", subscription_at=days_ago(-9))
    life.ok("DELETE", f"/subscriptions/{name}?status=pending")
    life.ok("DELETE", "/billable_metrics/jobs")
    plan = {"name": "Gone", "code": "gone", "interval": "weekly", "amount_cents": 1}
    life.ok("POST", "/plans", {"plan": {**plan, "amount_currency": "CAD"}})
    life.ok("PUT", "/plans/gone", {"plan": {"description": "soon"}})
    life.ok("DELETE", "/plans/gone")
    check_told(
        life,
        {
            "billable_metric.created",
            "billable_metric.deleted",
            "credit_note.created",
            "customer.created",
            "invoice.created",
            "plan.created",
            "plan.deleted",
            "plan.updated",
            "subscription.canceled",
            "subscription.started",
            "subscription.terminated",
        },
    )

"""A live service: what the API makes is billed by Odoo, and told back as invoices and fees."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from tests.api.life import told_then


@pytest.fixture(scope="module")
def live(api):
    """A service that is live, with a subscription whose first month was billed."""
    service = api.odoo.execute(
        "fusion.billing.service", "create", {"name": "Live", "code": "live", "phase": "live"}
    )
    key = api.odoo.execute("fusion.billing.service", "issue_api_key", [service], "tests")
    live = replace(api, key=key)
    metric = live.made(
        "/billable_metrics",
        "billable_metric",
        name="Calls",
        code="calls",
        aggregation_type="sum_agg",
        field_name="n",
    )
    charge = {
        "billable_metric_id": metric["lago_id"],
        "charge_model": "standard",
        "properties": {"amount": "0.0075"},
    }
    live.made(
        "/plans",
        "plan",
        name="Live",
        code="live",
        interval="monthly",
        amount_cents=2000,
        amount_currency="CAD",
        pay_in_advance=True,
        charges=[charge],
    )
    live.made("/customers", "customer", external_id="c", name="Zoé", country="CA", state="ON")
    now = datetime.now(UTC).replace(microsecond=0)
    started = now - timedelta(days=45)
    live.made(
        "/subscriptions",
        "subscription",
        external_customer_id="c",
        external_id="s",
        plan_code="live",
        billing_time="anniversary",
        subscription_at=started.isoformat(),
    )
    told_then(live, "s", "live")
    sent = {"transaction_id": "1", "external_subscription_id": "s", "code": "calls"}
    at = str(int((started + timedelta(days=3)).timestamp()))
    live.made("/events", "event", **sent, timestamp=at, properties={"n": "1000"})
    window = [(started - timedelta(days=2)).isoformat(), now.isoformat()]
    rated = api.odoo.execute("fusion.billing.import.wizard", "rate_usage", "live", *window)
    assert (rated["billed"], rated["failed"]) == (1, 0), rated
    return live


def invoice(api) -> None:
    """Invoice the live service's order as a person would."""
    (order,) = api.odoo.execute("sale.order", "search", [("x_fc_service_id.code", "=", "live")])
    context = {"active_model": "sale.order", "active_ids": [order], "active_id": order}
    values = {"advance_payment_method": "delivered"}
    model = "sale.advance.payment.inv"
    wizard = api.odoo.execute_kw(model, "create", [values], {"context": context})
    api.odoo.execute_kw(model, "create_invoices", [[wizard]], {"context": context})
    (draft,) = api.odoo.execute("account.move", "search", [("state", "=", "draft")])
    api.odoo.execute("account.move", "action_post", [draft])


def test_invoices_and_fees_are_those_of_odoo(api, live) -> None:
    (rated,) = live.call("GET", "/fees")[1]["fees"]
    assert (rated["amount_cents"], rated["units"], rated["lago_invoice_id"]) == (
        750,
        "1000.0",
        None,
    )
    invoice(api)
    (listed,) = live.call("GET", "/invoices?external_customer_id=c")[1]["invoices"]
    figures = ("fees_amount_cents", "taxes_amount_cents", "total_amount_cents")
    assert [listed[name] for name in figures] == [2750, 358, 3108]
    assert (listed["status"], listed["payment_status"]) == ("finalized", "pending")
    assert live.call("GET", "/customers/c/invoices")[1]["invoices"] == [listed]

    found = live.call("GET", f"/invoices/{listed['lago_id']}")[1]["invoice"]
    assert found["number"] == listed["number"]
    assert {fee["item"]["type"]: fee["amount_cents"] for fee in found["fees"]} == {
        "charge": 750,
        "subscription": 2000,
    }
    assert [one["external_id"] for one in found["subscriptions"]] == ["s"]
    fees = live.call("GET", "/fees")[1]["fees"]
    assert {fee["lago_id"] for fee in fees} == {fee["lago_id"] for fee in found["fees"]}
    assert {fee["lago_invoice_id"] for fee in fees} == {listed["lago_id"]}
    (again,) = [fee for fee in fees if fee["item"]["type"] == "charge"]
    assert again["lago_id"] == rated["lago_id"]
    assert live.call("GET", f"/fees/{again['lago_id']}")[1]["fee"] == again
    status, body = live.call("POST", f"/invoices/{listed['lago_id']}/download")
    assert (status, "report_type=pdf" in body["invoice"]["file_url"]) == (200, True)

    # Another service does not see them, nor that they are there.
    for path in (f"/invoices/{listed['lago_id']}", f"/fees/{again['lago_id']}"):
        status, body = api.call("GET", path)
        assert (status, body["error"]) == (404, "Not Found")
    assert api.call("GET", "/invoices")[1]["invoices"] == []

    past = live.call("GET", "/customers/c/past_usage?external_subscription_id=s")[1]
    assert [period["amount_cents"] for period in past["usage_periods"]] == [750]


def test_charges_of_a_plan_that_is_changed_during_a_cutover_still_charge(api, live) -> None:
    """Some of its customers are live: what they use must not become free."""
    service = api.service("live")
    (charge,) = live.call("GET", "/plans/live")[1]["plan"]["charges"]
    sent = {
        "billable_metric_id": charge["lago_billable_metric_id"],
        "charge_model": "standard",
        "properties": {"amount": "0.01"},
    }
    _move(api, service, "cutover")
    try:
        status, _body = live.call("PUT", "/plans/live", {"plan": {"charges": [sent]}})
    finally:
        _move(api, service, "live")
    domain = [("service_id", "=", service)]
    (stored,) = api.odoo.execute("fusion.billing.charge", "search_read", domain, ["plan_id"])
    assert (status, bool(stored["plan_id"])) == (200, True)


def _move(api, service: int, phase: str) -> None:
    """Set the phase as only a cutover does."""
    statement = "UPDATE fusion_billing_service SET phase = %s WHERE id = %s"
    dsn = api.scratch.odoo.cluster.dsn(api.database)
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement, (phase, service))


def test_ending_a_live_subscription_closes_its_order(live) -> None:
    status, body = live.call("DELETE", "/subscriptions/s")
    assert (status, body["subscription"]["status"]) == (200, "terminated")
    (order,) = live.odoo.execute(
        "sale.order",
        "search_read",
        [("x_fc_service_id.code", "=", "live")],
        ["state", "subscription_state"],
    )
    assert (order["state"], order["subscription_state"]) == ("sale", "6_churn")


def test_invoices_of_calendar_months_name_the_month_that_they_bill(api, live) -> None:
    ids = {"external_customer_id": "c", "external_id": "calendar", "plan_code": "live"}
    begins = {"billing_time": "calendar", "subscription_at": "2026-01-14T12:00:00Z"}
    live.made("/subscriptions", "subscription", **ids, **begins)
    domain = [("x_fc_external_id", "=", "calendar")]
    (order,) = api.odoo.execute("sale.order", "search_read", domain, ["next_invoice_date"])
    api.odoo.execute("sale.order", "invoice_due", order["next_invoice_date"])
    (line,) = api.odoo.execute(
        "account.move.line",
        "search_read",
        [("sale_line_ids.order_id", "=", order["id"]), ("display_type", "=", "product")],
        ["x_fc_period_start", "x_fc_period_end"],
    )
    # In UTC: the first hours of two first days of months in Toronto.
    assert line["x_fc_period_start"][8:10] == line["x_fc_period_end"][8:10] == "01"


def test_no_period_of_a_live_subscription_is_billed_twice_or_never(api, live) -> None:
    live.made(
        "/plans",
        "plan",
        name="Dear",
        code="dear",
        interval="monthly",
        amount_cents=5000,
        amount_currency="CAD",
        pay_in_advance=True,
    )
    ids = {"external_customer_id": "c", "external_id": "ahead", "billing_time": "anniversary"}

    def order_on(plan: str) -> dict:
        live.made("/subscriptions", "subscription", **ids, plan_code=plan)
        domain = [("x_fc_external_id", "=like", "ahead%")]
        fields = ["start_date", "next_invoice_date"]
        found = api.odoo.execute("sale.order", "search_read", domain, fields, 0, 1, "id desc")
        return found[0]

    first = order_on("live")
    assert first["next_invoice_date"] == first["start_date"]
    api.odoo.execute("sale.order", "invoice_due", first["start_date"])
    (billed,) = api.odoo.execute("sale.order", "read", [first["id"]], ["next_invoice_date"])
    assert billed["next_invoice_date"] > first["start_date"]
    # The day of the change is the new plan's; what was paid ahead of it and later is credited.
    dearer = order_on("dear")
    assert dearer["id"] != first["id"]
    assert dearer["next_invoice_date"] == dearer["start_date"]
    notes = live.call("GET", "/credit_notes")[1]["credit_notes"]
    (note,) = [
        each
        for each in notes
        if each["items"][0]["fee"]["external_subscription_id"] == ids["external_id"]
    ]
    assert note["sub_total_excluding_taxes_amount_cents"] == 2000

"""A live service of its own, whose customers lead the life that an app of Lago gives them."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2

from tests.api.contract import faults

COMPANY_ZONE = "America/Toronto"


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
            [
                "state",
                "start_date",
                "next_invoice_date",
                "x_fc_anchor_on",
                "x_fc_trial_ends_on",
                "subscription_state",
            ],
            0,
            1,
            "id desc",
        )
        return found[0]

    def invoice_of(self, name: str, amount_cents: int) -> dict:
        """Invoice a customer once; return the invoice."""
        fee = {"add_on_code": "setup", "unit_amount_cents": amount_cents}
        told = {"external_customer_id": name, "currency": "CAD", "fees": [fee]}
        return self.ok("POST", "/invoices", {"invoice": told})["invoice"]

    def told_then(self, external_id: str) -> None:
        """Let Odoo bill a subscription as if it had been told of it when its period began."""
        told_then(self.api, external_id, self.code)

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


def told_then(api: Any, external_id: str, code: str) -> None:
    """Let Odoo bill a subscription as if it had been told of it when its running period began.

    Args:
        api: An ``Api`` or whatever has its ``database``, ``scratch`` and ``call``.
        external_id: Of a subscription that began on an earlier day.
        code: Of the service.
    """
    found = api.call("GET", f"/subscriptions/{external_id}")[1]["subscription"]
    begun = datetime.fromisoformat(found["current_billing_period_started_at"])
    statement = """
        UPDATE sale_order so SET
            x_fc_usage_from = NULL,
            x_fc_billed_until = day.begun,
            next_invoice_date = CASE WHEN x_fc_arrears THEN next_invoice_date ELSE day.begun END
        FROM (SELECT (%s AT TIME ZONE %s)::date AS begun) day
        WHERE so.x_fc_nexacloud_subscription_id = %s AND so.x_fc_service_id = (
            SELECT id FROM fusion_billing_service WHERE code = %s
        )
    """
    zone = found["customer"]["timezone"] or COMPANY_ZONE
    dsn = api.scratch.odoo.cluster.dsn(api.database)
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement, (begun, zone, external_id, code))


def today() -> date:
    return datetime.now(UTC).date()


def days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).replace(microsecond=0).isoformat()


def new_life(api: Any) -> Life:
    """Make a live service with a tax, a metric, an add-on and three plans."""
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


def check_answers(life: Life, *, at_least: int = 50) -> None:
    """Hold all answers so far against the contract."""
    assert len(life.api.told) > at_least
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


def check_told(life: Life, types: set[str]) -> None:
    """Hold what the service was told against what it did; each message holds its type's object."""
    messages = told(life)
    assert types <= messages.keys()
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
        with Path(kept).open("a", encoding="utf-8") as file:
            file.write("\n".join([*lines, ""]))

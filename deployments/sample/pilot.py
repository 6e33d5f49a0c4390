"""A pilot that Odoo bills for real: ``python -m deployments.sample.pilot subscribe|refuse|pay``.

It shows the loop closing on the local stack. The pilot is a live service of its own in Odoo, with
one of NexaCloud's subscriptions; of the shadow copy nothing is touched, and when the invoice is
paid NexaCloud's database is as it was. Addresses come from the environment of the flows.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import odoorpc
import psycopg2

CODE = "pilot"
_VARIABLES = ("NEXACLOUD_DSN", "ODOO_URL", "ODOO_DB", "ODOO_USER", "ODOO_PASSWORD")
_PLAN = "pilot-monthly"
_CUSTOMER = "pilot-customer"
_RUNNING = """
    SELECT subscription.id::text FROM subscriptions subscription
    JOIN deployments deployment ON deployment.id = subscription.deployment_id
    WHERE deployment.status = 'running' AND deployment.deleted_at IS NULL
      AND subscription.status = 'active'
    ORDER BY subscription.started_at, subscription.id LIMIT 1
"""
_STATUS = """
    SELECT deployment.name, deployment.status FROM deployments deployment
    JOIN subscriptions subscription ON subscription.deployment_id = deployment.id
    WHERE subscription.id::text = %s
"""


def log_in(environment: Mapping[str, str]) -> odoorpc.ODOO:
    """Log in to Odoo with the addresses of the flows' environment."""
    address = urlsplit(environment["ODOO_URL"])
    odoo = odoorpc.ODOO(str(address.hostname), port=address.port or 80)
    odoo.login(environment["ODOO_DB"], environment["ODOO_USER"], environment["ODOO_PASSWORD"])
    return odoo


class Pilot:
    """The pilot's customer, its subscription and its invoices, through Odoo's own doors."""

    def __init__(self) -> None:
        """Log in to Odoo as the stack's administrator."""
        self._url = os.environ["ODOO_URL"]
        self._odoo = log_in(os.environ)

    def subscribe(self) -> str:
        """Subscribe the pilot over the API, as its app would, and post an invoice."""
        order = self._order()
        if not order:
            self._subscribe(self._select(_RUNNING)[0])
            order = self._order()
        if not self._open_invoice(order):
            self._post_invoice(order)
        invoice = self._read("account.move", self._open_invoice(order), "name", "amount_total")
        return f"Invoice {invoice['name']} over {invoice['amount_total']:.2f} is open."

    def refuse(self) -> str:
        """Let the payment of the open invoice be refused, as a provider's notice does."""
        move = self._read(
            "account.move",
            self._open_invoice(self._order()),
            *("name", "amount_residual", "currency_id", "partner_id"),
        )
        count = self._call("payment.transaction", "search_count", [])
        transaction = {
            "provider_id": self._call(
                "payment.provider", "search", [("code", "=", "none")], limit=1
            )[0],
            "payment_method_id": self._call(
                "payment.method", "search", [], limit=1, context={"active_test": False}
            )[0],
            "reference": f"{move['name']}-{count + 1}",
            "amount": move["amount_residual"],
            "currency_id": move["currency_id"][0],
            "partner_id": move["partner_id"][0],
            "invoice_ids": [(6, 0, [move["id"]])],
        }
        made = self._call("payment.transaction", "create", transaction)
        refused = {"state": "error", "state_message": "Your card was declined."}
        self._call("payment.transaction", "write", [made], refused)
        return f"The card for invoice {move['name']} was declined."

    def pay(self) -> str:
        """Register a payment of the open invoice, as an accountant does."""
        move = self._open_invoice(self._order())
        context = {"active_model": "account.move", "active_ids": [move]}
        wizard = self._call("account.payment.register", "create", {}, context=context)
        self._call("account.payment.register", "action_create_payments", [wizard], context=context)
        return f"Invoice {self._read('account.move', move, 'name')['name']} is paid."

    def deployment(self) -> str:
        """Say how the pilot's deployment stands in NexaCloud's database."""
        order = self._read("sale.order", self._order(), "x_fc_nexacloud_subscription_id")
        name, status = self._select(_STATUS, order["x_fc_nexacloud_subscription_id"])
        return f"NexaCloud's deployment {name!r}: {status}."

    def _subscribe(self, subscription_id: str) -> None:
        (service,) = self._call("fusion.billing.service", "search", [("code", "=", CODE)])
        soon = datetime.now(UTC) + timedelta(hours=1)
        key = self._call(
            "fusion.billing.service", "issue_api_key", [service], "pilot", f"{soon:%F %T}"
        )
        plan = {
            "name": "Pilot",
            "code": _PLAN,
            "interval": "monthly",
            "amount_cents": 4900,
            "amount_currency": "CAD",
            "pay_in_advance": True,
            "charges": [],
        }
        if not self._call("fusion.billing.plan", "search_count", [("code", "=", _PLAN)]):
            self._post(key, "plans", {"plan": plan})
        customer = {"external_id": _CUSTOMER, "name": "Pilot", "country": "CA", "state": "ON"}
        self._post(key, "customers", {"customer": customer})
        subscription = {
            "external_customer_id": _CUSTOMER,
            "external_id": subscription_id,
            "plan_code": _PLAN,
        }
        self._post(key, "subscriptions", {"subscription": subscription})

    def _post(self, key: str, path: str, body: dict[str, Any]) -> None:
        request = urllib.request.Request(  # noqa: S310 (the stack's own Odoo)
            f"{self._url}/api/v1/{path}",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path}: HTTP {error.code} {error.read().decode()}") from None

    def _post_invoice(self, order: int) -> None:
        """Invoice what is not invoiced yet; if that is nothing, one more month is.

        Odoo Enterprise adds each month by itself; Community does not.
        """
        lines = self._call(
            "sale.order.line",
            "search_read",
            [("order_id", "=", order)],
            ["qty_to_invoice", "product_uom_qty", "qty_delivered"],
        )
        if not any(line["qty_to_invoice"] for line in lines):
            more = {name: lines[0][name] + 1 for name in ("product_uom_qty", "qty_delivered")}
            self._call("sale.order.line", "write", [lines[0]["id"]], more)
        context = {"active_model": "sale.order", "active_ids": [order], "active_id": order}
        wizard = self._call("sale.advance.payment.inv", "create", {}, context=context)
        self._call("sale.advance.payment.inv", "create_invoices", [wizard], context=context)
        drafts = self._invoices(order, ("state", "=", "draft"))
        self._call("account.move", "action_post", drafts)

    def _order(self) -> int:
        """Return the pilot's running order, or 0."""
        domain = [("x_fc_service_id.code", "=", CODE), ("state", "=", "sale")]
        found = self._call("sale.order", "search", domain, limit=1)
        return int(found[0]) if found else 0

    def _open_invoice(self, order: int) -> int:
        """Return the oldest invoice that is not paid, or 0."""
        unpaid = ("payment_state", "in", ["not_paid", "partial"])
        found = self._invoices(order, ("state", "=", "posted"), unpaid)
        return int(found[0]) if found else 0

    def _invoices(self, order: int, *domain: tuple[str, str, Any]) -> list[int]:
        ours = ("invoice_line_ids.sale_line_ids.order_id", "=", order)
        found: list[int] = self._call("account.move", "search", [ours, *domain], order="id")
        return found

    def _read(self, model: str, record: int, *fields: str) -> dict[str, Any]:
        if not record:
            raise SystemExit("There is nothing open: python -m deployments.sample.pilot subscribe")
        (values,) = self._call(model, "read", [record], list(fields))
        return dict(values)

    def _call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._odoo.execute_kw(model, method, list(args), kwargs)

    @staticmethod
    def _select(query: str, *values: str) -> tuple[Any, ...]:
        connecting = closing(psycopg2.connect(os.environ["NEXACLOUD_DSN"]))
        with connecting as connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
        if row is None:
            raise SystemExit("NexaCloud's sample has no running deployment of the pilot.")
        return row


def main(arguments: list[str] | None = None) -> int:
    """Do one step and say what it did, and how the deployment stands."""
    parser = argparse.ArgumentParser(prog="python -m deployments.sample.pilot")
    parser.add_argument("step", choices=["subscribe", "refuse", "pay", "deployment"])
    step = parser.parse_args(arguments).step
    if missing := [name for name in _VARIABLES if name not in os.environ]:
        parser.error(f'set {", ".join(missing)}: eval "$(python -m deployments.local env)"')
    pilot = Pilot()
    if step != "deployment":
        print(getattr(pilot, step)())
    print(pilot.deployment())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the tests of the contract share. They run on the stand-in and on a real Enterprise alike."""

import json
from datetime import date
from pathlib import Path
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import TransactionCase

from ..scheduled import run_invoice_action

FACTS = json.loads((Path(__file__).parent / "facts.json").read_text())
TODAY = date(2026, 1, 31)


class ContractCase(TransactionCase):
    """A monthly plan, a recurring product sold at another price than its list price, a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.month = cls.make_plan("month")
        cls.year = cls.make_plan("year")
        cls.product = cls.make_product("Server", recurring_invoice=True)
        cls.extra = cls.make_product("Core-hours", recurring_invoice=False)
        cls.partner = cls.env["res.partner"].create(
            {"name": "Zoé", "email": "zoe@nexa.example", "country_id": cls.env.ref("base.ca").id}
        )

    @classmethod
    def make_plan(cls, unit):
        values = {"auto_close_limit": 90, "billing_first_day": False}
        plans = cls.env["sale.subscription.plan"]
        return plans.create(
            {
                "name": f"Contract {unit}",
                "billing_period_value": 1,
                "billing_period_unit": unit,
                **{name: value for name, value in values.items() if name in plans._fields},
            }
        )

    @classmethod
    def make_product(cls, name, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": 49.0,
                "invoice_policy": "order",
                "taxes_id": [Command.clear()],
                **values,
            }
        )

    def make_order(self, *, price=441.0, start=TODAY, following=None, plan=None, **values):
        """Return a quotation whose price is protected."""
        line = {
            "product_id": self.product.id,
            "product_uom_qty": 1.0,
            "price_unit": price,
            "technical_price_unit": -1.0,
        }
        return self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "plan_id": (plan or self.month).id,
                "start_date": start,
                "next_invoice_date": following or start,
                "require_payment": False,
                "order_line": [Command.create(line)],
                **values,
            }
        )

    def make_running(self, **values):
        order = self.make_order(**values)
        order.action_confirm()
        self.env.flush_all()
        return order

    def run_action(self, day):
        """Run the scheduled action for invoices as on that day."""
        run_invoice_action(self.env, day)

    def invoices(self, order):
        """Return the posted invoices, the oldest first."""
        return order.invoice_ids.filtered(lambda move: move.state == "posted").sorted("id")

    def recurring_lines(self, order):
        return self.invoices(order).invoice_line_ids.filtered(
            lambda line: line.product_id == self.product
        )

    def make_token(self, outcome="done"):
        """Return a token whose charges end as told, without any provider being asked."""
        company = self.env.company
        provider = self.env["payment.provider"].search(
            [("code", "=", "none"), ("company_id", "=", company.id)], limit=1
        )
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
        )
        provider.write({"state": "test", "journal_id": journal.id})
        self.env["account.payment.method.line"].create(
            {
                "payment_method_id": self.env.ref("account.account_payment_method_manual_in").id,
                "payment_provider_id": provider.id,
                "journal_id": journal.id,
            }
        )
        token = self.env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env["payment.method"]
                .with_context(active_test=False)
                .search([], limit=1)
                .id,
                "partner_id": self.partner.id,
                "provider_ref": f"pm_contract_{outcome}",
                "payment_details": "4242",
            }
        )

        def answer(transaction):
            if outcome == "done":
                transaction._set_done()
            else:
                transaction._set_error("Your card was declined.")

        transactions = self.env.registry["payment.transaction"]
        patcher = patch.object(transactions, "_send_payment_request", answer)
        patcher.start()
        self.addCleanup(patcher.stop)
        return token

    def opened(self, action):
        """Return the order that a form action opens."""
        return self.env["sale.order"].browse(action["res_id"])

    def days(self, order):
        return [fields.Date.to_string(day) for day in (order.start_date, order.next_invoice_date)]

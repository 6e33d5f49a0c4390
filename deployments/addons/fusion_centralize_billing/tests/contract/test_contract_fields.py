import inspect

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from . import (
    test_contract_fields,
    test_contract_invoices,
    test_contract_lifecycle,
    test_contract_payments,
    test_contract_prices,
)
from .case import FACTS, TODAY, ContractCase

PLAN = {
    "billing_period_value": "integer",
    "billing_period_unit": "selection",
    "billing_first_day": "boolean",
    "auto_close_limit": "integer",
    "invoice_mail_template_id": "many2one",
    "user_closable": "boolean",
    "user_extend": "boolean",
    "pausable_by_user": "boolean",
}
ORDER = {
    "plan_id": "many2one",
    "is_subscription": "boolean",
    "subscription_state": "selection",
    "start_date": "date",
    "next_invoice_date": "date",
    "end_date": "date",
    "subscription_id": "many2one",
    "payment_token_id": "many2one",
    "payment_exception": "boolean",
}
LINE = {"deferred_start_date": "date", "deferred_end_date": "date", "subscription_id": "many2one"}


@tagged("post_install", "-at_install", "enterprise_contract")
@freeze_time(f"{TODAY} 12:00:00")
class TestContractFields(ContractCase):
    """The contract: what is there, and what an order is before it runs."""

    def types(self, model, wanted):
        known = self.env[model]._fields
        return {name: known[name].type if name in known else None for name in wanted}

    def test_plan_has_its_settings(self):
        self.assertEqual(self.types("sale.subscription.plan", PLAN), PLAN)

    def test_order_has_its_fields(self):
        self.assertEqual(self.types("sale.order", ORDER), ORDER)
        self.assertEqual(self.types("account.move.line", LINE), LINE)
        self.assertTrue(self.env["sale.order"]._fields["plan_id"].store)

    def test_deferred_accounts_are_there(self):
        company = self.env.company
        self.assertTrue(company.deferred_revenue_account_id)
        self.assertTrue(company.deferred_expense_account_id)

    def test_create_makes_a_quotation(self):
        order = self.make_order()
        self.assertEqual((order.state, order.subscription_state), ("draft", "1_draft"))
        self.assertTrue(order.is_subscription)

    def test_confirm_starts_and_keeps_the_days(self):
        order = self.make_running(following=fields.Date.to_date("2026-02-14"))
        self.assertEqual((order.state, order.subscription_state), ("sale", "3_progress"))
        self.assertEqual(self.days(order), ["2026-01-31", "2026-02-14"])
        plain = self.make_order(start=False)
        plain.action_confirm()
        self.assertEqual(self.days(plain), ["2026-01-31", "2026-01-31"])
        self.assertFalse(order.locked)

    def test_next_invoice_not_before_start(self):
        refused = False
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.make_order(following=fields.Date.to_date("2026-01-30"))
                self.env.flush_all()
        except (IntegrityError, ValidationError):
            refused = True
        self.assertTrue(refused)

    def test_every_fact_has_a_test_and_every_test_a_fact(self):
        modules = (
            test_contract_fields,
            test_contract_invoices,
            test_contract_lifecycle,
            test_contract_payments,
            test_contract_prices,
        )
        tests = {
            name.removeprefix("test_")
            for module in modules
            for _name, case in inspect.getmembers(module, inspect.isclass)
            if issubclass(case, ContractCase)
            for name in vars(case)
            if name.startswith("test_") and callable(getattr(case, name))
        }
        itself = self._testMethodName.removeprefix("test_")
        self.assertEqual({fact["fact"] for fact in FACTS}, tests - {itself})
        for fact in FACTS:
            self.assertEqual(set(fact), {"fact", "says", "used", "failure"})

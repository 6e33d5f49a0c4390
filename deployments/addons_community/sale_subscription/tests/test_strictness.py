"""Where the real app's behaviour is open, the stand-in takes the stricter possibility."""

from datetime import date
from unittest.mock import patch

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, freeze_time, tagged
from odoo.tools import mute_logger

TODAY = "2026-01-31 12:00:00"


@tagged("post_install", "-at_install", "stand_in")
@freeze_time(TODAY)
class TestStrictness(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.env["sale.subscription.plan"].create({"name": "Month"})
        cls.year = cls.plan.copy({"billing_period_unit": "year"})
        common = {"type": "service", "list_price": 49.0, "invoice_policy": "order"}
        products = cls.env["product.product"]
        cls.product = products.create({**common, "name": "Server", "recurring_invoice": True})
        cls.usage = products.create({**common, "name": "Core-hours"})
        cls.partner = cls.env["res.partner"].create({"name": "Zoé", "email": "zoe@nexa.example"})

    def make_order(self, **values):
        line = {"product_id": self.product.id, "price_unit": 60.0}
        return self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "plan_id": self.plan.id,
                "start_date": "2025-01-31",
                "next_invoice_date": "2026-01-31",
                "order_line": [Command.create(line)],
                **values,
            }
        )

    def running(self, **values):
        order = self.make_order(**values)
        order.action_confirm()
        return order

    def act(self, day="2026-01-31"):
        with freeze_time(f"{day} 12:00:00"):
            self.env["sale.order"]._cron_recurring_create_invoice()

    def test_database_refuses_states_that_cannot_be(self):
        for state, subscription_state in (("sale", "1_draft"), ("draft", "3_progress")):
            with (
                self.subTest(state),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.make_order().write({"state": state, "subscription_state": subscription_state})
                self.env.flush_all()

    def test_price_that_nobody_protected_is_computed_anew(self):
        for change in ({"product_uom_qty": 2.0}, None):
            order = self.running()
            self.assertEqual(order.order_line.price_unit, 49.0)
            order = self.make_order()
            self.assertEqual(order.order_line.price_unit, 60.0)
            if change:
                order.order_line.write(change)
            else:
                order.plan_id = self.year
            self.env.flush_all()
            self.assertEqual(order.order_line.price_unit, 49.0)

    def test_invoice_of_usage_alone_sets_the_date_back_to_the_start(self):
        order = self.running()
        line = self.env["sale.order.line"].create(
            {"order_id": order.id, "product_id": self.usage.id}
        )
        values = {**order._prepare_invoice()}
        values["invoice_line_ids"] = [Command.create(line._prepare_invoice_line())]
        self.env["account.move"].create(values).action_post()
        self.assertEqual(order.next_invoice_date, date(2025, 1, 31))

    def test_nothing_delivered_is_nothing_billed_and_the_date_moves_on(self):
        self.product.invoice_policy = "delivery"
        order = self.running()
        self.act()
        self.assertFalse(order.invoice_ids)
        self.assertEqual(order.next_invoice_date, date(2026, 2, 28))

    def test_who_has_not_paid_within_the_limit_is_closed(self):
        order = self.running()
        self.act()
        self.act("2026-02-15")
        self.assertEqual(order.subscription_state, "3_progress")
        self.act("2026-02-16")
        self.assertEqual(order.subscription_state, "6_churn")

    def test_invoice_is_mailed_by_the_plan_s_template(self):
        self.plan.invoice_mail_template_id = self.env.ref("account.email_template_edi_invoice")
        order = self.running()
        self.act()
        mail = self.env["mail.mail"].search([("res_id", "=", order.invoice_ids.id)])
        self.assertEqual(mail.recipient_ids, self.partner)

    def test_aligned_plan_bills_the_days_until_the_month_is_over(self):
        self.plan.billing_first_day = True
        order = self.running(next_invoice_date="2026-02-15")
        self.act("2026-02-15")
        line = order.invoice_ids.invoice_line_ids
        self.assertEqual(line.deferred_end_date, date(2026, 2, 28))
        self.assertEqual(line.price_subtotal, 24.5)

    def test_no_accounts_no_invoice_and_no_cancelling_of_what_is_invoiced(self):
        order = self.running()
        company = self.env.company
        account = company.deferred_revenue_account_id
        company.deferred_revenue_account_id = False
        with self.assertRaisesRegex(UserError, "deferred revenue"), self.env.cr.savepoint():
            self.act()
        company.deferred_revenue_account_id = account
        self.act()
        with self.assertRaisesRegex(UserError, "close it"):
            order._action_cancel()

    def test_customers_do_in_the_portal_what_the_plan_lets_them(self):
        steps = {
            "user_closable": "_portal_close",
            "pausable_by_user": "_portal_pause",
            "user_extend": "_portal_extend",
        }
        for option, step in steps.items():
            with self.subTest(option):
                self.plan[option] = False
                with self.assertRaises(AccessError):
                    getattr(self.running(), step)()
                self.plan[option] = True
                getattr(self.running(), step)()

    def test_renewal_has_computed_prices(self):
        order = self.running()
        order.order_line.write({"price_unit": 60.0, "technical_price_unit": -1.0})
        renewal = self.env["sale.order"].browse(order.prepare_renewal_order()["res_id"])
        self.assertEqual(renewal.order_line.price_unit, 49.0)

    def test_failed_charge_stops_the_subscription(self):
        transactions = self.env.registry["payment.transaction"]
        provider = self.env["payment.provider"].search([("code", "=", "none")], limit=1)
        provider.state = "test"
        methods = self.env["payment.method"].with_context(active_test=False)
        token = self.env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": methods.search([], limit=1).id,
                "partner_id": self.partner.id,
                "provider_ref": "pm_refused",
            }
        )
        order = self.running(payment_token_id=token.id)
        refuse = patch.object(
            transactions, "_send_payment_request", lambda one: one._set_error("Declined.")
        )
        with refuse, mute_logger("odoo.addons.payment.models.payment_transaction"):
            self.act()
            self.act("2026-02-28")
        self.assertTrue(order.payment_exception)
        self.assertEqual(order.invoice_ids.mapped("payment_state"), ["not_paid"])

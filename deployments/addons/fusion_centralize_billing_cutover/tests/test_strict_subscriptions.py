"""What went wrong for customers on subscriptions that behave as the real app is known to."""

from datetime import date
from itertools import pairwise
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    make_customer,
    make_order,
    make_plan,
    source_id,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import (
    FEBRUARY,
    NOW,
    make_usage,
)

from .cutover_common import BOUNDARY, CutoverCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestStrictSubscriptions(CutoverCase):
    def live(self, **changes):
        """Switch Ann, who has one order, and return it; nobody is closed for not paying."""
        self.env["sale.subscription.plan"]._fc_own().auto_close_limit = 3650
        order = make_order("ann", **{"price": "441.00", "cycle": "yearly", **changes})
        self.load(make_customer("Ann", [order]))
        self.compare_long_periods()
        until = {order["subscription_id"]: order["period_end"]}
        rows, _answer = self.switch(self.approve("Ann"), "Ann", billed_until=until)
        self.assertEqual(rows["Ann"]["outcome"], "switched", rows["Ann"])
        return self.order("ann")

    def usage_line(self, order, amount=12.5):
        product = self.plan().overage_product_id
        order.sudo().write(
            {
                "order_line": [
                    Command.create(
                        {"product_id": product.id, "product_uom_qty": 1.0, "price_unit": amount}
                    )
                ]
            }
        )
        return order.order_line.filtered(lambda line: line.product_id == product)

    def post_alone(self, line):
        """Post an invoice of one line, as a person can."""
        order = line.order_id
        values = line._prepare_invoice_line()
        move = self.env["account.move"].create(
            {
                **order._prepare_invoice(),
                "invoice_line_ids": [Command.create(values)],
            }
        )
        move.action_post()
        return move

    def test_who_has_not_paid_for_a_month_is_not_closed(self):
        order = self.live(cycle="monthly", price="49.00")
        self.env["sale.subscription.plan"]._fc_set_up()
        self.bill(BOUNDARY)
        self.run_action("2026-03-16")
        self.assertEqual(order.subscription_state, "3_progress")
        self.assertEqual(len(order.invoice_ids), 2)

    def test_invoice_of_usage_alone_bills_no_old_period_again(self):
        order = self.live(started_on="2023-02-14", period_end="2027-02-14")
        self.post_alone(self.usage_line(order))
        self.assertEqual(order.next_invoice_date, date(2027, 2, 14))
        self.assertEqual(self.bill("2026-12-31"), 0)
        self.bill("2027-02-14")
        self.post_alone(self.usage_line(order)[-1])
        self.assertEqual(order.next_invoice_date, date(2028, 2, 14))

    def test_date_before_what_is_billed_is_refused_to_people_and_put_right_for_odoo(self):
        order = self.live(started_on="2023-02-14", period_end="2027-02-14")
        seller = self.env["res.users"].create(
            {
                "name": "Seller",
                "login": "fc-seller",
                "group_ids": [(6, 0, self.env.ref("sales_team.group_sale_manager").ids)],
            }
        )
        with self.assertRaisesRegex(UserError, "2027-02-14"):
            order.with_user(seller).next_invoice_date = "2026-02-14"
        order.sudo().next_invoice_date = order.start_date
        self.assertEqual(order.next_invoice_date, date(2027, 2, 14))
        self.env.flush_all()

    def test_credited_period_can_be_billed_anew(self):
        order = self.live(cycle="monthly", price="49.00")
        self.bill(BOUNDARY)
        self.assertEqual(order.x_fc_billed_until, date(2026, 3, 14))
        refund = order.invoice_ids._reverse_moves([{"invoice_date": "2026-02-20"}])
        refund.action_post()
        self.assertEqual(order.x_fc_billed_until, date(2026, 2, 14))
        self.assertEqual(order.next_invoice_date, date(2026, 3, 14))
        order.sudo().next_invoice_date = "2026-02-14"
        self.assertEqual(order.next_invoice_date, date(2026, 2, 14))

    def test_agreed_price_survives_quantity_plan_and_confirmation(self):
        order = self.live(price="441.00", period_end="2026-03-14")
        line = order.order_line
        line.product_uom_qty = 2.0
        self.env.flush_all()
        self.assertEqual(line.price_unit, 441.0)
        order.plan_id = self.env.ref("fusion_centralize_billing.subscription_plan_monthly")
        self.env.flush_all()
        self.assertEqual(line.price_unit, 441.0)
        line.price_unit = 60.0
        line.product_uom_qty = 3.0
        self.env.flush_all()
        self.assertEqual(line.price_unit, 60.0)

    def test_lost_protection_of_a_price_is_put_back_by_the_next_load(self):
        line = self.order().order_line
        line.with_context(sale_write_from_compute=True).technical_price_unit = 49.0
        self.env.flush_all()
        customer = make_customer(orders=[make_order()])
        row = self.load(customer, full_compare=True)["order", source_id("deployment web")]
        self.assertEqual((row["outcome"], row["code"]), ("updated", "drift"))
        self.assertEqual(line.technical_price_unit, -1.0)

    def test_switch_refuses_who_is_confirmed_at_another_price(self):
        orders = self.env.registry["sale.order"]
        confirm = orders.action_confirm

        def cheaper(self):
            done = confirm(self)
            self.order_line.price_unit = 1.0
            return done

        cutover = self.approve("Zoé")
        with patch.object(orders, "action_confirm", cheaper):
            rows, _answer = self.switch(cutover, "Zoé")
        self.assertEqual(rows["Zoé"]["outcome"], "failed")
        self.assertIn("Unit Price of line 1 1.0 instead of 49.0", rows["Zoé"]["message"])
        self.assertEqual(self.order().state, "draft")

    def test_row_that_starts_after_its_period_fails_alone_and_says_why(self):
        late = make_order("late", started_on="2026-03-01", period_end="2026-02-14")
        answer = self.load(make_customer("Ann", [late, make_order("fine")]))
        row = answer["order", source_id("deployment late")]
        self.assertEqual((row["outcome"], row["code"]), ("failed", "period_invalid"))
        self.assertIn("starts on 2026-03-01, after its period's end", row["message"])
        self.assertEqual(answer["order", source_id("deployment fine")]["outcome"], "created")

    def test_products_are_billed_by_what_was_ordered_whatever_the_company_says(self):
        defaults = self.env["ir.default"]
        defaults.set("product.template", "invoice_policy", "delivery")
        self.load(plans=[make_plan("other", name="Other")])
        plan = self.plan("other")
        products = plan.flat_product_id | plan.overage_product_id
        self.assertEqual(set(products.mapped("invoice_policy")), {"order"})

    def test_periods_of_the_31st_neither_drift_nor_leave_days_out(self):
        order = self.live(
            cycle="monthly", price="49.00", started_on="2025-01-31", period_end="2026-01-31"
        )
        self.assertEqual(self.bill("2026-06-30"), 6)
        lines = order.invoice_ids.invoice_line_ids.sorted("deferred_start_date")
        starts = [str(day) for day in lines.mapped("deferred_start_date")]
        self.assertEqual(
            starts,
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"],
        )
        for before, after in pairwise(lines):
            self.assertEqual((after.deferred_start_date - before.deferred_end_date).days, 1)
        self.assertEqual(order.next_invoice_date, date(2026, 7, 31))

    def test_renewal_is_the_same_subscription_at_the_same_price(self):
        order = self.live(
            cycle="monthly", price="60.00", started_on="2025-01-31", period_end="2026-01-31"
        )
        self.bill("2026-01-31")
        key = order.x_fc_external_id
        renewal = self.env["sale.order"].browse(order.prepare_renewal_order()["res_id"])
        self.assertEqual(renewal.order_line.price_unit, 60.0)
        renewal.action_confirm()
        self.env.flush_all()
        self.assertEqual(order.subscription_state, "5_renewed")
        self.assertEqual(renewal.x_fc_external_id, key)
        self.assertEqual(order.x_fc_external_id, f"{key}/1")
        for name in ("x_fc_service_id", "x_fc_account_link_id", "x_fc_nexacloud_plan_id"):
            self.assertEqual(renewal[name], order[name])
        self.assertEqual(renewal._fc_public_id(), order._fc_public_id())
        self.assertEqual(self.bill("2026-04-30"), 3)
        lines = (order | renewal).invoice_ids.invoice_line_ids.sorted("deferred_start_date")
        self.assertEqual(
            [str(day) for day in lines.mapped("deferred_start_date")],
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"],
        )
        self.assertEqual(set(lines.mapped("price_subtotal")), {60.0})

    def invoice_usage(self):
        with self.uncommitted():
            self.env["sale.order"]._cron_invoice_usage()
        self.env.flush_all()
        self.env.invalidate_all()

    def meter_february(self, quantity="765000"):
        """Load and rate usage of Ann's for the month from 14 February on; 0.84375 are due."""
        self.meter(make_usage(quantity, name="ann", period=FEBRUARY))
        self.rate(("2026-02-01T00:00:00Z", "2026-03-10T00:00:00Z"))

    def test_usage_of_a_yearly_order_is_invoiced_monthly_without_the_next_year(self):
        order = self.live(started_on="2025-02-14", period_end="2026-02-14")
        self.bill(BOUNDARY)
        with freeze_time("2026-03-20 12:00:00"):
            self.meter_february()
            self.assertFalse(self.bill("2026-03-20"))
            self.invoice_usage()
            self.invoice_usage()
        self.env.flush_all()
        year, usage = order.invoice_ids.sorted("id")
        self.assertEqual((year.amount_untaxed, usage.amount_untaxed), (441.0, 0.84))
        self.assertEqual((usage.state, len(usage.invoice_line_ids)), ("posted", 1))
        self.assertTrue(usage.sending_data)
        self.assertEqual(order.next_invoice_date, date(2027, 2, 14))

    def test_usage_of_a_monthly_order_waits_for_its_next_invoice(self):
        order = self.live(cycle="monthly", price="49.00")
        self.bill(BOUNDARY)
        with freeze_time("2026-03-14 12:00:00"):
            self.meter_february()
            self.invoice_usage()
        self.assertEqual(self.bill("2026-03-14"), 1)
        self.assertEqual(order.invoice_ids.sorted("id")[-1].amount_untaxed, 49.84)

    def test_last_usage_of_a_closed_order_is_invoiced(self):
        order = self.live(cycle="monthly", price="49.00")
        self.bill(BOUNDARY)
        with freeze_time("2026-03-10 12:00:00"):
            order.set_close()
        with freeze_time("2026-03-20 12:00:00"):
            self.meter_february()
            self.invoice_usage()
        self.assertEqual(order.invoice_ids.sorted("id")[-1].amount_untaxed, 0.84)
        self.assertEqual(order.x_fc_terminated_at.isoformat(), "2026-03-10T12:00:00")

    def test_usage_around_a_renewal_is_billed_once_each_by_its_own_order(self):
        order = self.live(cycle="monthly", price="49.00")
        self.bill(BOUNDARY)
        renewal = self.env["sale.order"].browse(order.prepare_renewal_order()["res_id"])
        renewal.action_confirm()
        march = ("2026-03-14T04:00:00Z", "2026-04-14T04:00:00Z")
        window = ("2026-02-01T00:00:00Z", "2026-04-10T00:00:00Z")
        with freeze_time("2026-04-20 12:00:00"):
            rows = [make_usage("765000", "ann", FEBRUARY), make_usage("765000", "ann", march, "2")]
            self.assertEqual(self.counts(self.meter(*rows)), [2, 0, 0, 0])
            self.rate(window)
            self.invoice_usage()
            self.bill("2026-04-20")
            lines = [
                (row[0], row[2], row[3])
                for row in self.wizard.ledger_lines(SERVICE, *window)["rows"]
                if row[1] == source_id("subscription ann")
            ]
        self.assertEqual(len(lines), len(set(lines)))
        for one in (order, renewal):
            ratings = self.ratings().filtered(lambda rating, one=one: rating.subscription_id == one)
            self.assertEqual(ratings.filtered("amount").mapped("amount"), [0.84375])
            used = one.invoice_ids.invoice_line_ids.filtered(lambda line: not line.x_fc_period_end)
            self.assertEqual(used.mapped("price_subtotal"), [0.84])

    def test_gate_names_what_would_close_or_bother_customers(self):
        monthly = self.env.ref("fusion_centralize_billing.subscription_plan_monthly")
        company = self.env.company
        for gate, record, values in (
            ("recurring_plans", monthly, {"auto_close_limit": 15}),
            ("recurring_plans", monthly, {"invoice_mail_template_id": False}),
            ("recurring_plans", monthly, {"billing_first_day": True}),
            ("recurring_plans", monthly, {"user_closable": True}),
            ("deferred_accounts", company, {"deferred_revenue_account_id": False}),
            ("invoice_policy", self.plan().flat_product_id, {"invoice_policy": "delivery"}),
        ):
            with self.subTest(f"{gate} {values}"), self.env.cr.savepoint() as savepoint:
                record.write(values)
                self.env.flush_all()
                self.assertEqual(list(self.broken()), [gate])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_recurring_plan_of_somebody_else_s_keeps_its_customer_back(self):
        monthly = self.env.ref("fusion_centralize_billing.subscription_plan_monthly")
        self.order().plan_id = monthly.copy()
        self.assertEqual(list(self.waiting().values()), [["recurring_plan"]])
        self.assertEqual(self.broken(), {})

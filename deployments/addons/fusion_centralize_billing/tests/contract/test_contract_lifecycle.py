from datetime import date

from odoo.tests import freeze_time, tagged

from .case import TODAY, ContractCase


@tagged("post_install", "-at_install", "enterprise_contract")
@freeze_time(f"{TODAY} 12:00:00")
class TestContractLifecycle(ContractCase):
    """The contract: how a subscription rests, goes on as another order, and ends."""

    def test_close_ends_it_for_good(self):
        order = self.make_running()
        order.set_close()
        self.assertEqual((order.state, order.subscription_state), ("sale", "6_churn"))
        self.run_action("2026-03-01")
        self.assertFalse(order.invoice_ids)

    def test_pause_bills_nothing(self):
        order = self.make_running()
        order.pause_subscription()
        self.assertEqual(order.subscription_state, "4_paused")
        self.run_action("2026-03-01")
        self.assertFalse(order.invoice_ids)
        order.resume_subscription()
        self.assertEqual(order.subscription_state, "3_progress")

    def test_renewal_is_a_new_order(self):
        order = self.make_running()
        self.run_action(TODAY)
        renewal = self.opened(order.prepare_renewal_order())
        self.assertEqual(renewal.subscription_state, "2_renewal")
        self.assertEqual(renewal.subscription_id, order)
        renewal.action_confirm()
        self.env.flush_all()
        self.assertEqual(renewal.subscription_state, "3_progress")
        self.assertEqual(order.subscription_state, "5_renewed")
        self.assertEqual(renewal.next_invoice_date, date(2026, 2, 28))

    def test_upsell_is_a_new_order(self):
        order = self.make_running()
        self.run_action(TODAY)
        upsell = self.opened(order.prepare_upsell_order())
        self.assertEqual(upsell.subscription_state, "7_upsell")
        self.assertEqual(upsell.subscription_id, order)
        upsell.order_line.filtered(
            lambda line: line.product_id == self.product
        ).product_uom_qty = 1.0
        upsell.action_confirm()
        self.env.flush_all()
        self.assertEqual(order.subscription_state, "3_progress")
        self.assertEqual(sum(order.order_line.mapped("product_uom_qty")), 2.0)

    def test_uninvoiced_order_can_be_cancelled(self):
        order = self.make_running()
        order._action_cancel()
        self.assertEqual(order.state, "cancel")
        order.action_draft()
        order.subscription_state = "1_draft"
        self.env.flush_all()
        self.assertEqual(order.state, "draft")

    def test_nobody_is_closed_within_the_limit(self):
        order = self.make_running(plan=self.year)
        self.run_action(TODAY)
        self.assertEqual(len(self.invoices(order)), 1)
        self.run_action("2026-02-20")
        self.assertEqual(order.subscription_state, "3_progress")

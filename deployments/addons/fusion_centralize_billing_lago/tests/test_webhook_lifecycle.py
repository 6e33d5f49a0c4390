from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.models.sale_order_status import STATUSES
from odoo.addons.fusion_centralize_billing.tests.common import source_id
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from .webhook_common import WebhookCase


@freeze_time(NOW)
class TestWebhookLifecycle(WebhookCase):
    """What an app hears when a person or a customer changes a subscription in Odoo."""

    def setUp(self):
        super().setUp()
        self.live = self.go_live()
        self.forget()

    def status(self, order):
        """Return the status, which a list must agree on."""
        self.env.flush_all()
        found = [
            one
            for one in STATUSES
            if order in self.env["sale.order"].search([("x_fc_status", "=", one)])
        ]
        self.assertEqual(found, [order.x_fc_status])
        return order.x_fc_status

    def test_renewal_goes_on_and_nothing_is_terminated(self):
        self.live.sudo().write({"next_invoice_date": "2026-03-14"})
        renewal = self.env["sale.order"].browse(self.live.prepare_renewal_order()["res_id"])
        self.assertEqual(self.told(), [])
        renewal.action_confirm()
        self.assertEqual(self.told(), [])
        self.assertEqual((self.status(self.live), self.status(renewal)), ("active", "pending"))
        with freeze_time("2026-03-15 12:00:00"):
            self.env["fusion.billing.webhook"].tell_what_time_brought()
            (message,) = self.outbox()
            self.assertEqual(
                (self.status(self.live), self.status(renewal)), ("terminated", "active")
            )
        self.assertEqual(message.event_type, "subscription.updated")
        self.assertEqual(message.subscription, source_id("subscription web"))
        self.assertEqual(message.customer, source_id("user Zoé"))
        self.assertEqual(message.payload["subscription"]["status"], "active")

    def test_upsell_is_a_change_of_the_subscription(self):
        upsell = self.env["sale.order"].browse(self.live.prepare_upsell_order()["res_id"])
        upsell.order_line.product_uom_qty = 1.0
        upsell.action_confirm()
        (message,) = self.outbox()
        self.assertEqual(message.event_type, "subscription.updated")
        self.assertEqual(message.subscription, source_id("subscription web"))
        self.assertEqual(self.live.order_line.product_uom_qty, 2.0)
        self.assertEqual(self.live.order_line.price_unit, 49.0)

    def test_pause_and_resumption_are_told_as_such(self):
        self.live.pause_subscription()
        self.assertEqual(self.told(), ["subscription.paused"])
        self.assertEqual(self.status(self.live), "active")
        self.live.resume_subscription()
        self.assertEqual(self.told(), ["subscription.paused", "subscription.resumed"])

    def test_closed_and_opened_again(self):
        self.live.set_close()
        self.assertEqual(self.told(), ["subscription.terminated"])
        self.assertEqual(self.status(self.live), "terminated")
        self.live.set_open()
        self.assertEqual(self.told(), ["subscription.terminated", "subscription.started"])
        self.assertEqual(self.status(self.live), "active")

    def test_end_that_the_app_asks_for_closes_it_in_odoo(self):
        self.live.sudo()._fc_end()
        self.assertEqual(self.live.subscription_state, "6_churn")
        self.assertEqual(self.told(), ["subscription.terminated"])

    def test_customer_cannot_close_pause_or_renew_in_the_portal(self):
        plan = self.live.plan_id
        options = [plan.user_closable, plan.user_extend, plan.pausable_by_user]
        self.assertEqual(options, [False, False, False])

from datetime import timedelta

from odoo import fields
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import make_customer, make_order, source_id
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW, make_usage

from .webhook_common import WebhookCase


@freeze_time(NOW)
class TestWebhookTelling(WebhookCase):
    def test_loaded_shadow_and_its_usage_are_not_told(self):
        self.meter(make_usage("360000"))
        self.load(make_customer(orders=[make_order(name="web", price="59.00")]))
        self.assertEqual(self.told(), [])

    def test_order_that_goes_live_is_a_subscription_that_started(self):
        self.go_live()
        (message,) = self.outbox()
        self.assertEqual(message.event_type, "subscription.started")
        self.assertEqual(message.subscription, source_id("subscription web"))
        self.assertEqual(message.customer, source_id("user Zoé"))
        payload = message.payload
        self.assertEqual(
            (payload["webhook_type"], payload["object_type"]),
            ("subscription.started", "subscription"),
        )
        content = payload["subscription"]
        self.assertEqual(content["external_id"], source_id("subscription web"))
        self.assertEqual(content["status"], "active")
        self.assertEqual(content["plan"]["code"], "pro-monthly")
        self.assertEqual(content["customer"]["external_id"], source_id("user Zoé"))

    def test_change_is_told_once_and_a_write_that_changes_nothing_is_not(self):
        order = self.go_live()
        self.forget()
        order.client_order_ref = "renamed"
        order.client_order_ref = "renamed twice"
        self.assertEqual(self.told(), ["subscription.updated"])
        self.forget()
        order.client_order_ref = "renamed twice"
        self.assertEqual(self.told(), [])

    def test_termination_is_told_once(self):
        order = self.go_live()
        self.forget()
        order.sudo().x_fc_terminated_at = fields.Datetime.now()
        self.assertEqual(self.told(), ["subscription.terminated"])
        order._action_cancel()
        self.assertEqual(self.told(), ["subscription.terminated"])

    def test_subscription_that_ends_on_its_day_is_told_when_time_has_passed(self):
        order = self.go_live()
        order.sudo().x_fc_ending_at = fields.Datetime.now() + timedelta(days=3)
        self.forget()
        self.wizard_of_webhooks().tell_what_time_brought()
        self.assertEqual(self.told(), [])
        with freeze_time("2026-03-05 12:00:00"):
            for _again in range(2):
                self.wizard_of_webhooks().tell_what_time_brought()
            self.assertEqual(self.told(), ["subscription.terminated"])

    def test_invoice_is_told_when_posted_refused_and_paid(self):
        order = self.go_live()
        self.forget()
        move = self.post_invoice(order)
        (created,) = self.outbox()
        self.assertEqual(created.event_type, "invoice.created")
        self.assertEqual(created.subscription, source_id("subscription web"))
        self.assertEqual(created.payload["invoice"]["number"], move.name)
        self.forget()

        self.fail_payment(move)
        refused, status = self.outbox()
        self.assertEqual(refused.event_type, "invoice.payment_failure")
        error = refused.payload["payment_provider_invoice_payment_error"]
        self.assertEqual(error["provider_error"]["message"], "Your card was declined.")
        self.assertEqual(error["external_subscription_ids"], [source_id("subscription web")])
        self.assertEqual(status.event_type, "invoice.payment_status_updated")
        self.assertEqual(status.payload["invoice"]["payment_status"], "failed")
        self.forget()

        self.pay(move)
        (paid,) = self.outbox()
        self.assertEqual(paid.event_type, "invoice.payment_status_updated")
        self.assertEqual(paid.payload["invoice"]["payment_status"], "succeeded")

    def test_every_refused_payment_is_told(self):
        move = self.post_invoice(self.go_live())
        self.forget()
        self.fail_payment(move)
        self.fail_payment(move)
        self.assertEqual(self.told().count("invoice.payment_failure"), 2)

    def test_overdue_invoice_is_told_once(self):
        move = self.post_invoice(self.go_live())
        move.invoice_date_due = "2026-03-02"
        self.forget()
        with freeze_time("2026-03-02 12:00:00"):
            self.wizard_of_webhooks().tell_what_time_brought()
            self.assertEqual(self.told(), [])
        with freeze_time("2026-03-04 12:00:00"):
            for _again in range(2):
                self.wizard_of_webhooks().tell_what_time_brought()
            (message,) = self.outbox()
        self.assertEqual(message.event_type, "invoice.payment_overdue")
        self.assertTrue(message.payload["invoice"]["payment_overdue"])

    def test_threshold_of_a_live_subscription_is_told(self):
        self.go_live()
        self.forget()
        self.meter(make_usage("300000"))
        (message,) = self.outbox()
        self.assertEqual(message.event_type, "subscription.usage_threshold_reached")
        threshold = message.payload["subscription"]["usage_threshold"]
        self.assertEqual((threshold["percent"], threshold["units"]), (80, "300000.0"))

    def test_account_of_a_live_service_is_told_when_it_comes_and_changes(self):
        self.service.phase = "live"
        partner = self.env["res.partner"].create({"name": "Ada"})
        link = self.env["fusion.billing.account.link"].create(
            {"service_id": self.service.id, "external_id": "ada", "partner_id": partner.id}
        )
        self.assertEqual(self.told(), ["customer.created"])
        self.forget()
        link.sudo().owns_partner = True
        self.forget()
        partner.city = "Toronto"
        (message,) = self.outbox()
        self.assertEqual(message.event_type, "customer.updated")
        self.assertEqual(message.payload["customer"]["city"], "Toronto")
        self.assertEqual((message.customer, message.subscription), ("ada", ""))

    def test_account_that_is_older_than_going_live_is_not_new(self):
        self.tell()
        self.env.cr.execute("UPDATE fusion_billing_account_link SET create_date = '2026-01-01'")
        self.service.phase = "live"
        self.link().stripe_customer_id = "cus_2"
        self.assertEqual(self.told(), ["customer.updated"])

    def test_what_is_rolled_back_is_not_told(self):
        self.tell()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.go_live()
            raise ZeroDivisionError
        self.assertEqual(self.told(), [])

    def test_what_is_done_in_silence_is_not_told_later_either(self):
        order = self.order()
        order = order.with_context(fc_webhooks_silent=True)
        order._release_from_shadow()
        order.action_confirm()
        self.assertEqual(self.told(), [])
        self.order().client_order_ref = "renamed"
        self.assertEqual(self.told(), ["subscription.updated"])

    def test_each_endpoint_gets_what_it_wants_in_its_own_message(self):
        self.endpoint.event_filter = "invoice.created, subscription.started"
        other = self.endpoint.copy({"url": "https://app.example.com/more", "event_types": False})
        order = self.go_live()
        order.client_order_ref = "renamed"
        self.tell()
        order.client_order_ref = "again"
        messages = self.outbox()
        self.assertEqual(
            [(one.endpoint_id, one.event_type) for one in messages],
            [
                (self.endpoint, "subscription.started"),
                (other, "subscription.started"),
                (other, "subscription.updated"),
            ],
        )
        self.assertEqual(len(set(messages.mapped("unique_key"))), 3)
        self.assertEqual(len(set(messages[:2].mapped("body"))), 1)

    def wizard_of_webhooks(self):
        return self.env["fusion.billing.webhook"].with_user(self.importer)

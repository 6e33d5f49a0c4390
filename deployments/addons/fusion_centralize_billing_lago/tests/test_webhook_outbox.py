from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from ..webhooks import queue
from .webhook_common import WebhookCase


@freeze_time(NOW)
class TestWebhookOutbox(WebhookCase):
    def test_reader_sees_all_of_a_service_but_the_webhook_secret(self):
        service = self.service.with_user(self.make_user("reader", "group_reader"))
        self.assertEqual(service.name, "NexaCloud")
        with self.assertRaises(AccessError):
            service.read(["webhook_secret"])

    def setUp(self):
        super().setUp()
        self.go_live()
        self.message = self.outbox()

    def as_(self, group):
        user = self.make_user(f"webhook {group}", group)
        return self.message.with_user(user)

    def due(self):
        self.tell()
        return queue.due_ids(self.env.cr, most=10)

    def add(self, subscription, customer=None):
        return self.message.copy(
            {
                "subscription": subscription,
                "customer": customer or self.message.customer,
                "body": "{}",
                "event_type": "subscription.updated",
                "next_retry_at": "2026-01-01",
            }
        )

    def test_message_waits_for_the_older_ones_of_its_subscription(self):
        self.message.next_retry_at = "2026-01-01"
        later = self.add(self.message.subscription)
        other = self.add("other")
        self.assertEqual(self.due(), [self.message.id, other.id])
        self.message.next_retry_at = "2199-01-01"
        self.assertEqual(self.due(), [other.id])
        self.message.state = "dead"
        self.assertEqual(self.due(), [later.id, other.id])

    def test_what_concerns_the_account_waits_for_all_of_it_and_all_for_it(self):
        self.message.state = "delivered"
        first, account, last = self.add("one"), self.add(""), self.add("two")
        stranger = self.add("three", customer="somebody else")
        self.assertEqual(self.due(), [first.id, stranger.id])
        first.state = "delivered"
        self.assertEqual(self.due(), [account.id, stranger.id])
        account.state = "delivered"
        self.assertEqual(self.due(), [last.id, stranger.id])

    def test_archived_and_paused_endpoints_are_left_alone(self):
        self.message.next_retry_at = "2026-01-01"
        self.assertEqual(self.due(), self.message.ids)
        self.endpoint.paused_until = "2199-01-01"
        self.assertEqual(self.due(), [])
        self.endpoint.paused_until = False
        self.endpoint.active = False
        self.assertEqual(self.due(), [])

    def test_message_that_was_given_up_is_sent_again_unchanged(self):
        body, key = self.message.body, self.message.unique_key
        self.message.write({"state": "dead", "attempts": 15, "last_error": "HTTP 500."})
        self.as_("group_manager").action_replay()
        self.assertEqual(
            (self.message.state, self.message.attempts, self.message.last_error),
            ("pending", 0, False),
        )
        self.assertEqual((self.message.body, self.message.unique_key), (body, key))

    def test_only_a_manager_sends_again_and_only_an_importer_delivers(self):
        with self.assertRaises(AccessError):
            self.as_("group_importer").action_replay()
        with self.assertRaises(AccessError):
            self.as_("group_reader").deliver()
        with self.assertRaises(AccessError):
            self.as_("group_manager").write({"body": "{}"})

    def test_deleted_endpoint_leaves_what_was_sent_and_cancels_what_waits(self):
        done = self.add("done")
        done.state = "delivered"
        self.endpoint.unlink()
        self.assertEqual((self.message.state, done.state), ("canceled", "delivered"))
        with self.assertRaises(UserError):
            self.as_("group_manager").action_replay()

    def test_waiting_tells_what_could_go_without_sending_it(self):
        self.message.next_retry_at = "2026-01-01"
        answer = self.as_("group_importer").waiting()
        self.assertEqual((answer["due"], answer["pending"], answer["dead"]), (1, 1, 0))
        self.assertEqual(answer["rows"][0]["unique_key"], self.message.unique_key)
        self.assertEqual(self.message.state, "pending")

    def test_keys_come_with_the_first_endpoint_and_few_may_see_them(self):
        self.assertIn("BEGIN PUBLIC KEY", self.service.webhook_public_key)
        self.assertIn("BEGIN PRIVATE KEY", self.service.sudo().webhook_private_key)
        manager = self.make_user("webhook keys", "group_manager")
        self.assertTrue(self.service.with_user(manager).webhook_secret)
        with self.assertRaises(AccessError):
            self.service.with_user(manager).read(["webhook_private_key"])
        with self.assertRaises(AccessError):
            self.service.with_user(self.importer).read(["webhook_secret"])

    def test_new_keys_replace_both(self):
        before = self.service.webhook_secret, self.service.webhook_public_key
        self.service.action_renew_signing_keys()
        self.assertNotEqual(self.service.webhook_secret, before[0])
        self.assertNotEqual(self.service.webhook_public_key, before[1])

    def test_endpoint_inside_the_network_is_refused_at_once_unless_allowed(self):
        for url in ("http://app.example.com/", "https://127.0.0.1/", "https://[::1]/x", "ftp://x"):
            with self.subTest(url), self.assertRaises(ValidationError):
                self.endpoint.url = url
        self.env["ir.config_parameter"].set_param(
            "fusion_centralize_billing.webhook_allowed_hosts", "127.0.0.1:8099"
        )
        self.endpoint.url = "http://127.0.0.1:8099/hooks"
        with self.assertRaises(ValidationError):
            self.endpoint.url = "http://127.0.0.1:8098/hooks"

    def test_unknown_event_and_an_eleventh_endpoint_are_refused(self):
        with self.assertRaises(ValidationError):
            self.endpoint.event_types = ["invoice.unknown"]
        more = [{"service_id": self.service.id, "url": f"https://a.example/{n}"} for n in range(10)]
        with self.assertRaises(ValidationError):
            self.endpoint.create(more)

    def test_url_of_the_service_is_its_first_endpoint(self):
        self.assertEqual(self.service.webhook_url, "https://app.example.com/hooks")
        self.service.webhook_url = "https://app.example.com/other"
        self.assertEqual(self.endpoint.url, "https://app.example.com/other")
        bare = self.service.create({"name": "Bare", "code": "bare"})
        bare.webhook_url = "https://bare.example.com/"
        self.assertEqual(bare.webhook_endpoint_ids.signature_algo, "hmac")

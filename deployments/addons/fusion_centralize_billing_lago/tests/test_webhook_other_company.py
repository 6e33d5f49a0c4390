from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from ..webhooks import queue
from .webhook_common import WebhookCase


@freeze_time(NOW)
class TestWebhookOtherCompany(WebhookCase):
    """Who delivers for one company neither sends nor sees what is another's."""

    def setUp(self):
        super().setUp()
        self.go_live()
        self.message = self.outbox()
        self.message.write({"state": "dead", "next_retry_at": "2026-01-01"})
        other = self.env["res.company"].create({"name": "Other company"})
        stranger = self.make_user("stranger", "group_manager")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.theirs = self.env["fusion.billing.webhook"].with_user(stranger)

    def test_service_of_another_company_is_unknown_to_every_method(self):
        code = self.service.code
        for name, attempt in {
            "deliver": lambda: self.theirs.deliver(service=code),
            "waiting": lambda: self.theirs.waiting(service=code),
            "given_up": lambda: self.theirs.given_up(service=code),
        }.items():
            with self.subTest(name), self.assertRaisesRegex(UserError, "no active service"):
                attempt()

    def test_who_names_no_service_gets_their_own_only(self):
        self.assertEqual(self.theirs.given_up(), [])
        self.message.state = "pending"
        self.tell()
        waiting = self.theirs.waiting()
        self.assertEqual((waiting["due"], waiting["pending"], waiting["rows"]), (0, 0, []))
        self.assertEqual(self.theirs.tell_what_time_brought(), 0)
        self.assertEqual(queue.due_ids(self.env.cr, most=10, services=[]), [])
        self.assertEqual(queue.due_ids(self.env.cr, most=10), self.message.ids)

    def test_messages_and_endpoints_of_another_company_obey_nobody_else(self):
        message = self.message.with_user(self.theirs.env.user)
        service = self.service.with_user(self.theirs.env.user)
        for name, attempt in {
            "replay": message.action_replay,
            "cancel": message.action_cancel,
            "renew keys": service.action_renew_signing_keys,
            "new key": lambda: service.issue_api_key("mine"),
        }.items():
            with self.subTest(name), self.assertRaises(AccessError):
                attempt()
        self.assertEqual(self.message.state, "dead")

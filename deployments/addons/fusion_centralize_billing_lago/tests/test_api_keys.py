from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError

from odoo.addons.fusion_centralize_billing.tests.common import LoadCase


class TestApiKeys(LoadCase):
    """Keys: only the right one opens, only as long as it should, and none can be read again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.make_user("manager", "group_manager")
        cls.services = cls.env["fusion.billing.service"]

    def issue(self, **values):
        return self.service.with_user(self.manager).issue_api_key("app", **values)

    def match(self, key):
        return self.env["fusion.billing.api.key"]._match(key).service_id

    def test_match_finds_the_service_of_each_of_its_keys(self):
        keys = [self.issue() for _ in range(3)]
        self.assertEqual(len(set(keys)), 3)
        for key in keys:
            self.assertEqual(self.match(key), self.service)

    def test_match_anything_else_finds_none(self):
        key = self.issue()
        prefix = key[: key.index("_", 4)]
        for wrong in (
            None,
            7,
            "",
            "\0",
            "fbk_",
            prefix,
            f"{prefix}_",
            key[:-1],
            f"{key}x",
            key.swapcase(),
            key.replace("fbk", "abc"),
            "\ud800",
        ):
            self.assertFalse(self.match(wrong), wrong)

    def test_match_after_expiry_finds_none(self):
        key = self.issue(expires_at=str(fields.Datetime.now() + timedelta(days=1)))
        self.assertEqual(self.match(key), self.service)
        self.service.api_key_ids.sudo().expires_at = fields.Datetime.now()
        self.assertFalse(self.match(key))
        self.assertEqual(self.service.api_key_ids.state, "expired")

    def test_match_after_revocation_finds_none_but_the_other_keys(self):
        first, second = self.issue(), self.issue()
        keys = self.env["fusion.billing.api.key"].search([], order="id")
        keys[0].with_user(self.manager).action_revoke()
        self.assertFalse(self.match(first))
        self.assertEqual(self.match(second), self.service)

    def test_match_of_an_archived_service_finds_none(self):
        key = self.issue()
        self.service.active = False
        self.assertFalse(self.match(key))

    def test_key_is_stored_as_a_hash_that_nobody_reads(self):
        key = self.issue()
        self.env.flush_all()
        self.env.cr.execute("SELECT key::text FROM fusion_billing_api_key key")
        self.assertNotIn(key.rpartition("_")[2], str(self.env.cr.fetchall()))
        record = self.env["fusion.billing.api.key"].search([]).with_user(self.manager)
        with self.assertRaises(AccessError):
            record.read(["key_hash"])
        self.assertNotIn("key_hash", record.read()[0])

    def test_keys_are_for_managers(self):
        key = self.issue()
        for user in (self.importer, self.make_user("stranger")):
            with self.assertRaises(AccessError):
                self.service.with_user(user).issue_api_key("app")
            with self.assertRaises(AccessError):
                self.service.api_key_ids.with_user(user).action_revoke()
        with self.assertRaises(AccessError):
            self.env["fusion.billing.api.key"].with_user(self.manager).create(
                {"service_id": self.service.id, "name": "x", "prefix": "x", "key_hash": "x"}
            )
        self.assertEqual(self.match(key), self.service)

    def test_key_of_another_company_is_not_a_manager_s_to_revoke(self):
        key = self.issue()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.make_user("elsewhere", "group_manager")
        stranger.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        with self.assertRaises(AccessError):
            self.service.api_key_ids.with_user(stranger).action_revoke()
        self.assertEqual(self.match(key), self.service)

    def test_issue_without_a_name_or_in_the_past_is_refused(self):
        for values in (
            {"name": " "},
            {"name": "a", "expires_at": "2020-01-01"},
            {"name": "a", "expires_at": "soon"},
        ):
            with self.assertRaises(UserError):
                self.service.with_user(self.manager).issue_api_key(**values)

"""What decides in Odoo what becomes of invoices: each fault is a sentence with a remedy."""

from odoo.exceptions import AccessError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import SERVICE, source_id
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from .cutover_common import CutoverCase


@freeze_time(NOW)
class TestHealth(CutoverCase):
    def setUp(self):
        super().setUp()
        company = self.service.company_id
        provider = self.link()._card().provider_id
        journals = self.env["account.journal"]
        bank = journals.search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
        provider.write({"journal_id": bank.id, "stripe_webhook_secret": "whsec"})
        company.email = "billing@nexa.example"
        company.partner_id.tz = "America/Toronto"
        self.env["ir.mail_server"].create({"name": "Out", "smtp_host": "127.0.0.1"})
        self.env["ir.cron"].with_context(active_test=False).search([]).active = True
        self.provider, self.bank = provider, bank

    def look(self, customers=0):
        answer = self.wizard.look_at_odoo(SERVICE, customers)
        self.env.invalidate_all()
        return answer

    def faults(self):
        findings = self.look()["findings"]
        self.assertTrue(all(one["sentence"] for one in findings))
        return {one["subject"]: one["sentence"] for one in findings if one["remedy"]}

    def test_odoo_that_is_set_up_has_no_fault(self):
        self.assertEqual(self.faults(), {})
        subjects = {one["subject"] for one in self.look()["findings"]}
        self.assertLessEqual({"Sequence", "Payment provider", "Scheduled actions"}, subjects)

    def test_each_fault_is_found_alone_and_says_what_to_do(self):
        company = self.service.company_id
        plan = self.env.ref("fusion_centralize_billing.subscription_plan_monthly")
        crons = self.env["ir.cron"]
        manager = self.env.ref("fusion_centralize_billing.group_manager")
        breaks = {
            "Deferred accounts": lambda: company.write({"deferred_revenue_account_id": False}),
            "Payment provider": lambda: self.provider.write({"allow_tokenization": False}),
            "Mail": lambda: self.env["ir.mail_server"].search([]).write({"active": False}),
            "Scheduled actions": lambda: crons.search(
                [("name", "ilike", "generate recurring invoices")]
            ).write({"active": False}),
            "Recurring plans": lambda: plan.write({"auto_close_limit": 5}),
            "Invoice policies": lambda: self.order().order_line.product_id.write(
                {"invoice_policy": "delivery"}
            ),
            "Time zone of the company": lambda: company.partner_id.write({"tz": False}),
            "Access rights": lambda: self.importer.write({"group_ids": [(4, manager.id)]}),
        }
        for subject, break_it in breaks.items():
            with self.subTest(subject), self.env.cr.savepoint() as savepoint:
                break_it()
                self.env.flush_all()
                found = self.faults()
                self.assertEqual(set(found), {subject})
                savepoint.rollback()
                self.env.invalidate_all()

    def test_stripe_that_charges_nobody_is_a_fault(self):
        for state in ("test", "disabled"):
            self.env.cr.execute("UPDATE payment_provider SET state = %s", [state])
            self.env.invalidate_all()
            self.assertIn(f"Stripe is {state}", self.faults()["Payment provider"])

    def test_sample_is_rehearsed_and_has_of_each_cycle(self):
        rows = self.look(5)["rehearsal"]
        self.assertEqual(
            {row["customer"] for row in rows}, {source_id("user Zoé"), source_id("user Max")}
        )
        self.assertEqual({row["code"] for row in rows}, {None})
        self.assertEqual(len(self.look(1)["rehearsal"]), 1)
        self.assertEqual(self.order().state, "draft")

    def test_looking_needs_the_right(self):
        with self.assertRaises(AccessError):
            self.wizard.with_user(self.make_user("reader", "group_reader")).look_at_odoo(SERVICE)

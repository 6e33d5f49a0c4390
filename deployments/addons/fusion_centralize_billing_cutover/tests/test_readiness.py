from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time
from odoo.tools import mute_logger

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    make_customer,
    make_order,
    source_id,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from .readiness_common import ReadinessCase


@freeze_time(NOW)
class TestReadiness(ReadinessCase):
    def test_where_nothing_is_wrong_everybody_is_ready(self):
        self.refresh()
        links = self.env["fusion.billing.account.link"].search([])
        self.assertEqual(links.mapped("readiness"), ["ready", "ready"])
        self.assertTrue(all(links.mapped("ready")))
        self.assertEqual(set(links.mapped("readiness_revenue")), {49.0})
        rows = self.wizard.readiness(SERVICE)["rows"]
        self.assertEqual([row["ready"] for row in rows], [True, True])
        self.assertEqual({row["currency"] for row in rows}, {self.currency})

    def test_who_is_billed_until_a_day_that_is_none_of_theirs_waits_before_the_switch_refuses(self):
        order = self.order("web")
        order.start_date = "2025-01-31"
        for day, ready in (
            ("2026-02-28", True),
            # Moments fall on a neighboring day by their zone.
            ("2026-03-01", True),
            ("2026-03-31", True),
            ("2025-01-31", True),
            # A trial ended in the middle, or the source counts from another day since.
            ("2026-02-14", False),
            ("2026-03-03", False),
        ):
            order.next_invoice_date = day
            self.env.flush_all()
            with self.subTest(day):
                zoe = self.standing("Zoé")
                self.assertEqual(zoe.ready, ready)
                said = zoe.readiness_reasons or ""
                self.assertEqual("no period of it begins then" in said, not ready)
        order.plan_id = self.env.ref("fusion_centralize_billing.subscription_plan_yearly")
        self.compare_long_periods()
        for day, ready in (("2027-01-31", True), ("2026-02-28", False)):
            order.next_invoice_date = day
            self.env.flush_all()
            self.assertEqual(self.standing("Zoé").ready, ready)

    def test_who_is_billed_for_longer_than_their_cycle_waits_before_odoo_bills_nothing_for_it(self):
        order = self.order("web")
        order.start_date = "2025-01-31"
        ahead = fields.Date.add(fields.Date.today(), years=2)
        order.next_invoice_date = f"{ahead.year}-01-31"
        self.env.flush_all()
        zoe = self.standing("Zoé")
        self.assertFalse(zoe.ready)
        self.assertIn("which is more than a period ahead", zoe.readiness_reasons)
        self.assertTrue(self.link_of("Max").ready)

    def test_an_open_difference_keeps_only_its_customer_back_until_it_is_decided(self):
        line = self.red()
        zoe, max_ = self.standing("Zoé"), self.link_of("Max")
        self.assertEqual((zoe.ready, max_.ready), (False, True))
        self.assertIn("One-off charge, 1 line of 2026-01, 5.00", zoe.readiness_reasons)
        digest = zoe.readiness_digest
        decision = self.decide_line(line)
        self.env.invalidate_all()
        zoe = self.link_of("Zoé")
        self.assertTrue(zoe.ready)
        self.assertIn(f"Decision {decision.id} settles", zoe.readiness_note)
        self.assertNotEqual(zoe.readiness_digest, digest)

    def test_what_our_copy_gets_wrong_is_never_ready_by_any_decision(self):
        line = self.red(wrong_side="copy", cause="flat_price_differs")
        with self.assertRaisesRegex(UserError, "mend it"):
            self.decide_line(line)
        for scope, value in (
            ("customer", source_id("user Zoé")),
            ("cause", "flat_price_differs"),
            ("item", "one-off"),
        ):
            self.decide_line(line, scope=scope, line_id=False, **{scope: value}, max_amount=999)
        zoe = self.standing("Zoé")
        self.assertFalse(zoe.ready)
        self.assertEqual(zoe.readiness_codes, "copy")

    def test_a_decision_that_fits_no_more_is_open_again(self):
        line = self.red()
        decision = self.decide_line(line)
        self.assertTrue(self.standing("Zoé").ready)
        for statement in (
            "UPDATE fusion_billing_reconciliation SET external_amount = 50, delta = -6",
            "UPDATE fusion_billing_reconciliation SET odoo_amount = 45, delta = -4",
        ):
            with self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(statement)
                self.env.invalidate_all()
                self.assertFalse(self.standing("Zoé").ready)
                savepoint.rollback()
                self.env.invalidate_all()
        with freeze_time("2026-07-01"):
            self.assertEqual(decision.state, "expired")
            self.env["fusion.billing.account.link"]._cron_readiness()
            self.env.invalidate_all()
            self.assertFalse(self.link_of("Zoé").ready)
        self.env.invalidate_all()
        self.decisions.create({"withdraws_id": decision.id, "reason": "It was a mistake."})
        self.env.invalidate_all()
        self.assertEqual(decision.state, "withdrawn")
        self.assertFalse(self.link_of("Zoé").ready)

    def test_one_decision_for_a_cause_settles_all_within_its_limit(self):
        self.differ(self.difference("Zoé"), self.difference("Max", "-6.00"))
        self.cycle(1, [self.compared("Zoé", differing=1), self.compared("Max", differing=1)])
        self.decisions.create(
            {
                "service_id": self.service.id,
                "scope": "cause",
                "cause": "one_off",
                "right": "not_carried",
                "currency_id": self.service.company_id.currency_id.id,
                "max_amount": 5,
                "expires_on": "2026-06-30",
                "reason": "Set-up fees are billed once.",
            }
        )
        self.env.invalidate_all()
        self.assertEqual((self.link_of("Zoé").ready, self.link_of("Max").ready), (True, False))

    def test_a_decision_about_nothing_is_refused(self):
        line = self.differ(self.difference("Zoé"))
        for scope, named in (("customer", {}), ("cause", {"cause": ""}), ("item", {})):
            with (
                self.subTest(scope),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.decide_line(line, scope=scope, line_id=False, right="not_carried", **named)

    def test_whoever_has_something_broken_in_odoo_is_named_with_it(self):
        db = self.order("db")
        breaks = [
            ("order", "cancelled", f"UPDATE sale_order SET state = 'cancel' WHERE id = {db.id}"),
            ("order", "no draft", f"UPDATE sale_order SET state = 'sent' WHERE id = {db.id}"),
            ("card", "pays by card", "UPDATE fusion_billing_account_link"
             f" SET stripe_customer_id = NULL WHERE id = {self.link_of('Max').id}"),
            ("contact", "archived", "UPDATE res_partner SET active = false"
             f" WHERE id = {self.link_of('Max').partner_id.id}"),
            ("contact", "Two", "UPDATE fusion_billing_account_link SET remark_code ="
             f" 'email_ambiguous', remark = 'Two contacts' WHERE id = {self.link_of('Max').id}"),
        ]  # fmt: skip
        for code, said, statement in breaks:
            with self.subTest(statement), self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(statement)
                self.env.invalidate_all()
                found = self.standing("Max")
                self.assertEqual((found.ready, found.readiness_codes), (False, code))
                self.assertIn(said, found.readiness_reasons)
                self.assertTrue(self.link_of("Zoé").ready)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_an_unknown_state_matters_only_where_it_can_decide_the_tax(self):
        zoe = self.link_of("Zoé")
        statement = "UPDATE fusion_billing_account_link SET remark_code = 'region_unknown'"
        self.env.cr.execute(f"{statement}, remark = 'No such state' WHERE id = %s", [zoe.id])
        self.service.company_id.country_id = self.env.ref("base.ca")
        self.env.invalidate_all()
        self.assertEqual(self.standing("Zoé").readiness_codes, "contact")
        zoe.partner_id.country_id = self.env.ref("base.fr")
        self.assertTrue(self.standing("Zoé").ready)

    def test_an_order_that_was_deleted_since_the_cycle_keeps_its_customer_back(self):
        held = {"subscriptions": [source_id("subscription db"), source_id("subscription gone")]}
        self.cycle(1, [self.compared("Zoé"), self.compared("Max", **held)])
        self.assertIn("was deleted", self.standing("Max").readiness_reasons)
        self.assertEqual(self.link_of("Max").readiness_codes, "order")

    def test_whom_the_last_import_kept_out_is_named_even_if_odoo_never_saw_them(self):
        rows = [
            {"entity": "deployment_addons", "external_id": "a", "outcome": "quarantined",
             "customer": source_id("user Max"), "code": "addon_price", "message": "No price."},
            {"entity": "users", "external_id": "stranger", "outcome": "quarantined",
             "code": "email", "message": "No address."},
        ]  # fmt: skip
        self.import_run("second", rows, "partial")
        self.assertEqual(self.standing("Max").readiness_codes, "kept_out")
        self.assertTrue(self.link_of("Zoé").ready)
        rows = {row["customer"]: row for row in self.wizard.readiness(SERVICE)["rows"]}
        self.assertEqual(rows["stranger"]["codes"], ["kept_out"])
        self.assertFalse(rows["stranger"]["ready"])

    def test_a_bill_that_may_be_anybodys_keeps_everybody_back(self):
        told = {"outcome": "quarantined", "code": "invoice_unreadable", "message": "No amount."}
        self.import_run("mine", [{**told, "entity": "invoices", "external_id": "i-1",
                                  "customer": source_id("user Max")}])  # fmt: skip
        self.standing("Max")
        self.assertEqual((self.link_of("Zoé").ready, self.link_of("Max").ready), (True, False))
        self.import_run("anybody's", [{**told, "entity": "invoices", "external_id": "i-2"}])
        zoe = self.standing("Zoé")
        self.assertFalse(zoe.ready)
        self.assertIn("Nobody can tell whose it is", zoe.readiness_reasons)
        self.assertIn("i-2: No amount.", zoe.readiness_reasons)

    def test_too_few_cycles_or_one_that_did_not_go_through_keep_everybody_back(self):
        self.assertEqual(self.wizard.refresh_readiness(SERVICE, 4), {"waiting": 2})
        self.cycle(12, reasons=["usage ended as Failed: no rows"])
        zoe = self.standing("Zoé")
        self.assertIn("The dual run of 2025-12 did not go through: usage", zoe.readiness_reasons)

    def test_a_new_customer_waits_for_nothing_and_it_is_said(self):
        late = make_order("late", started_on="2026-01-20", period_start="2026-02-20")
        self.load(make_customer("Eve", [{**late, "period_end": "2026-03-20"}]))
        eve = self.standing("Eve")
        self.assertTrue(eve.ready)
        self.assertIn("no cycle has compared a bill of theirs yet", eve.readiness_note)
        self.cycle(1, [self.compared("Zoé"), self.compared("Max"), self.compared("Eve")])
        eve = self.standing("Eve")
        self.assertTrue(eve.ready)
        self.assertIn("Compared in 1 of 3 cycles", eve.readiness_note)

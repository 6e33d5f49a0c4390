from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    make_customer,
    make_order,
    make_plan,
    source_id,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from .cutover_common import CutoverCase


@freeze_time(NOW)
class TestCycles(CutoverCase):
    def rows(self):
        return self.wizard.cycles(SERVICE)

    def test_green_cycles_count_back_from_the_latest_without_a_gap(self):
        self.assertEqual([row["green_in_a_row"] for row in self.rows()], [3, 2, 1])
        self.cycle(12, key="again", reasons=["Usage was missing."])
        rows = {row["key"]: row for row in self.rows()}
        self.assertEqual(rows["cycle 1"]["green_in_a_row"], 1)
        self.assertEqual(rows["again"]["reasons"], ["Usage was missing."])
        self.assertEqual([rows[key]["counts"] for key in ("again", "cycle 12")], [True, False])

    def test_gap_between_cycles_ends_the_row(self):
        self.env.cr.execute(
            "UPDATE fusion_billing_cycle SET state = 'arriving' WHERE key = 'cycle 12'"
        )
        self.env.invalidate_all()
        self.assertEqual([row["green_in_a_row"] for row in self.rows()], [1, 1])

    def test_the_same_again_is_one_record_and_other_contents_are_a_further_one(self):
        self.assertEqual(self.service.phase, "dual_run")
        first = self.cycle(1)
        self.assertEqual(len(self.rows()), 3)
        self.assertNotEqual(self.cycle(1, reasons=["No."]), first)
        self.assertEqual([row["counts"] for row in self.rows()[:2]], [True, False])
        self.assertFalse(self.rows()[0]["green"])

    def test_cycle_that_makes_no_sense_is_refused(self):
        for changes in (
            {"key": None},
            {"limits": {"match_rate": "many"}},
            {"customers": [{"customer": "x", "currency": "none"}]},
            {"figures": {"lines": "many"}},
            {"period_from": "2030-01-01T00:00:00Z"},
            {"service": "nobody"},
        ):
            with self.subTest(changes), self.assertRaises(UserError):
                self.cycle(1, **changes)

    def test_reader_sees_cycles_and_records_none(self):
        reader = self.make_user("reader", "group_reader")
        self.assertEqual(self.env["fusion.billing.cycle"].with_user(reader).search_count([]), 3)
        for call in (
            lambda: self.wizard.with_user(reader).record_cycle({}),
            lambda: self.wizard.with_user(reader).cycles(SERVICE),
            lambda: self.wizard.with_user(reader).cutover_plan({}),
            lambda: self.wizard.with_user(reader).cutover_bundle({}),
            lambda: self.wizard.with_user(reader).rollback_bundle({}),
            lambda: self.wizard.with_user(reader).record_approval({}),
        ):
            with self.assertRaises(AccessError):
                call()


@freeze_time(NOW)
class TestGate(CutoverCase):
    def test_gate_holds_after_green_cycles_with_everybody_ready(self):
        answer = self.check()
        self.assertEqual(self.broken(), {})
        self.assertEqual(
            [answer[name] for name in ("phase", "customers", "subscriptions", "live_customers")],
            ["dual_run", 2, 3, 0],
        )
        self.assertEqual(answer["digest"], self.check()["digest"])

    def test_each_gate_names_what_breaks_it(self):
        web = self.order()
        order = "UPDATE sale_order SET {} WHERE id = %s"
        breaks = [
            ("orders_draft", order.format("state = 'sent'"), web.id),
            (
                "stripe_ids",
                "UPDATE fusion_billing_account_link SET stripe_customer_id = NULL WHERE id = %s",
                self.link().id,
            ),
            ("calendars", order.format("next_invoice_date = NULL"), web.id),
            ("customers_known", order.format("x_fc_account_link_id = NULL"), web.id),
            ("charges_unlinked", "UPDATE fusion_billing_charge SET plan_id = %s", web.plan_id.id),
            (
                "phase",
                "UPDATE fusion_billing_service SET phase = 'shadow' WHERE id = %s",
                self.service.id,
            ),
        ]
        for gate, statement, value in breaks:
            with self.subTest(statement), self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(statement, [value])
                self.env.invalidate_all()
                self.assertEqual(list(self.broken()), [gate])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_cycles_figures_and_open_differences_are_held_against_the_requirements(self):
        self.differ(self.difference("Zoé", "-3.50", cause="unexplained"), self.difference("Zoé"))
        limits = {"match_rate": "0.5", "unexplained": "9"}
        self.cycle(1, [self.compared("Zoé", 98, differing=2)], limits=limits)
        self.assertEqual(set(self.broken()), {"match_rate", "unexplained", "reconciled"})
        self.assertEqual(set(self.broken(match_rate="0.98", unexplained="3.5")), {"reconciled"})
        self.assertEqual(
            set(self.broken(match_rate="0", unexplained="9", green_cycles=4)),
            {"green_cycles", "reconciled"},
        )
        for requirements in ({"typo": 1}, {"match_rate": 0.9}, {"match_rate": "NaN"}):
            with self.subTest(requirements), self.assertRaises(UserError):
                self.check(**requirements)

    def test_green_cycles_of_long_ago_open_no_gate(self):
        with freeze_time("2026-05-11 23:00:00"):
            self.assertEqual(self.broken(), {})
        with freeze_time("2026-05-13 01:00:00"):
            gate = self.broken()["green_cycles"]
            self.assertIn("The latest ended on 2026-02-01", gate["sentence"])
            self.assertEqual(self.broken(green_cycles=0), {})

    def test_payer_whom_the_last_import_left_out_keeps_only_their_group_back(self):
        left_out = {"entity": "order", "external_id": source_id("deployment db"),
                    "outcome": "quarantined", "code": "x", "message": "y"}  # fmt: skip
        self.import_run("second", [left_out], "partial")
        self.assertEqual(set(self.broken()), {"payers_loaded"})
        self.assertEqual(set(self.broken("Max")), {"payers_loaded"})
        self.assertEqual(self.broken("Zoé"), {})
        self.assertEqual(self.broken(payers_loaded=False), {})
        usage = {
            "service": SERVICE,
            "key": "u",
            "started_at": "2026-03-01",
            "source": "nexacloud usage",
        }
        self.wizard.start_run(usage)
        self.wizard.finish_run("u", {"state": "done"})
        self.assertEqual(set(self.broken("Max")), {"payers_loaded"})

    def test_missing_stripe_id_matters_only_for_payers_and_can_be_waived(self):
        free = make_plan("free", flat_prices={"monthly": "0.00", "yearly": None}, charges=[])
        order = make_order("free", "free", price="0.00")
        self.load(make_customer("Eve", [order], stripe_customer_id=None), plans=[free])
        self.assertEqual(self.broken(), {})
        self.load(make_customer("Zoé", [make_order()], stripe_customer_id=None))
        self.assertEqual(self.broken()["stripe_ids"]["examples"], [source_id("user Zoé")])
        self.assertEqual(self.broken(stripe_ids=False), {})

    def test_pilot_group_of_unknown_customers_is_told(self):
        self.assertEqual(set(self.broken("Nobody")), {"customers_known"})


@freeze_time(NOW)
class TestApproval(CutoverCase):
    def test_decision_is_on_record_with_user_name_note_and_evidence_and_stays(self):
        plan = self.plan_cutover(evidence={"report": "https://nexa.example/r"})
        answer = self.decide(plan)
        self.assertEqual((answer["decision"], answer["user"]), ("yes", "fc-importer"))
        self.assertEqual(answer["expires_at"], "2026-03-02T12:00:00Z")
        approval = self.env["fusion.billing.approval"].search([])
        self.assertEqual((approval.who, approval.digest), ("Ada Controller", plan["digest"]))
        self.assertEqual(approval.cutover_id.state, "approved")
        for attempt in (lambda: approval.write({"who": "Eve"}), approval.unlink):
            with self.assertRaises(UserError):
                attempt()

    def test_same_key_again_is_the_same_decision(self):
        plan = self.plan_cutover()
        first = self.decide(plan, key="one")
        self.assertEqual(self.decide(plan, key="one"), first)
        with self.assertRaises(UserError):
            self.decide(plan, "no", key="one")

    def test_approved_plan_stays_and_a_planned_one_follows_the_facts(self):
        before = self.plan_cutover()
        self.cycle(2)
        after = self.plan_cutover()
        self.assertNotEqual(before["digest"], after["digest"])
        with self.assertRaisesRegex(UserError, "evidence"):
            self.decide(before)
        self.decide(after)
        self.cycle(2, reasons=["No."])
        again = self.plan_cutover()
        self.assertEqual((again["digest"], again["state"]), (after["digest"], "approved"))

    def test_yes_needs_a_gate_that_holds_and_a_name(self):
        plan = self.plan_cutover()
        for values in ({"who": " "}, {"decision": "maybe"}, {"digest": "0"}, {"key": ""}):
            with self.subTest(values), self.assertRaises(UserError):
                self.decide(plan, **{"decision": "yes", **values})
        self.cycle(2, reasons=["No."])
        plan = self.plan_cutover()
        with self.assertRaisesRegex(UserError, "gate"):
            self.decide(plan)
        self.assertEqual(self.decide(plan, "no")["decision"], "no")
        cutover = self.env["fusion.billing.cutover"].search([])
        self.assertEqual(cutover.state, "refused")

    def test_nobody_is_switched_without_an_approval_that_holds(self):
        plan = self.plan_cutover()
        cutover = self.env["fusion.billing.cutover"].search([])
        with self.assertRaisesRegex(UserError, "no decision"):
            self.switch(cutover, "Zoé")
        self.decide(plan)
        with freeze_time("2026-03-02 12:00:00"), self.assertRaisesRegex(UserError, "expired"):
            self.switch(cutover, "Zoé")
        self.decide(plan, "no")
        with self.assertRaisesRegex(UserError, "against"):
            self.switch(cutover, "Zoé", approval="decision 0")
        self.assertTrue(self.order().x_fc_shadow)

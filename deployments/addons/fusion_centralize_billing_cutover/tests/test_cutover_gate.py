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
            lambda: self.wizard.with_user(reader).cutover_decision("cutover"),
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

    def test_what_is_wrong_with_one_customer_keeps_them_back_by_name_and_nobody_else(self):
        web, zoe = self.order(), source_id("user Zoé")
        order = "UPDATE sale_order SET {} WHERE id = %s"
        link = "UPDATE fusion_billing_account_link SET {} WHERE id = %s"
        contact = "UPDATE res_partner SET active = false WHERE id = %s"
        breaks = [
            ("order", order.format("state = 'sent'"), web.id),
            ("card", link.format("stripe_customer_id = NULL"), self.link().id),
            ("order", order.format("next_invoice_date = NULL"), web.id),
            ("contact", contact, self.link().partner_id.id),
            ("not_billed_by_odoo", order.format("x_fc_account_link_id = NULL"), web.id),
        ]
        billed = self.billed()
        for code, statement, value in breaks:
            with self.subTest(statement), self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(statement, [value])
                self.env.invalidate_all()
                self.assertEqual(self.waiting(billed=billed), {zoe: [code]})
                self.assertEqual(self.broken(billed=billed), {})
                savepoint.rollback()
                self.env.invalidate_all()

    def test_charge_that_is_linked_too_early_keeps_back_who_has_its_plan(self):
        self.charges().plan_id = self.order().plan_id
        codes = {code for codes in self.waiting().values() for code in codes}
        self.assertEqual(codes, {"charge_linked"})
        self.assertEqual(set(self.broken()), {"somebody_ready"})

    def test_service_in_shadow_and_a_source_that_nobody_asked_close_the_gate(self):
        self.env.cr.execute("UPDATE fusion_billing_service SET phase = 'shadow'")
        self.env.invalidate_all()
        self.assertEqual(set(self.broken()), {"phase"})
        answer = self.wizard.cutover_check(SERVICE)
        self.assertEqual(
            [gate["gate"] for gate in answer["gates"] if not gate["ok"]], ["phase", "source_asked"]
        )

    def test_what_the_flow_found_itself_closes_the_gate(self):
        told = {"gates": [{"name": "copy_is_fresh", "ok": False, "sentence": "No."}]}
        plan = self.plan_cutover(evidence=told)
        self.assertFalse(plan["ok"])
        self.assertEqual([gate["gate"] for gate in plan["gates"] if not gate["ok"]], ["evidence"])

    def test_open_line_keeps_its_customer_back_and_the_cycle_s_share_nobody(self):
        rows = [self.compared("Zoé", 8, 2, "copy"), self.compared("Max", 10)]
        self.cycle(1, rows)
        self.assertEqual(self.broken(), {})
        self.assertEqual(list(self.waiting()), [source_id("user Zoé")])
        told = {gate["gate"]: gate["sentence"] for gate in self.check()["gates"]}
        self.assertIn("90.00% of the lines", told["latest_cycle"])
        self.assertIn("1 of 2 customers are ready", told["somebody_ready"])

    def test_too_few_dual_runs_and_requirements_that_nobody_knows_are_refused(self):
        self.assertEqual(set(self.broken(green_cycles=4)), {"green_cycles", "somebody_ready"})
        self.assertEqual(self.broken(green_cycles=1), {})
        for requirements in ({"typo": 1}, {"match_rate": 0.9}, {"match_rate": "NaN"}):
            with self.subTest(requirements), self.assertRaises(UserError):
                self.check(**requirements)

    def test_dual_run_that_did_not_go_through_keeps_everybody_back(self):
        self.cycle(1, reasons=["Usage was missing."])
        self.assertEqual(set(self.broken()), {"somebody_ready"})
        self.assertEqual({tuple(codes) for codes in self.waiting().values()}, {("cycles",)})

    def test_green_cycles_of_long_ago_open_no_gate(self):
        with freeze_time("2026-05-11 23:00:00"):
            self.assertEqual(self.broken(), {})
        with freeze_time("2026-05-13 01:00:00"):
            gate = self.broken()["green_cycles"]
            self.assertIn("The latest ended on 2026-02-01", gate["sentence"])
            self.assertEqual(self.broken(green_cycles=0), {})

    def test_payer_whom_the_last_import_left_out_is_kept_back_alone(self):
        left_out = {"entity": "order", "external_id": source_id("deployment db"),
                    "outcome": "quarantined", "code": "x", "message": "y"}  # fmt: skip
        self.import_run("second", [left_out], "partial")
        kept_back = {source_id("user Max"): ["kept_out"]}
        self.assertEqual((self.broken(), self.waiting()), ({}, kept_back))
        self.assertEqual(self.waiting("Zoé"), {})
        self.assertEqual(self.waiting(payers_loaded=False), {})
        usage = {
            "service": SERVICE,
            "key": "u",
            "started_at": "2026-03-01",
            "source": "nexacloud usage",
        }
        self.wizard.start_run(usage)
        self.wizard.finish_run("u", {"state": "done"})
        self.assertEqual(self.waiting("Max"), kept_back)

    def test_missing_stripe_id_matters_only_for_payers_and_can_be_waived(self):
        free = make_plan("free", flat_prices={"monthly": "0.00", "yearly": None}, charges=[])
        order = make_order("free", "free", price="0.00")
        self.load(make_customer("Eve", [order], stripe_customer_id=None), plans=[free])
        self.assertEqual(self.waiting(), {})
        self.load(make_customer("Zoé", [make_order()], stripe_customer_id=None))
        self.assertEqual(self.waiting(), {source_id("user Zoé"): ["card"]})
        self.assertEqual(self.waiting(stripe_ids=False), {})

    def test_customer_of_the_group_whom_odoo_does_not_know_is_told(self):
        nobody = {source_id("user Nobody"): ["no_subscription", "not_loaded"]}
        self.assertEqual(self.waiting("Nobody", "Zoé"), nobody)
        self.assertEqual(self.broken("Nobody", "Zoé"), {})
        self.assertEqual(set(self.broken("Nobody")), {"somebody_ready"})

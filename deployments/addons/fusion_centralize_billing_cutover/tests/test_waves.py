"""A cutover switches who is ready; who is not is told, by name, with the reason and the revenue."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import (
    make_customer,
    make_order,
    source_id,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from .cutover_common import BOUNDARY, CutoverCase

ZOE, MAX = source_id("user Zoé"), source_id("user Max")


@freeze_time(NOW)
class TestWaves(CutoverCase):
    def rows(self, plan):
        return {row["customer"]: row for row in plan["wave"]}

    def test_who_is_not_ready_waits_and_the_others_are_switched(self):
        self.load(make_customer("Zoé", [make_order()], stripe_customer_id=None))
        cutover = self.approve()
        self.assertEqual((cutover.ready_count, cutover.waiting_count), (1, 1))
        rows, answer = self.switch(cutover, "Zoé", "Max")
        self.assertEqual(self.outcome(rows["Zoé"]), ("failed", "not_ready"))
        self.assertIn("no Stripe customer", rows["Zoé"]["message"])
        self.assertEqual(answer["switched"], 1)
        done = self.wizard.finish_cutover(cutover.key)
        self.assertEqual((done["state"], done["phase"]), ("done", "cutover"))
        # The next wave is whoever has become ready since.
        self.load(make_customer("Zoé", [make_order()]))
        self.import_run("after")
        second = self.approve(key="second")
        self.assertEqual(second.customer_ids.mapped("external_id"), [ZOE])
        self.assertEqual(self.switch(second, "Zoé")[0]["Zoé"]["outcome"], "switched")
        self.assertEqual(self.wizard.finish_cutover("second")["phase"], "live")
        gates = {gate["gate"]: gate for gate in self.check()["gates"]}
        self.assertEqual(gates["somebody_ready"]["sentence"], "Nobody is left to switch.")

    def test_customers_of_a_cutover_are_those_who_are_ready(self):
        self.load(make_customer("Zoé", [make_order()], stripe_customer_id=None))
        cutover = self.approve()
        page = self.wizard.cutover_customers(cutover.key)
        self.assertEqual([row["customer"] for row in page["rows"]], [MAX])

    def test_cancelled_shadow_that_the_source_bills_keeps_its_customer_back_by_name(self):
        billed = self.billed()
        self.order("api").action_cancel()
        plan = self.plan_cutover(billed=billed)
        row = self.rows(plan)[MAX]
        self.assertEqual((row["ready"], row["codes"]), (False, ["not_billed_by_odoo", "order"]))
        for reason in row["reasons"]:
            self.assertIn(source_id("subscription api"), reason)
            self.assertIn("cancelled", reason)
        self.assertTrue(self.rows(plan)[ZOE]["ready"])
        self.decide(plan)
        cutover = self.env["fusion.billing.cutover"].search([])
        rows, _answer = self.switch(cutover, "Zoé", "Max")
        self.assertEqual(self.outcome(rows["Max"]), ("failed", "not_ready"))
        # Whoever has nothing left in Odoo is not live by being forgotten.
        self.order("db").action_cancel()
        done = self.wizard.finish_cutover("cutover")
        self.assertEqual((done["phase"], self.link("Max").billing_state), ("cutover", "shadow"))
        # Nor by a later plan that nobody approved and that looks at nothing.
        self.plan_cutover(key="later", billed={})
        done = self.wizard.finish_cutover("cutover")
        self.assertEqual((done["phase"], self.link("Max").billing_state), ("cutover", "shadow"))

    def test_deleted_or_kept_out_subscription_keeps_its_customer_back(self):
        gone, why = source_id("subscription gone"), "Its price is missing."
        for subscriptions, code in (({gone: ""}, "not_billed_by_odoo"), ({gone: why}, "kept_out")):
            billed = self.billed()
            billed[MAX] |= subscriptions
            row = self.rows(self.check(billed=billed))[MAX]
            with self.subTest(code):
                self.assertEqual(row["codes"], [code], row["reasons"])
                self.assertIn(gone, row["reasons"][0])
        self.assertIn(why, row["reasons"][0])

    def test_customer_whom_only_the_source_knows_is_told(self):
        billed = self.billed() | {"stranger": {"s-1": "Their email is broken."}}
        row = self.rows(self.check(billed=billed))["stranger"]
        self.assertEqual(row["codes"], ["kept_out", "not_loaded"])

    def test_shadow_that_the_source_bills_no_more_keeps_its_customer_back(self):
        billed = self.billed()
        del billed[MAX][source_id("subscription api")]
        self.assertEqual(self.waiting(billed=billed), {MAX: ["not_billed_there"]})

    def test_what_the_source_bills_at_the_switch_counts(self):
        cutover = self.approve()
        billed = self.billed()
        billed[MAX] |= {source_id("subscription new"): ""}
        rows, _answer = self.switch(cutover, "Zoé", "Max", billed=billed)
        self.assertEqual(self.outcome(rows["Max"]), ("failed", "not_billed_by_odoo"))
        self.assertEqual(rows["Zoé"]["outcome"], "switched")

    def test_customer_whose_bill_changed_since_the_yes_stays_in_shadow(self):
        cutover = self.approve()
        self.order().order_line.price_unit = 59.0
        rows, _answer = self.switch(cutover, "Zoé", "Max")
        self.assertEqual(self.outcome(rows["Zoé"]), ("failed", "evidence_changed"))
        self.assertEqual(rows["Max"]["outcome"], "switched")

    def test_yes_to_a_plan_whose_bills_changed_since_is_refused(self):
        plan = self.plan_cutover()
        self.order().order_line.price_unit = 59.0
        with self.assertRaisesRegex(UserError, "changed since"):
            self.decide(plan)

    def test_approver_sees_each_first_invoice_with_its_lines_tax_and_day(self):
        self.plan_cutover()
        cutover = self.env["fusion.billing.cutover"].search([])
        zoe = cutover.customer_ids.filtered(lambda one: one.external_id == ZOE)
        (bill,) = zoe.bill
        order = self.order()
        self.assertEqual((bill["date"], bill["untaxed"]), (BOUNDARY, "49.00"))
        self.assertEqual(bill["total"], f"{order.amount_total:.2f}")
        self.assertEqual(zoe.revenue, 49.0)
        self.assertIn(f"{BOUNDARY}: {bill['total']} ", zoe.bill_text)

    def test_approver_sees_whose_bill_changes_and_which_decisions_were_used(self):
        amounts = {"billed": "45.00", "expected": "49.00", "odoo": "49.00"}
        sums = [{"outcome": "delta", "wrong_side": "", "lines": 2, **amounts}]
        self.cycle(1, [{**self.compared("Zoé"), "sums": sums}, self.compared("Max")])
        self.plan_cutover()
        customers = self.env["fusion.billing.cutover.customer"].search([])
        zoe = customers.filtered("bill_changes")
        self.assertEqual(zoe.external_id, ZOE)
        self.assertEqual((zoe.billed_before, zoe.odoo_before, zoe.revenue), (45.0, 49.0, 45.0))

    def test_wave_is_nobody_s_to_write(self):
        self.plan_cutover()
        customers = self.env["fusion.billing.cutover.customer"].search([])
        for user in (self.importer, self.ada):
            for attempt in (
                lambda user=user: customers.with_user(user).write({"ready": True}),
                lambda user=user: customers.with_user(user).unlink(),
            ):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    attempt()

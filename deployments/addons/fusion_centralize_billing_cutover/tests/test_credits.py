"""What the old side owes is the customer's at the switch, to the cent, once, and not before."""

from odoo import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.fusion_centralize_billing.tests.common import (
    make_customer,
    make_order,
    source_id,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from .cutover_common import CutoverCase

OWED = [
    {"external_id": "p", "kind": "wallet_paid", "amount": "42.50", "currency": "CAD"},
    {"external_id": "g", "kind": "wallet_granted", "amount": "10", "currency": "CAD"},
    {"external_id": "n", "kind": "credit_note", "amount": "13.56", "currency": "CAD"},
]


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestOpeningCredits(CutoverCase):
    def setUp(self):
        super().setUp()
        self.env["sale.subscription.plan"]._fc_own().auto_close_limit = 3650
        self.ann_order = make_order("ann", price="49.00")
        self.load(make_customer("Ann", [self.ann_order], opening_credits=OWED))
        self.import_run("import again")
        self.until = {self.ann_order["subscription_id"]: self.ann_order["period_end"]}

    def credits(self):
        link = self.env["fusion.billing.account.link"].search(
            [("external_id", "=", source_id("user Ann"))]
        )
        return link.credit_ids

    def switch_ann(self, **changes):
        rows, _answer = self.switch(self.approve("Ann"), "Ann", billed_until=self.until, **changes)
        return rows["Ann"]

    def outstanding(self):
        lines = self.credits().move_id.line_ids
        return -sum(
            lines.filtered(lambda line: line.account_id.account_type == "asset_receivable").mapped(
                "amount_residual"
            )
        )

    def test_nothing_is_posted_before_the_switch_and_the_approver_sees_it(self):
        gates = {gate["gate"]: gate for gate in self.check("Ann")["gates"]}
        said = gates["opening_credits"]["sentence"]
        self.assertIn("42.50 CAD", said)
        self.assertIn("13.56 CAD", said)
        self.assertFalse(self.credits().move_id)

    def test_the_switch_posts_each_credit_once(self):
        self.assertEqual(self.switch_ann()["outcome"], "switched")
        moves = self.credits().move_id
        self.assertEqual(len(moves), 3)
        self.assertEqual(set(moves.mapped("state")), {"posted"})
        self.assertAlmostEqual(self.outstanding(), 66.06)
        note = self.credits().filtered(lambda one: one.kind == "credit_note").move_id
        self.assertEqual((note.move_type, note.amount_tax), ("out_refund", 0.0))
        rows, _answer = self.switch(
            self.env["fusion.billing.cutover"].search([("key", "=", "cutover")]),
            "Ann",
            billed_until=self.until,
        )
        self.assertEqual(rows["Ann"]["outcome"], "unchanged")
        self.assertEqual(self.credits().move_id, moves)

    def test_another_amount_than_was_approved_switches_nobody(self):
        told = {source_id("user Ann"): {"p": "41.00", "g": "10.00", "n": "13.56"}}
        row = self.switch_ann(opening_credits=told)
        self.assertEqual(self.outcome(row), ("failed", "credits_differ"))
        self.assertIn("(p)", row["message"])
        self.assertFalse(self.credits().move_id)

    def test_the_same_amounts_are_posted(self):
        told = {source_id("user Ann"): {"p": "42.50", "g": "10.00", "n": "13.56"}}
        self.assertEqual(self.switch_ann(opening_credits=told)["outcome"], "switched")
        self.assertEqual(len(self.credits().move_id), 3)

    def test_the_first_invoices_use_it_credit_notes_first(self):
        self.switch_ann()
        order = self.order("ann")
        invoice = order._create_invoices()
        invoice.action_post()
        kinds = (
            self.credits()
            .filtered(lambda one: one.move_id.line_ids.filtered("matched_debit_ids"))
            .mapped("kind")
        )
        self.assertEqual(set(kinds[:1]), {kinds[0]})
        self.assertIn("credit_note", kinds)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertAlmostEqual(self.outstanding(), 66.06 - invoice.amount_total)

    def test_an_invoice_of_somebody_else_s_does_not_use_it(self):
        self.switch_ann()
        other = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.order("ann").partner_id.id,
                "invoice_line_ids": [Command.create({"name": "By hand", "price_unit": 20.0})],
            }
        )
        other.action_post()
        self.assertAlmostEqual(self.outstanding(), 66.06)

    def test_the_way_back_reverses_what_was_not_used(self):
        self.switch_ann()
        moves = self.credits().move_id
        rows = self.roll_back("Ann")
        self.assertEqual(rows["Ann"]["outcome"], "returned", rows["Ann"])
        self.assertFalse(self.credits().move_id)
        receivable = (moves | moves.reversal_move_ids).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        self.assertAlmostEqual(sum(receivable.mapped("balance")), 0.0)
        self.assertAlmostEqual(sum(receivable.mapped("amount_residual")), 0.0)

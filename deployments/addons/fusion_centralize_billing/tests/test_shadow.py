from odoo.exceptions import UserError

from .common import LoadCase, make_customer, make_order, source_id


class TestShadow(LoadCase):
    def setUp(self):
        super().setUp()
        self.customer = make_customer(orders=[make_order()])
        self.load(self.customer)
        self.shadow = self.order()

    def test_shadow_order_refuses_every_way_to_a_charge(self):
        ways = {
            "confirm": lambda: self.shadow.action_confirm(),
            "send": lambda: self.shadow.action_quotation_send(),
            "mark as sent": lambda: self.shadow.action_quotation_sent(),
            "write sale": lambda: self.shadow.write({"state": "sale"}),
            "write sent": lambda: self.shadow.write({"state": "sent"}),
            "start subscription": lambda: self.shadow.write({"subscription_state": "3_progress"}),
            "invoice": lambda: self.shadow._create_invoices(),
            "down payment": lambda: self.shadow._prepare_invoice(),
            "payment link": lambda: self.shadow._get_default_payment_link_values(),
        }
        for way, attempt in ways.items():
            with self.subTest(way), self.assertRaisesRegex(UserError, "is a shadow order"):
                attempt()
        self.assertEqual(self.shadow.state, "draft")

    def test_shadow_order_takes_no_payment_token(self):
        with self.assertRaisesRegex(UserError, "payment method"):
            self.shadow.write({"payment_token_id": 1})

    def test_shadow_order_is_not_paid_through_the_portal(self):
        currency = self.shadow.currency_id
        payment = {
            "provider_id": self.env["payment.provider"].create({"name": "Cards"}).id,
            "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
            "reference": "shadow",
            "amount": 49.0,
            "currency_id": currency.id,
            "partner_id": self.shadow.partner_id.id,
            "sale_order_ids": [(6, 0, self.shadow.ids)],
        }
        with self.assertRaisesRegex(UserError, "cannot be paid"):
            self.env["payment.transaction"].sudo().create(payment)

    def test_shadow_order_in_a_mixed_selection_keeps_all_of_it_unconfirmed(self):
        other = self.env["sale.order"].create({"partner_id": self.shadow.partner_id.id})
        with self.assertRaisesRegex(UserError, self.shadow.name):
            (other | self.shadow).action_confirm()
        self.assertEqual(other.state, "draft")

    def test_order_outside_the_shadow_confirms_as_ever(self):
        other = self.env["sale.order"].create({"partner_id": self.shadow.partner_id.id})
        other.action_confirm()
        self.assertEqual(other.state, "sale")

    def confirm_by_hand(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET state = 'sale', subscription_state = '3_progress' WHERE id = %s",
            [self.shadow.id],
        )
        self.env.invalidate_all()

    def test_order_that_left_draft_is_left_alone_and_reported(self):
        self.confirm_by_hand()
        key = ("order", source_id("deployment web"))
        unchanged = self.load(self.customer)[key]
        self.assertEqual(
            (unchanged["outcome"], unchanged["code"]), ("unchanged", "order_left_draft")
        )
        changed = make_customer(orders=[make_order(price="99.00")])
        for flags in ({}, {"full_compare": True}):
            row = self.load(changed, **flags)[key]
            self.assertEqual((row["outcome"], row["code"]), ("unchanged", "order_left_draft"))
        self.assertEqual(self.shadow.state, "sale")
        self.assertEqual(self.shadow.order_line.price_unit, 49.0)

    def test_canceled_order_is_left_alone_and_reported(self):
        self.shadow.action_cancel()
        row = self.load(self.customer)["order", source_id("deployment web")]
        self.assertEqual((row["outcome"], row["code"]), ("unchanged", "order_left_draft"))
        self.assertEqual(self.shadow.state, "cancel")

    def test_load_puts_a_lost_shadow_mark_back(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET x_fc_shadow = false WHERE id = %s", [self.shadow.id]
        )
        row = self.load(self.customer)["order", source_id("deployment web")]
        self.assertEqual((row["outcome"], row["code"]), ("updated", "drift"))
        self.assertTrue(self.shadow.x_fc_shadow)

    def test_load_empties_the_recurring_plan_of_a_charge_again(self):
        charge = self.plan().charge_ids
        charge.plan_id = self.shadow.plan_id
        row = self.load(self.customer)["plan", self.plan().external_id]
        self.assertEqual((row["outcome"], row["code"]), ("updated", "drift"))
        self.assertFalse(charge.plan_id)

    def test_deleted_shadow_order_is_created_again(self):
        self.shadow.unlink()
        row = self.load(self.customer)["order", source_id("deployment web")]
        self.assertEqual(row["outcome"], "created")

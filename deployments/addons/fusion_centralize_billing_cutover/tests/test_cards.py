"""Whoever pays by card has one before the switch, and only the switch gives it to an order."""

from odoo.tests import freeze_time
from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.tests.common import source_id
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from ..switching.cards import without_usable_card
from .cutover_common import CutoverCase


@freeze_time(NOW)
class TestCardsOfACutover(CutoverCase):
    def tokens(self):
        return self.env["payment.token"].search([])

    def card_of(self, name):
        return self.link(name)._card()

    def link(self, name="Zoé"):
        return self.env["fusion.billing.account.link"].search(
            [("external_id", "=", source_id(f"user {name}"))]
        )

    def reasons(self):
        self.env.flush_all()
        return without_usable_card(self.env(su=True), SQL("link.service_id = %s", self.service.id))

    def test_each_kind_of_missing_card_holds_back_its_customer_alone(self):
        zoe, card = self.link(), self.card_of("Zoé").sudo()
        breaks = {
            "Has no card": lambda: card.write({"active": False}),
            "The card ends on 2026-02-28; the first invoice is on 2026-03-01.": lambda: card.write(
                {"x_fc_expires_on": "2026-02-28"}
            ),
            "belongs to another Stripe customer": lambda: card.write({"provider_ref": "cus_9"}),
            "is not enabled": lambda: self.env.cr.execute(
                "UPDATE payment_provider SET state = 'test' WHERE id = %s", [card.provider_id.id]
            ),
        }
        for words, break_it in breaks.items():
            with self.subTest(words), self.env.cr.savepoint() as savepoint:
                break_it()
                self.env.flush_all()
                self.env.invalidate_all()
                found = self.reasons()
                self.assertIn(words, found[zoe.external_id])
                self.assertEqual(self.waiting(), {key: ["unusable_card"] for key in found})
                self.assertEqual(self.waiting(cards=False), {})
                if len(found) == 1:
                    self.assertEqual(self.broken("Max"), {})
                savepoint.rollback()
                self.env.invalidate_all()
        self.assertEqual(self.waiting(), {})

    def test_card_that_ends_on_the_day_of_the_first_invoice_is_enough(self):
        self.order().sudo().next_invoice_date = "2026-03-14"
        for day, missing in (("2026-03-14", 0), ("2026-03-13", 1)):
            self.card_of("Zoé").sudo().x_fc_expires_on = day
            self.assertEqual(len(self.reasons()), missing, day)

    def test_who_is_said_to_pay_by_invoice_needs_neither_card_nor_stripe(self):
        self.card_of("Zoé").sudo().active = False
        self.link().sudo().stripe_customer_id = False
        self.assertEqual(self.waiting(), {self.link().external_id: ["card"]})
        self.link().sudo().pays_by_invoice = True
        self.assertEqual(self.waiting(), {})
        rows, _answer = self.switch(self.approve("Zoé"), "Zoé")
        self.assertEqual(self.outcome(rows["Zoé"]), ("switched", None))
        self.assertFalse(self.order().payment_token_id)

    def test_switch_gives_the_card_to_every_order_and_the_way_back_takes_it(self):
        orders = self.env["sale.order"].search([("x_fc_shadow", "=", True)])
        self.assertFalse(orders.payment_token_id)
        rows, _answer = self.switch(self.approve(), "Zoé", "Max")
        self.assertEqual({row["outcome"] for row in rows.values()}, {"switched"})
        self.assertEqual(self.order().payment_token_id, self.card_of("Zoé"))
        for name in ("db", "api"):
            self.assertEqual(self.order(name).payment_token_id, self.card_of("Max"))
        self.assertFalse(self.env["payment.transaction"].search([]))
        self.roll_back("Zoé")
        self.assertFalse(self.order().payment_token_id)
        self.assertTrue(self.card_of("Zoé"))

    def test_card_that_went_between_approval_and_switch_keeps_its_customer_back(self):
        cutover = self.approve()
        self.card_of("Zoé").sudo().active = False
        self.env.flush_all()
        rows, _answer = self.switch(cutover, "Zoé", "Max")
        self.assertEqual(self.outcome(rows["Zoé"]), ("failed", "unusable_card"))
        self.assertEqual(self.outcome(rows["Max"]), ("switched", None))
        self.assertFalse(self.order().payment_token_id)

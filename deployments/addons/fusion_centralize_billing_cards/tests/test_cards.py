"""Cards in Odoo: one for each account, harmless before the switch, and never a number."""

from odoo.exceptions import AccessError, UserError
from odoo.tools import mute_logger

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    LoadCase,
    make_customer,
    make_order,
    source_id,
)

from .cards_common import enable_stripe, make_card


class TestCards(LoadCase):
    def setUp(self):
        super().setUp()
        self.load(make_customer("Zoé", [make_order()]), make_customer("Max", [make_order("db")]))
        self.zoe, self.max = (
            self.env["fusion.billing.account.link"].search([("external_id", "=", source_id(user))])
            for user in ("user Zoé", "user Max")
        )
        self.max.sudo().stripe_customer_id = "cus_2"
        self.env.flush_all()

    def bring(self, *rows, **values):
        answer = self.wizard.load_cards({"service": SERVICE, "rows": list(rows), **values})
        self.env.invalidate_all()
        return answer["rows"]

    def row(self, link, card, **changes):
        return {
            "account": link.external_id,
            "stripe_customer": link.stripe_customer_id,
            "card": card,
            **changes,
        }

    def tokens(self):
        return self.env["payment.token"].with_context(active_test=False).search([], order="id")

    def test_card_becomes_a_token_that_no_order_has(self):
        (row,) = self.bring(self.row(self.zoe, make_card()))
        self.assertEqual((row["outcome"], row["code"]), ("created", None))
        token = self.tokens()
        self.assertEqual(
            (token.id, token.provider_code, token.partner_id, token.provider_ref),
            (row["odoo_id"], "stripe", self.zoe.partner_id, "cus_1"),
        )
        self.assertEqual(
            (token.stripe_payment_method, token.payment_details, str(token.x_fc_expires_on)),
            ("pm_1", "4242", "2030-12-31"),
        )
        self.assertEqual(token.payment_method_id.code, "visa")
        self.assertEqual(self.zoe.card_summary, "•••• 4242, 12/2030")
        orders = self.env["sale.order"].search([("x_fc_shadow", "=", True)])
        self.assertEqual(len(orders), 2)
        self.assertFalse(orders.payment_token_id)

    def test_second_load_changes_nothing(self):
        rows = [self.row(self.zoe, make_card()), self.row(self.max, make_card(brand="new_brand"))]
        self.assertEqual({row["outcome"] for row in self.bring(*rows)}, {"created"})
        before = self.tokens().read()
        self.assertEqual({row["outcome"] for row in self.bring(*rows)}, {"unchanged"})
        self.assertEqual(self.tokens().read(), before)
        self.assertEqual(set(self.tokens().payment_method_id.mapped("code")), {"visa", "card"})

    def test_dry_run_leaves_nothing_behind(self):
        (row,) = self.bring(self.row(self.zoe, make_card()), dry_run=True)
        self.assertEqual((row["outcome"], row["odoo_id"]), ("created", None))
        self.assertFalse(self.tokens())

    def test_other_card_takes_the_place_of_the_first_and_none_takes_it_away(self):
        self.bring(self.row(self.zoe, make_card()))
        first = self.tokens()
        (renewed,) = self.bring(self.row(self.zoe, make_card(exp_year=2031)))
        self.assertEqual((renewed["outcome"], renewed["odoo_id"]), ("updated", first.id))
        (other,) = self.bring(self.row(self.zoe, make_card(payment_method="card_2")))
        self.assertEqual(other["outcome"], "updated")
        self.assertEqual(self.tokens().mapped("active"), [False, True])
        (gone,) = self.bring(self.row(self.zoe, None))
        self.assertEqual((gone["outcome"], gone["code"]), ("updated", "removed"))
        self.assertEqual(self.tokens().mapped("active"), [False, False])
        (still,) = self.bring(self.row(self.zoe, None))
        self.assertEqual(still["outcome"], "unchanged")

    def test_what_is_no_card_is_refused_alone_and_never_repeated(self):
        number = "4242424242424242"
        bad = [
            make_card(number=number),
            make_card(last4=number),
            make_card(last4="42a2"),
            make_card(brand=number),
            make_card(payment_method=number),
            make_card(payment_method="pm_1/../charges"),
            make_card(exp_month=13),
            make_card(exp_year="2030"),
            make_card(exp_month=True),
            number,
            {},
        ]
        for card in bad:
            with self.subTest(card):
                rows = self.bring(self.row(self.zoe, card), self.row(self.max, make_card()))
                self.assertEqual(
                    [(row["outcome"], row["code"]) for row in rows],
                    [
                        ("failed", "invalid_value"),
                        ("created" if card is bad[0] else "unchanged", None),
                    ],
                )
                self.assertNotIn("4242", rows[0]["message"])
        self.assertEqual(len(self.tokens()), 1)

    def test_stranger_and_changed_customer_are_refused(self):
        rows = self.bring(
            self.row(self.zoe, make_card(), account="nobody"),
            self.row(self.zoe, make_card(), stripe_customer="cus_9"),
        )
        self.assertEqual([row["code"] for row in rows], ["unknown_account", "other_customer"])
        self.assertFalse(self.tokens())

    def test_card_of_a_live_account_is_left_alone(self):
        self.bring(self.row(self.zoe, make_card()))
        self.zoe.sudo().billing_state = "live"
        for card in (None, make_card(payment_method="pm_2")):
            (row,) = self.bring(self.row(self.zoe, card))
            self.assertEqual((row["outcome"], row["code"]), ("unchanged", "live"))
        self.assertEqual(self.tokens().mapped("stripe_payment_method"), ["pm_1"])

    def test_malformed_batches_and_others_than_importers_are_refused(self):
        twice = [self.row(self.zoe, make_card())] * 2
        for rows in (None, [1], [{}], twice, [self.row(self.zoe, None)] * 1001):
            with self.subTest(rows=str(rows)[:40]), self.assertRaises(UserError):
                self.wizard.load_cards({"service": SERVICE, "rows": rows})
        reader = self.make_user("reader", "group_reader")
        with self.assertRaises(AccessError):
            self.wizard.with_user(reader).load_cards({"service": SERVICE, "rows": []})
        with self.assertRaises(AccessError):
            self.wizard.with_user(reader).card_accounts(SERVICE)

    def test_no_user_sets_whose_card_it_is_and_a_manager_says_who_pays_by_invoice(self):
        self.bring(self.row(self.zoe, make_card()))
        system = self.env.ref("base.user_admin")
        with self.assertRaises(AccessError):
            self.tokens().with_user(system).write({"x_fc_account_link_id": self.max.id})
        manager = self.make_user("manager", "group_manager")
        self.zoe.with_user(manager).pays_by_invoice = True
        with mute_logger("odoo.addons.base.models.ir_model"), self.assertRaises(AccessError):
            self.zoe.with_user(self.importer).pays_by_invoice = False

    def test_a_manager_says_it_of_many_at_once(self):
        both, cards = self.zoe + self.max, "fusion_centralize_billing_cards"
        manager = self.make_user("manager", "group_manager")
        for name, said in (("action_pays_by_invoice", True), ("action_pays_by_card", False)):
            action = self.env.ref(f"{cards}.{name}").with_user(manager)
            context = {"active_model": both._name, "active_ids": both.ids}
            action.with_context(**context).run()
            self.assertEqual(both.mapped("pays_by_invoice"), [said, said])

    def test_accounts_are_told_page_by_page(self):
        self.max.sudo().write({"pays_by_invoice": True, "payment_provider": "gocardless"})
        first = self.wizard.card_accounts(SERVICE, 0, 1)
        second = self.wizard.card_accounts(SERVICE, first["next_after_id"], 2)
        self.assertIsNone(second["next_after_id"])
        told = {row["account"]: row for row in first["rows"] + second["rows"]}
        self.assertEqual(set(told), {self.zoe.external_id, self.max.external_id})
        self.assertEqual(
            told[self.max.external_id],
            {
                "account": self.max.external_id,
                "stripe_customer": "cus_2",
                "live": False,
                "pays_by_invoice": True,
                "payment_provider": "gocardless",
                "first_invoice_on": "2026-02-14",
                "subscriptions": 1,
            },
        )

    def test_brought_cards_stay_when_stripe_is_enabled(self):
        self.bring(self.row(self.zoe, make_card()))
        enable_stripe(self.env, self.service.company_id)
        self.assertTrue(self.tokens().active)

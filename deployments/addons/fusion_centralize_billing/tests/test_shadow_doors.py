"""Doors beside the cutover: each would charge, or frighten, somebody who pays elsewhere."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import HttpCase, new_test_user, tagged

from .common import LoadCase, make_customer, make_order

SALES = "sales_team.group_sale_manager,account.group_account_invoice,base.group_partner_manager"


class ShadowCase(LoadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(cls.env, "fc-seller", groups=SALES)
        cls.customer = make_customer(orders=[make_order()])

    def setUp(self):
        super().setUp()
        self.load(self.customer)
        self.shadow = self.order().with_user(self.seller)
        self.line = self.shadow.order_line
        self.other = (
            self.env["sale.order"]
            .with_user(self.seller)
            .create({"partner_id": self.shadow.partner_id.id})
        )

    def assert_shut(self, **ways):
        for way, attempt in ways.items():
            with (
                self.subTest(way),
                self.assertRaisesRegex(UserError, "is a shadow order"),
                self.env.cr.savepoint(),
            ):
                attempt()
                self.env.flush_all()
            self.env.invalidate_all()


class TestShadowCopies(ShadowCase):
    def test_duplicate_of_a_shadow_gives_no_order_that_charges(self):
        self.assert_shut(
            duplicate=lambda: self.shadow.copy(),
            duplicate_for_another=lambda: self.shadow.copy({"partner_id": self.seller.id}),
            values=lambda: self.shadow.copy_data(),
            with_another=lambda: (self.other | self.shadow).copy(),
            line=lambda: self.line.copy({"order_id": self.other.id}),
            line_values=lambda: self.line.copy_data(),
        )
        self.assertTrue(self.other.copy())

    def test_line_leaves_no_shadow_and_comes_into_none(self):
        other_line = self.env["sale.order.line"].create(
            {"order_id": self.other.id, "product_id": self.line.product_id.id}
        )
        self.assert_shut(
            out=lambda: self.line.write({"order_id": self.other.id}),
            linked=lambda: self.other.write({"order_line": [Command.link(self.line.id)]}),
            into=lambda: other_line.with_user(self.seller).write({"order_id": self.shadow.id}),
        )
        self.assertEqual(self.line.order_id, self.shadow)

    def test_order_that_follows_a_shadow_is_refused(self):
        values = {"partner_id": self.shadow.partner_id.id}
        orders = self.env["sale.order"].with_user(self.seller)
        self.assert_shut(
            renewal=lambda: orders.create({**values, "subscription_id": self.shadow.id}),
            upsell=lambda: orders.create({**values, "origin_order_id": self.shadow.id}),
            afterwards=lambda: self.other.write({"subscription_id": self.shadow.id}),
        )

    def test_shadow_is_given_to_no_other_customer(self):
        friend = self.env["res.partner"].create({"name": "Friend"})
        company = self.env["res.company"].create({"name": "Other"})
        self.seller.company_ids |= company
        self.assert_shut(
            customer=lambda: self.shadow.write({"partner_id": friend.id}),
            company=lambda: self.shadow.write({"company_id": company.id}),
        )
        self.shadow.write({"partner_id": self.shadow.partner_id.id, "note": "seen"})

    def test_shadow_is_not_taken_away_unseen(self):
        wizard = self.env["sale.mass.cancel.orders"].with_user(self.seller)
        self.assert_shut(
            cancel=lambda: self.shadow.action_cancel(),
            cancel_many=lambda: wizard.create(
                {"sale_order_ids": [Command.set((self.other | self.shadow).ids)]}
            ).action_mass_cancel(),
            delete=lambda: self.shadow.unlink(),
        )
        self.seller.group_ids += self.env.ref("fusion_centralize_billing.group_manager")
        self.shadow.action_cancel()
        # A manager may; the next load tells of it.
        row = self.load(self.customer)["order", self.shadow.x_fc_external_id]
        self.assertEqual(row["code"], "order_left_draft")


class TestShadowInvoices(ShadowCase):
    def invoice(self, **line):
        return self.env["account.move"].with_user(self.seller).create(
            {
                "move_type": "out_invoice",
                "partner_id": self.shadow.partner_id.id,
                "invoice_line_ids": [Command.create({"name": "web", "price_unit": 49.0, **line})],
            }
        )  # fmt: skip

    def test_invoice_by_hand_names_no_line_of_a_shadow(self):
        invoice = self.invoice()
        lines = invoice.invoice_line_ids
        self.assert_shut(
            new=lambda: self.invoice(sale_line_ids=[Command.link(self.line.id)]),
            old=lambda: lines.write({"sale_line_ids": [Command.link(self.line.id)]}),
            other_side=lambda: self.line.write({"invoice_lines": [Command.link(lines.id)]}),
        )

    def test_invoice_that_names_a_shadow_nevertheless_is_not_posted(self):
        invoice = self.invoice()
        self.env.cr.execute(
            "INSERT INTO sale_order_line_invoice_rel (invoice_line_id, order_line_id) "
            "VALUES (%s, %s)",
            [invoice.invoice_line_ids.id, self.line.id],
        )
        self.env.invalidate_all()
        self.assert_shut(post=lambda: invoice.action_post())
        self.assertEqual(invoice.state, "draft")

    def test_wizards_of_sales_people_make_no_invoice_of_a_shadow(self):
        def down_payment(method):
            values = {"advance_payment_method": method, "sale_order_ids": self.shadow.ids}
            if method != "delivered":
                values["amount" if method == "percentage" else "fixed_amount"] = 10
            wizard = self.env["sale.advance.payment.inv"].with_user(self.seller)
            wizard.create(values).create_invoices()

        self.assert_shut(
            regular=lambda: down_payment("delivered"),
            percentage=lambda: down_payment("percentage"),
            fixed=lambda: down_payment("fixed"),
            selection=lambda: (self.other | self.shadow)._create_invoices(),
        )
        self.assertFalse(self.shadow.invoice_ids)

    def test_payment_made_for_another_order_is_not_given_to_a_shadow(self):
        payment = self.env["payment.transaction"].create(
            {
                "provider_id": self.env["payment.provider"].create({"name": "Cards"}).id,
                "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                "reference": "other",
                "amount": 49.0,
                "currency_id": self.shadow.currency_id.id,
                "partner_id": self.shadow.partner_id.id,
            }
        )
        self.assert_shut(
            payment=lambda: payment.write({"sale_order_ids": [Command.link(self.shadow.id)]}),
            order=lambda: self.shadow.write({"transaction_ids": [Command.link(payment.id)]}),
        )


class TestShadowLinks(ShadowCase):
    def test_customer_gets_no_link_to_a_shadow(self):
        share = self.env["portal.share"].with_user(self.seller)
        values = {
            "res_model": "sale.order",
            "res_id": self.shadow.id,
            "partner_ids": [Command.set(self.shadow.partner_id.ids)],
        }
        context = {"active_model": "sale.order", "active_id": self.shadow.id}
        self.assert_shut(
            url=lambda: self.shadow.get_portal_url(),
            preview=lambda: self.shadow.action_preview_sale_order(),
            share=lambda: share.with_context(**context).default_get(["share_link"]),
            mail=lambda: share.create(values).action_send_mail(),
        )
        self.assertFalse(self.shadow.sudo().access_token)
        self.assertIn("access_token", self.other.get_portal_url())

    def test_customer_gets_no_mail_about_a_shadow(self):
        customer = self.shadow.partner_id
        template = self.env.ref("sale.email_template_edi_sale").with_user(self.seller)
        composer = self.env["mail.compose.message"].with_user(self.seller)
        post = {"subtype_xmlid": "mail.mt_comment", "body": "Your quotation"}
        self.assert_shut(
            mention=lambda: self.shadow.message_post(partner_ids=customer.ids, **post),
            template=lambda: template.send_mail(self.shadow.id),
            many=lambda: composer.create(
                {
                    "composition_mode": "mass_mail",
                    "model": "sale.order",
                    "res_ids": str(self.shadow.ids),
                    "template_id": template.id,
                    "partner_ids": [Command.set(customer.ids)],
                    "subject": "Quotation",
                    "body": "Your quotation",
                }
            )._action_send_mail(),
        )

    def test_customer_gets_no_text_message_about_a_shadow(self):
        if "sms.sms" in self.env:
            customer = self.shadow.partner_id
            customer.phone = "+1 514 555 0100"
            composer = self.env["sms.composer"].with_user(self.seller)
            both = self.shadow | self.other
            self.assert_shut(
                text=lambda: self.shadow._message_sms("Your quotation", partner_ids=customer.ids),
                many=lambda: composer.create(
                    {
                        "composition_mode": "mass",
                        "mass_force_send": False,
                        "res_model": "sale.order",
                        "res_ids": str(both.ids),
                        "body": "Your quotation",
                    }
                ).action_send_sms(),
            )
            self.assertFalse(self.env["sms.sms"].search([("partner_id", "=", customer.id)]))

    def test_rows_of_a_file_make_no_way_out(self):
        lines = self.env["sale.order.line"].with_user(self.seller)
        orders = self.env["sale.order"].with_user(self.seller)
        friend = self.env["res.partner"].create({"name": "Friend"})
        for what, model, fields, row in (
            ("line", lines, [".id", "order_id/.id"], [str(self.line.id), str(self.other.id)]),
            ("state", orders, [".id", "state"], [str(self.shadow.id), "sale"]),
            ("customer", orders, [".id", "partner_id/.id"], [str(self.shadow.id), str(friend.id)]),
        ):
            with self.subTest(what):
                answer = model.load(fields, [row])
                self.assertFalse(answer["ids"])
                self.assertIn("is a shadow order", answer["messages"][0]["message"])
        self.assertEqual((self.line.order_id, self.shadow.state), (self.shadow, "draft"))

    def test_colleague_may_be_told_of_a_shadow(self):
        colleague = new_test_user(self.env, "fc-colleague", groups=SALES, email="c@nexa.example")
        colleague.notification_type = "email"
        self.shadow.message_post(body="Look", partner_ids=colleague.partner_id.ids)
        self.assertFalse(self.shadow.sudo().access_token)

    def test_portal_user_sees_no_shadow_of_their_own(self):
        portal = new_test_user(self.env, "fc-portal", groups="base.group_portal")
        self.shadow.sudo().write({"partner_id": portal.partner_id.id})
        self.other.partner_id = portal.partner_id
        seen = self.env["sale.order"].with_user(portal).search([])
        self.assertEqual(seen, self.other)
        lines = self.env["sale.order.line"].with_user(portal)
        self.assertFalse(lines.search([("order_id", "=", self.shadow.id)]))

    def test_reader_sees_orders_of_services_and_no_key_to_a_customers_page(self):
        reader = self.make_user("reader", "group_reader")
        token = self.other.sudo()._portal_ensure_token()
        orders = self.env["sale.order"].with_user(reader)
        self.assertEqual(orders.search([("id", "in", (self.shadow | self.other).ids)]), self.shadow)
        with self.assertRaises(AccessError):
            self.shadow.with_user(reader).read(["access_token"])
        self.assertNotIn("access_token", orders.fields_get())
        with self.assertRaises(AccessError):
            orders.search([("access_token", "=", token)])


@tagged("post_install", "-at_install")
class TestShadowPage(ShadowCase, HttpCase):
    def test_link_made_before_opens_no_page_of_a_shadow(self):
        for order in (self.other, self.shadow):
            order.sudo().access_token = f"key-{order.id}"
        self.env.flush_all()
        pages = {
            order: self.url_open(
                f"/my/orders/{order.id}?access_token=key-{order.id}", allow_redirects=False
            )
            for order in (self.other, self.shadow)
        }
        self.assertEqual(pages[self.other].status_code, 200)
        self.assertIn(pages[self.shadow].status_code, (302, 303))
        self.assertNotIn(self.shadow.name, pages[self.shadow].text)


class TestConcernsOfOrders(ShadowCase):
    def test_model_of_a_concern_alone_is_no_way_around_the_others(self):
        """Each concern of an order is a model that a remote call can name; it stores nothing."""
        concerns = [
            name for name in self.env["sale.order"]._inherit if name.startswith("fusion.billing.")
        ]
        self.assertGreater(len(concerns), 5)
        mine = [self.shadow.id]
        calls = {
            "write": [mine, {"x_fc_shadow": False, "state": "sale"}],
            "create": [{"partner_id": self.shadow.partner_id.id}],
            "unlink": [mine],
            "action_confirm": [mine],
            "read": [mine, ["display_name"]],
        }
        for name in concerns:
            model = self.env[name].with_user(self.seller)
            for method, arguments in calls.items():
                with self.subTest(f"{method} of {name}"):
                    self.assertTrue(self._is_refused(model, method, arguments))
        self.env.invalidate_all()
        self.assertTrue(self.order().x_fc_shadow)
        self.assertEqual(self.order().state, "draft")

    def _is_refused(self, model, method, arguments):
        try:
            with self.env.cr.savepoint():
                call_kw(model, method, arguments, {})
                self.env.flush_all()
        except (AccessError, UserError, AttributeError):
            return True
        return False

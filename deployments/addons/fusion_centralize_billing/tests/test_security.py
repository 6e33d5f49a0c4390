from odoo.exceptions import AccessError

from .common import LoadCase, make_bundle, make_customer, make_order


class TestSecurity(LoadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = cls.make_user("reader", "group_reader")
        cls.outsider = cls.make_user("outsider")

    def test_reader_cannot_load(self):
        for user in (self.reader, self.outsider):
            wizard = self.wizard.with_user(user)
            with self.subTest(user.login), self.assertRaises(AccessError):
                wizard.load_bundle(make_bundle())
            with self.assertRaises(AccessError):
                wizard.start_run({"service": "nexacloud", "key": "x", "started_at": "2026-01-01"})
            with self.assertRaises(AccessError):
                wizard.finish_run("x", {"state": "done"})

    def test_importer_needs_no_other_group_to_load_and_read_back(self):
        self.load(make_customer(orders=[make_order()]))
        order = self.order().with_user(self.importer)
        self.assertEqual(order.order_line.price_unit, 49.0)
        charge = self.plan().charge_ids.with_user(self.importer)
        self.assertEqual(charge.price_per_unit, 0.0075)
        self.assertTrue(self.link().with_user(self.importer).partner_id.name)

    def test_importer_cannot_write_around_the_endpoint(self):
        self.load(make_customer(orders=[make_order()]))
        for record in (self.order(), self.link(), self.plan(), self.plan().charge_ids):
            with self.subTest(record._name), self.assertRaises(AccessError):
                record.with_user(self.importer).write({"create_date": "2020-01-01"})

    def test_reader_needs_no_other_group_for_the_screens(self):
        self.load(make_customer(orders=[make_order()]))
        action = self.env.ref("fusion_centralize_billing.shadow_order_action")
        orders = self.order().with_user(self.reader)
        for view_id, kind in action.views:
            view = orders.get_view(view_id or None, kind)
            fields = {name: {} for name in view["models"]["sale.order"]}
            fields["order_line"] = {"fields": {"price_subtotal": {}, "tax_ids": {}}}
            with self.subTest(kind):
                self.assertEqual(orders.web_read(fields)[0]["id"], orders.id)

    def test_outsider_sees_nothing_of_it(self):
        for model in ("service", "account.link", "plan", "charge", "import.run"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[f"fusion.billing.{model}"].with_user(self.outsider).search([])

    def test_fields_of_the_import_cannot_be_forged_by_an_administrator(self):
        self.load(make_customer(orders=[make_order()]))
        admin = self.env.ref("base.user_admin")
        forgeries = [
            (self.order(), {"x_fc_shadow": False}),
            (self.order(), {"x_fc_fingerprint": "forged"}),
            (self.order(), {"x_fc_external_id": "forged"}),
            (self.link(), {"fingerprint": "forged"}),
            (self.link(), {"owns_partner": True}),
            (self.plan(), {"fingerprint": "forged"}),
        ]
        for record, values in forgeries:
            with self.subTest(values), self.assertRaisesRegex(AccessError, "import only"):
                record.with_user(admin).write(values)

    def test_shadow_cannot_be_created_by_hand_nor_by_a_default(self):
        partner = self.env["res.partner"].create({"name": "Someone"})
        orders = self.env["sale.order"].with_user(self.env.ref("base.user_admin"))
        with self.assertRaises(AccessError):
            orders.create({"partner_id": partner.id, "x_fc_shadow": True})
        order = orders.with_context(default_x_fc_shadow=True).create({"partner_id": partner.id})
        self.assertFalse(order.x_fc_shadow)

    def test_records_of_another_company_are_out_of_sight(self):
        other = self.env["res.company"].create({"name": "Other company"})
        service = self.env["fusion.billing.service"].create(
            {"name": "Other", "code": "other", "company_id": other.id}
        )
        found = self.env["fusion.billing.service"].with_user(self.reader).search([])
        self.assertNotIn(service, found)

    def test_about_tells_who_may_import(self):
        self.assertTrue(self.wizard.about()["can_import"])
        about = self.wizard.with_user(self.reader).about()
        self.assertFalse(about["can_import"])
        self.assertEqual(about["services"][0]["code"], "nexacloud")
        self.assertEqual(self.wizard.with_user(self.outsider).about()["services"], [])

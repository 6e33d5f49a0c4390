from odoo.exceptions import UserError

from .common import LoadCase, make_bundle, make_charge, make_customer, make_order, make_plan


class TestLoad(LoadCase):
    def test_load_new_rows_creates_all_of_them(self):
        answer = self.load(make_customer(orders=[make_order()]))
        self.assertEqual(self.outcomes(answer), ["created", "created", "created"])
        order = self.order()
        self.assertEqual(order.partner_id, self.link().partner_id)
        self.assertEqual(order.state, "draft")
        self.assertTrue(order.x_fc_shadow)
        self.assertFalse(order.payment_token_id)
        self.assertEqual(order.plan_id.billing_period_unit, "month")
        self.assertEqual(order.subscription_state, "1_draft")
        self.assertEqual(str(order.start_date), "2025-03-14")
        self.assertEqual(str(order.next_invoice_date), "2026-02-14")
        self.assertEqual(order.order_line.price_unit, 49.0)
        self.assertEqual(order.order_line.product_id, self.plan().flat_product_id)
        self.assertEqual(order.amount_untaxed, 49.0)

    def test_load_answers_for_every_row_in_the_order_of_the_bundle(self):
        customers = [
            make_customer("A", [make_order("a1"), make_order("a2")]),
            make_customer("B"),
            make_customer("C", [make_order("c1")]),
        ]
        answer = self.wizard.load_bundle(make_bundle(customers))
        self.assertEqual(
            [row["entity"] for row in answer["rows"]],
            ["plan", "customer", "order", "order", "customer", "customer", "order"],
        )

    def test_load_twice_changes_nothing(self):
        customer = make_customer(orders=[make_order()])
        first = self.load(customer)
        second = self.load(customer)
        self.assertEqual(set(self.outcomes(second)), {"unchanged"})
        self.assertEqual(
            [row["odoo_id"] for row in first.values()],
            [row["odoo_id"] for row in second.values()],
        )

    def test_load_twice_asks_the_database_once_per_entity(self):
        customers = [make_customer(f"C{n}", [make_order(f"d{n}")]) for n in range(20)]
        self.load(*customers)
        self.load(*customers)
        with self.assertQueryCount(6):
            self.load(*customers)

    def test_load_changed_rows_updates_them(self):
        self.load(make_customer(orders=[make_order()]))
        answer = self.load(
            make_customer(city="Ottawa", orders=[make_order(price="0.00", cycle="yearly")]),
            plans=[make_plan(flat_prices={"monthly": "59.00", "yearly": "0.00"})],
        )
        self.assertEqual(set(self.outcomes(answer)), {"updated"})
        self.assertEqual(self.link().partner_id.city, "Ottawa")
        self.assertEqual(self.order().order_line.price_unit, 0.0)
        self.assertEqual(self.order().amount_untaxed, 0.0)
        self.assertEqual(self.order().plan_id.billing_period_unit, "year")
        plan = self.plan()
        self.assertEqual((plan.price_monthly, plan.price_yearly), (59.0, 0.0))
        self.assertTrue(plan.sold_yearly)

    def test_load_of_a_new_mapping_version_without_new_values_reports_unchanged(self):
        customer = make_customer(orders=[make_order()])
        self.load(customer)
        self.assertEqual(set(self.outcomes(self.load(customer, mapping_version=2))), {"unchanged"})

    def test_load_of_another_plan_moves_the_order_to_its_product(self):
        self.load(make_customer(orders=[make_order()]))
        big = make_plan("big")
        self.load(make_customer(orders=[make_order(plan_code="big")]), plans=[big])
        order = self.order()
        self.assertEqual(order.order_line.product_id, self.plan("big").flat_product_id)
        self.assertEqual(len(order.order_line), 1)

    def test_load_of_a_moved_customer_gives_the_order_the_tax_of_the_new_place(self):
        self.load(make_customer(orders=[make_order()]))
        order = self.order()
        answer = self.load(make_customer(region="Alberta", orders=[make_order()]))
        self.assertEqual(self.link().partner_id.state_id.code, "AB")
        expected = self.env["account.fiscal.position"]._get_fiscal_position(order.partner_id)
        self.assertEqual(order.fiscal_position_id, expected)
        taxes = order.order_line.product_id.taxes_id
        self.assertEqual(order.order_line.tax_ids, expected.map_tax(taxes))
        self.assertNotEqual(self.outcomes(answer)[1], "failed")

    def test_load_finds_what_odoo_itself_would_find_for_an_order(self):
        self.load(make_customer(orders=[make_order()]))
        order = self.order()
        twin = self.env["sale.order"].create({"partner_id": order.partner_id.id})
        line = self.env["sale.order.line"].create(
            {"order_id": twin.id, "product_id": order.order_line.product_id.id}
        )
        for name in ("fiscal_position_id", "partner_invoice_id", "partner_shipping_id"):
            self.assertEqual(order[name], twin[name], name)
        self.assertEqual(order.currency_id, twin.currency_id)
        self.assertEqual(order.order_line.tax_ids, line.tax_ids)
        self.assertEqual(
            order.order_line.analytic_distribution or {}, line.analytic_distribution or {}
        )

    def test_load_writes_no_message_and_no_follower(self):
        self.load(make_customer(orders=[make_order()]))
        for record in (self.order(), self.link().partner_id):
            self.assertFalse(record.message_ids)
            self.assertFalse(record.message_follower_ids)

    def test_load_of_a_charge_that_left_the_plan_deletes_it(self):
        self.load()
        self.load(plans=[make_plan(charges=[])])
        self.assertFalse(self.plan().charge_ids)

    def test_load_of_a_renamed_plan_code_keeps_its_products(self):
        self.load()
        product = self.plan().flat_product_id
        old = make_plan()
        self.load(plans=[make_plan("pro-2", external_id=old["external_id"])])
        self.assertEqual(self.plan("pro-2").flat_product_id, product)
        self.assertEqual(product.default_code, "nexacloud:pro-2")
        self.assertEqual(self.plan("pro-2").charge_ids.plan_code, "pro-2")

    def test_load_of_a_company_names_its_contact_after_it(self):
        self.load(make_customer("Acme Inc.", company_name="Acme Inc."))
        self.assertTrue(self.link("Acme Inc.").partner_id.is_company)

    def test_load_of_a_malformed_bundle_says_what_is_missing(self):
        bundle = make_bundle()
        del bundle["customers"]
        with self.assertRaisesRegex(UserError, "'customers' is missing"):
            self.wizard.load_bundle(bundle)
        with self.assertRaisesRegex(UserError, "not of format 1"):
            self.wizard.load_bundle(make_bundle(format=2))
        for key in ("", None, 7, "a\0b", "\ud800", "x" * 201):
            with self.subTest(key=key), self.assertRaisesRegex(UserError, "external_id"):
                self.wizard.load_bundle(make_bundle([make_customer(external_id=key)]))
        with self.assertRaisesRegex(UserError, "The city of a customer is a list"):
            self.wizard.load_bundle(make_bundle([make_customer(city=["Toronto"])]))
        broken = make_charge()
        del broken["metric"]
        with self.assertRaisesRegex(UserError, "lacks metric"):
            self.wizard.load_bundle(make_bundle(plans=[make_plan(charges=[broken])]))

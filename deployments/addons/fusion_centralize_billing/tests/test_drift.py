from .common import LoadCase, make_customer, make_order, source_id


class TestDrift(LoadCase):
    def setUp(self):
        super().setUp()
        self.customer = make_customer(orders=[make_order()])
        self.load(self.customer)

    def compare(self, entity, key):
        return self.load(self.customer, full_compare=True)[entity, source_id(key)]

    def test_full_compare_of_untouched_records_finds_nothing(self):
        answer = self.load(self.customer, full_compare=True)
        self.assertEqual(
            {(row["outcome"], row["code"]) for row in answer.values()}, {("unchanged", None)}
        )

    def test_edited_price_is_found_only_by_a_full_compare_and_put_back(self):
        line = self.order().order_line
        line.price_unit = 12.5
        plain = self.load(self.customer)["order", source_id("deployment web")]
        self.assertEqual((plain["outcome"], plain["code"]), ("unchanged", None))
        row = self.compare("order", "deployment web")
        self.assertEqual((row["outcome"], row["code"]), ("updated", "drift"))
        self.assertIn("Unit Price: 12.5 in Odoo, 49.0 in the source", row["message"])
        self.assertEqual(line.price_unit, 49.0)

    def test_added_line_is_found_and_taken_away(self):
        order = self.order()
        order.order_line.copy({"order_id": order.id})
        row = self.compare("order", "deployment web")
        self.assertEqual((row["outcome"], row["code"]), ("updated", "drift"))
        self.assertEqual(len(order.order_line), 1)
        self.assertEqual(order.amount_untaxed, 49.0)

    def test_edited_rate_is_put_back(self):
        charge = self.plan().charge_ids
        charge.price_per_unit = 0.01
        row = self.compare("plan", "plan pro-monthly")
        self.assertEqual((row["outcome"], row["code"]), ("updated", "drift"))
        self.assertIn("Rate: 0.01 in Odoo, 0.0075 in the source", row["message"])
        self.assertEqual(charge.price_per_unit, 0.0075)

    def test_edited_contact_is_reported_and_left(self):
        partner = self.link().partner_id
        partner.city = "Ottawa"
        row = self.compare("customer", "user Zoé")
        self.assertEqual((row["outcome"], row["code"]), ("unchanged", "drift"))
        self.assertNotIn("Ottawa", row["message"])
        self.assertEqual(partner.city, "Ottawa")

    def test_order_given_to_another_contact_comes_back_with_any_load(self):
        order, partner = self.order(), self.link().partner_id
        order.partner_id = self.env["res.partner"].create({"name": "Someone else"})
        row = self.load(self.customer)["order", source_id("deployment web")]
        self.assertEqual((row["outcome"], row["code"]), ("updated", "drift"))
        self.assertEqual(order.partner_id, partner)

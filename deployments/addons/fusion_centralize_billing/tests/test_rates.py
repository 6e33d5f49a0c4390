from .common import LoadCase, make_charge, make_plan


class TestRates(LoadCase):
    def test_rates_read_back_as_the_same_decimals(self):
        for rate in ("0.0075", "0.123456", "0.000001", "1.00", "99999999.999999"):
            with self.subTest(rate):
                self.load(plans=[make_plan(charges=[make_charge(price_per_unit=rate)])])
                charge = self.plan().charge_ids
                charge.invalidate_recordset()
                self.assertEqual(charge.price_per_unit, float(rate))
                self.env.cr.execute(
                    "SELECT price_per_unit::text FROM fusion_billing_charge WHERE id = %s",
                    [charge.id],
                )
                self.assertEqual(self.env.cr.fetchone()[0], f"{float(rate):.6f}")

    def test_quotas_of_any_size_read_back_as_the_same_decimals(self):
        # A year of 128 cores is beyond what Odoo rounds to six decimals without error.
        for quota in ("0", "360000", "342835200", "999999999", "4036608000", "1800.123456"):
            with self.subTest(quota):
                self.load(plans=[make_plan(charges=[make_charge(included_quota=quota)])])
                charge = self.plan().charge_ids
                charge.invalidate_recordset()
                self.assertEqual(charge.included_quota, float(quota))

    def test_price_that_is_not_sold_differs_from_a_free_one(self):
        self.load(plans=[make_plan(flat_prices={"monthly": "0.00", "yearly": None})])
        plan = self.plan()
        self.assertTrue(plan.sold_monthly)
        self.assertFalse(plan.sold_yearly)

    def test_rate_is_shown_to_six_decimals(self):
        field = self.env["fusion.billing.charge"]._fields["price_per_unit"]
        self.assertEqual(field.get_digits(self.env), (16, 6))

from odoo.exceptions import AccessError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import SERVICE

from .usage_common import NOW, WINDOW, UsageCase, make_usage

MODELS = ("usage", "usage.correction", "usage.threshold", "rating")


@freeze_time(NOW)
class TestUsageSecurity(UsageCase):
    def setUp(self):
        super().setUp()
        self.meter(make_usage("400000"))
        self.meter(make_usage("500000"))
        self.rate()

    def records(self, user):
        return [self.env[f"fusion.billing.{model}"].with_user(user).search([]) for model in MODELS]

    def test_reader_sees_usage_and_ratings_but_meters_nothing(self):
        reader = self.make_user("reader", "group_reader")
        for found in self.records(reader):
            self.assertTrue(found.mapped("display_name"), found._name)
            with self.subTest(found._name), self.assertRaises(AccessError):
                found[:1].write({"company_id": 1})
        wizard = self.wizard.with_user(reader)
        with self.assertRaises(AccessError):
            wizard.load_usage({})
        for method in (wizard.preview_usage, wizard.rate_usage):
            with self.assertRaises(AccessError):
                method(SERVICE, *WINDOW)

    def test_manager_cannot_change_what_was_metered(self):
        for found in self.records(self.env.ref("base.user_admin")):
            with self.subTest(found._name), self.assertRaises(AccessError):
                found[:1].unlink()

    def test_outsider_sees_nothing_of_it_and_can_still_open_orders(self):
        outsider = self.make_user("outsider")
        outsider.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        for model in MODELS:
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[f"fusion.billing.{model}"].with_user(outsider).search([])
        self.assertEqual(self.order().with_user(outsider).x_fc_usage_count, 0)

    def test_usage_of_another_company_is_out_of_sight(self):
        company = self.env["res.company"].create({"name": "Other company"})
        reader = self.make_user("elsewhere", "group_reader")
        reader.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        self.assertFalse(any(self.records(reader)))

    def test_importer_is_told_the_zone_that_periods_are_anchored_in(self):
        self.assertEqual(self.wizard.about()["company"]["timezone"], "America/Toronto")
        self.service.company_id.partner_id.tz = False
        self.assertEqual(self.wizard.about()["company"]["timezone"], "UTC")

    def test_order_counts_and_opens_its_usage_and_ratings(self):
        order = self.order()
        self.assertEqual((order.x_fc_usage_count, order.x_fc_rating_count), (1, 1))
        for action, model in (
            (order.action_open_usage(), "fusion.billing.usage"),
            (order.action_open_ratings(), "fusion.billing.rating"),
        ):
            self.assertEqual(action["res_model"], model)
            self.assertEqual(self.env[model].search_count(action["domain"]), 1)

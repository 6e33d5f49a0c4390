from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tools import mute_logger

from .common import (
    LoadCase,
    make_bundle,
    make_charge,
    make_customer,
    make_order,
    make_plan,
    source_id,
)


class TestFailures(LoadCase):
    def codes(self, answer, entity):
        return [row["code"] for (kind, _id), row in answer.items() if kind == entity]

    def test_unknown_country_fails_its_customer_and_orders_alone(self):
        customers = [make_customer(f"C{n}", [make_order(f"d{n}")]) for n in range(9)]
        customers[4]["country_code"] = "XX"
        answer = self.load(*customers)
        failed = {key: row for key, row in answer.items() if row["outcome"] == "failed"}
        self.assertEqual(
            [row["code"] for row in failed.values()], ["unknown_country", "customer_not_loaded"]
        )
        self.assertIn("'XX'", failed["customer", source_id("user C4")]["message"])
        self.assertEqual(self.outcomes(answer).count("created"), 17)

    @mute_logger("odoo.sql_db")
    def test_row_that_only_odoo_refuses_fails_alone(self):
        model = self.env.registry["res.partner"]
        create = model.create

        def create_but_not_number_five(records, vals_list):
            if any(vals["name"] == "C5" for vals in vals_list):
                raise ValidationError("This name is not allowed here.")
            return create(records, vals_list)

        with patch.object(model, "create", create_but_not_number_five):
            answer = self.load(*(make_customer(f"C{n}") for n in range(9)))
        refused = answer["customer", source_id("user C5")]
        self.assertEqual(refused["code"], "refused_by_odoo")
        self.assertEqual(refused["message"], "This name is not allowed here.")
        self.assertEqual(self.outcomes(answer).count("created"), 9)
        self.assertFalse(self.link("C5"))
        self.assertTrue(self.link("C8").partner_id)

    def test_order_in_another_currency_fails_alone(self):
        orders = [make_order("a"), make_order("b", currency="EUR"), make_order("c")]
        answer = self.load(make_customer(orders=orders))
        self.assertEqual(self.codes(answer, "order"), [None, "unknown_currency", None])

    def test_order_of_a_failed_or_absent_plan_says_so(self):
        bad = make_plan("bad", charges=[make_charge(price_per_unit="0.00750001")])
        orders = [make_order("a", "bad"), make_order("b", "nowhere")]
        answer = self.load(make_customer(orders=orders), plans=[bad])
        self.assertEqual(self.codes(answer, "plan"), ["invalid_value"])
        self.assertEqual(self.codes(answer, "order"), ["plan_not_loaded", "plan_not_loaded"])

    def test_values_that_cannot_be_stored_exactly_fail_their_row(self):
        orders = [
            make_order("a", price="nan"),
            make_order("b", price=49.0),
            make_order("c", price="-1.00"),
            make_order("d", started_on="2025-02-30"),
            make_order("e", cycle="fortnightly"),
            make_order("f", subscription_id="zero\0byte"),
        ]
        answer = self.load(make_customer(orders=orders))
        self.assertEqual(self.codes(answer, "order"), ["invalid_value"] * 6)

    def test_values_of_any_kind_never_stop_the_bundle(self):
        odd = ("\0", "\ud800", "\u2028", "x" * 5000, 7, True, float("nan"))
        fields = ("city", "email", "region", "country_code", "stripe_customer_id", "active")
        for value in odd:
            customers = [
                make_customer(name, [make_order(name)], **{name: value}) for name in fields
            ]
            orders = [
                make_order(name) | {name: value}
                for name in ("plan_code", "cycle", "price", "started_on", "period_end")
            ]
            answer = self.load(*customers, make_customer("Z", orders), dry_run=True)
            with self.subTest(value=str(value)[:9]):
                row = answer["customer", source_id("user Z")]
                self.assertEqual(row["outcome"], "created")
                self.assertNotIn(None, self.outcomes(answer))

    def test_id_that_stands_in_the_bundle_twice_loads_once(self):
        bundle = make_bundle([make_customer("A"), make_customer("A")], plans=[])
        answer = self.wizard.load_bundle(bundle)["rows"]
        self.assertEqual([row["outcome"] for row in answer], ["created", "failed"])

    def test_code_of_another_plan_fails_the_second_plan(self):
        second = make_plan(external_id=source_id("another plan"))
        answer = self.load(plans=[make_plan(), second])
        self.assertEqual(self.codes(answer, "plan"), [None, "invalid_value"])

    def test_unknown_service_fails_every_row(self):
        answer = self.load(make_customer(orders=[make_order()]), service="nexatv")
        self.assertEqual({row["code"] for row in answer.values()}, {"unknown_service"})

    def test_service_that_is_live_is_not_overwritten_by_a_shadow(self):
        self.load(make_customer(orders=[make_order()]))
        self.service.phase = "live"
        answer = self.load(make_customer(city="Ottawa", orders=[make_order()]))
        self.assertEqual({row["code"] for row in answer.values()}, {"service_live"})
        self.assertEqual(self.link().partner_id.city, "Toronto")

    def test_unknown_region_loads_the_contact_and_says_that_its_tax_is_open(self):
        answer = self.load(make_customer(region="Narnia"))
        row = answer["customer", source_id("user Zoé")]
        self.assertEqual((row["outcome"], row["code"]), ("created", "region_unknown"))

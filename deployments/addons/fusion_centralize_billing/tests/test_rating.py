import json
from decimal import Decimal

from odoo.tests import Form
from odoo.tools.misc import file_open

from .common import make_charge, make_plan
from .rating_common import RatingCase


class TestRating(RatingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with file_open("fusion_centralize_billing/tests/cases/rating.json") as table:
            cls.cases = json.load(table)

    def test_charges_rate_every_case_of_the_shared_table_to_the_last_decimal(self):
        charges = self.env["fusion.billing.charge"].create(
            [
                self.charge_values(case["charge"], code=f"case {number}")
                for number, case in enumerate(self.cases)
            ]
        )
        self.env.invalidate_all()
        self.assertGreaterEqual(len(charges), 60)
        for case, charge in zip(self.cases, charges, strict=True):
            with self.subTest(case["name"]):
                billable = charge._compute_billable(
                    Decimal(case["units"]),
                    case.get("events"),
                    whole_period=case.get("whole_period", True),
                )
                self.assertEqual(billable["amount"], Decimal(case["amount"]))
                self.assertEqual(billable["overage_units"], Decimal(case["overage_units"]))
                name = case["charge"].get("unit_name", "units")
                said = billable["explanation"].replace(charge.batch_name, name)
                self.assertEqual(said, case.get("explanation", said))

    def test_loaded_charge_explains_its_overage_in_core_hours(self):
        self.load(plans=[make_plan(charges=[make_charge(included_quota="720000")])])
        billable = self.plan().charge_ids._compute_billable(1125000)
        self.assertEqual(
            billable["explanation"],
            "312.50 core-hours used, 200.00 included, 112.50 x 0.0075 = 0.84375",
        )
        self.assertEqual(billable["amount"], Decimal("0.84375"))
        self.assertEqual(billable["units"], billable["included"] + billable["overage_units"])

    def test_form_shows_what_a_quantity_typed_in_costs(self):
        charge = self.make_charge(
            charge_model="standard",
            included_quota="720000",
            unit_batch=3600,
            price_per_unit="0.0075",
        )
        form = Form(charge.with_user(self.make_user("manager", "group_manager")))
        self.assertEqual(form.example_quantity, 1125000)
        self.assertIn("112.50 x 0.0075 = 0.84375", form.example)
        form.example_quantity = 723600
        self.assertIn("201.00 core-hours used", form.example)
        self.assertIn("1.00 x 0.0075 = 0.0075", form.example)
        form.price_per_unit = 0.01
        self.assertIn("1.00 x 0.01 = 0.01", form.example)
        form.unit_batch = 0
        self.assertIn("at least one unit", form.example)
        form.unit_batch = 3600
        form.save()
        self.assertEqual(charge.price_per_unit, 0.01)

    def test_form_takes_tiers_and_shows_what_they_cost(self):
        charge = self.make_charge(charge_model="standard")
        form = Form(charge)
        form.charge_model = "graduated"
        for values in ({"up_to": 10, "per_unit": 2}, {"is_last": True, "per_unit": 1, "flat": 5}):
            with form.tier_ids.new() as tier:
                for name, value in values.items():
                    setattr(tier, name, value)
        form.example_quantity = 12
        self.assertIn("10.00 x 2 + 2.00 x 1 + 5 flat = 27", form.example)
        form.save()
        self.assertEqual(charge._compute_billable(12)["amount"], 27)

    def test_reader_sees_the_example_and_the_tiers(self):
        charge = self.make_charge(
            charge_model="volume", tiers=[{"up_to": "10", "per_unit": "1"}, {"up_to": None}]
        )
        reader = self.make_user("reader", "group_reader")
        self.env.invalidate_all()
        self.assertIn("112.50 core-seconds used", charge.with_user(reader).example)
        self.assertEqual(len(charge.with_user(reader).tier_ids), 2)

    def test_batches_have_the_name_that_people_use(self):
        charge = self.make_charge(charge_model="standard")
        names = {1: "core-seconds", 60: "core-minutes", 3600: "core-hours", 86400: "core-days"}
        for batch, name in {**names, 1000: "x 1000 core-seconds"}.items():
            charge.unit_batch = batch
            self.assertEqual(charge.batch_name, name)
        self.metric.unit_name = "GB"
        self.assertEqual(charge.batch_name, "x 1000 GB")

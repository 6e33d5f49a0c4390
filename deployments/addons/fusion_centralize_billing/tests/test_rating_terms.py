from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tools import mute_logger

from .common import make_charge, make_plan
from .rating_common import RatingCase

TIERS = [{"up_to": "10", "per_unit": "2"}, {"up_to": "20", "per_unit": "1"}, {"up_to": None}]


class TestRatingTerms(RatingCase):
    def assert_refused(self, constraint, attempt):
        with (
            self.subTest(constraint),
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(IntegrityError, constraint),
            self.env.cr.savepoint(),
        ):
            attempt()
            self.env.flush_all()

    def test_database_refuses_terms_that_would_rate_wrongly(self):
        charge = self.make_charge(charge_model="standard")
        for field in ("flat_amount", "minimum_amount", "percent", "fixed_amount", "free_events"):
            self.assert_refused("terms_not_negative", lambda name=field: charge.write({name: -1}))
        limits = {"transaction_min": 5, "transaction_max": 2}
        self.assert_refused("transaction_limits", lambda: charge.write(limits))
        charge.unit_batch = 60
        self.assert_refused(
            "percentage_unbatched", lambda: charge.write({"charge_model": "percentage"})
        )
        self.assert_refused("batch_positive", lambda: charge.write({"unit_batch": 0}))
        self.assert_refused("price_not_negative", lambda: charge.write({"price_per_unit": -1}))

    def test_database_refuses_tiers_that_overlap_or_have_no_place(self):
        charge = self.make_charge(charge_model="graduated", tiers=TIERS)
        first, _second, last = charge.tier_ids
        self.assertEqual(charge.tier_ids.mapped("up_to"), [10, 20, 0])
        self.assert_refused("one_last", lambda: first.write({"is_last": True, "up_to": 0}))
        self.assert_refused("bound_uniq", lambda: first.write({"up_to": 20}))
        self.assert_refused("bound_positive", lambda: first.write({"up_to": 0}))
        self.assert_refused("bound_positive", lambda: first.write({"up_to": -1}))
        self.assert_refused("bound_positive", lambda: last.write({"up_to": 30}))
        for price in ("per_unit", "flat", "percent"):
            self.assert_refused(
                "prices_not_negative", lambda name=price: first.write({name: -0.01})
            )

    def test_tiers_typed_in_any_order_rate_in_ascending_order(self):
        charge = self.make_charge(charge_model="graduated", tiers=TIERS[::-1])
        self.assertEqual(str(charge._compute_billable(15)["amount"]), "25.000000")
        charge.tier_ids = [Command.create({"up_to": 5, "per_unit": 3})]
        self.assertEqual(str(charge._compute_billable(15)["amount"]), "30.000000")

    def test_graduated_charge_without_a_last_tier_is_refused(self):
        for tiers in ([], TIERS[:2]):
            with self.assertRaisesRegex(ValidationError, "needs tiers"), self.cr.savepoint():
                self.make_charge(charge_model="graduated", tiers=tiers)
        charge = self.make_charge(charge_model="volume", tiers=TIERS)
        last = charge.tier_ids[-1]
        for attempt in (last.unlink, lambda: last.write({"is_last": False, "up_to": 30})):
            with self.assertRaisesRegex(ValidationError, "needs tiers"), self.cr.savepoint():
                attempt()
        charge.tier_ids[0].unlink()
        charge.tier_ids = [
            Command.clear(),
            Command.create({"is_last": True, "up_to": 0, "per_unit": 4}),
        ]
        self.assertEqual(charge._compute_billable(5)["amount"], 20)

    def test_charge_that_needs_single_events_says_so(self):
        charge = self.make_charge(charge_model="percentage", fixed_amount="1")
        with self.assertRaisesRegex(UserError, "every single event"):
            charge._compute_billable(5)
        self.assertEqual(charge._compute_billable(5, ["2", "3"])["amount"], 2)

    def test_reload_puts_a_charge_back_that_was_made_graduated_in_odoo(self):
        plan = make_plan(charges=[make_charge(included_quota="0")])
        self.load(plans=[plan])
        charge = self.plan().charge_ids
        charge.write(
            {
                "charge_model": "graduated",
                "tier_ids": [Command.create(self.tier_values(tier)) for tier in TIERS],
            }
        )
        answer = self.load(plans=[plan], full_compare=True)
        self.assertEqual(self.outcomes(answer), ["updated"])
        self.assertEqual(charge._compute_billable(3600)["amount"] * 10000, 75)

    def test_load_of_a_tiered_charge_without_tiers_fails_with_the_reason(self):
        answer = self.load(plans=[make_plan(charges=[make_charge(charge_model="volume")])])
        (row,) = answer.values()
        self.assertEqual((row["outcome"], row["code"]), ("failed", "refused_by_odoo"))
        self.assertIn("needs tiers", row["message"])

    def test_loader_leaves_what_its_source_does_not_speak_of(self):
        self.load(plans=[make_plan()])
        charge = self.plan().charge_ids
        self.assertEqual(charge.block_rating, "fractional")
        self.assertFalse(charge.tier_ids or charge.flat_at_zero or charge.minimum_amount)
        charge.block_rating = "whole"
        self.load(plans=[make_plan(name="Renamed")])
        self.assertEqual(charge.block_rating, "whole")

    def test_loader_takes_the_terms_that_its_source_speaks_of(self):
        tiers = [{"up_to": "10", "per_unit": "2", "flat": "1.5"}, {"up_to": None, "per_unit": "1"}]
        terms = {
            "charge_model": "graduated",
            "included_quota": "0",
            "price_per_unit": "0",
            "unit_batch": 1,
            "block_rating": "whole",
            "flat_amount": "0.25",
            "flat_at_zero": True,
            "minimum_amount": "12.000001",
            "tiers": tiers,
        }
        plan = make_plan(charges=[make_charge(**terms)])
        self.load(plans=[plan])
        charge = self.plan().charge_ids
        self.assertEqual(str(charge._compute_billable("10.5")["amount"]), "22.750000")
        self.assertEqual(str(charge._compute_billable(0)["amount"]), "12.000001")
        self.assertEqual(self.outcomes(self.load(plans=[plan], full_compare=True)), ["unchanged"])
        charge.tier_ids[0].per_unit = 9
        (row,) = self.load(plans=[plan], full_compare=True).values()
        self.assertEqual((row["outcome"], row["code"]), ("updated", "drift"))
        self.assertIn("Tiers: others in Odoo than in the source", row["message"])
        plan["charges"][0] = {**plan["charges"][0], "tiers": tiers[1:], "minimum_amount": "0"}
        self.assertEqual(self.outcomes(self.load(plans=[plan])), ["updated"])
        self.assertEqual(str(charge._compute_billable("10.5")["amount"]), "11.250000")

    def test_loader_takes_the_limits_of_a_percentage(self):
        terms = {
            "charge_model": "percentage",
            "included_quota": "0",
            "price_per_unit": "0",
            "unit_batch": 1,
            "percent": "1.5",
            "fixed_amount": "0.3",
            "free_events": 1,
            "transaction_min": "0.5",
            "transaction_max": None,
        }
        self.load(plans=[make_plan(charges=[make_charge(**terms)])])
        charge = self.plan().charge_ids
        self.assertEqual(str(charge._compute_billable(400, [100, 300])["amount"]), "4.800000")

    def test_wrong_terms_fail_their_plan_alone(self):
        for name, value in {
            "block_rating": "sometimes",
            "free_events": -1,
            "flat_at_zero": "yes",
            "minimum_amount": 5,
            "transaction_max": "0",
            "tiers": [{"up_to": "ten"}],
        }.items():
            (row,) = self.load(plans=[make_plan(charges=[make_charge(**{name: value})])]).values()
            with self.subTest(name):
                self.assertEqual((row["outcome"], row["code"]), ("failed", "invalid_value"))
        for tiers in ("10", [7], [{"per_unit": "1"}]):
            with self.subTest(tiers), self.assertRaises(UserError):
                self.load(plans=[make_plan(charges=[make_charge(tiers=tiers)])])

    def test_tiers_are_for_managers_to_write(self):
        charge = self.make_charge(charge_model="volume", tiers=TIERS)
        tier = charge.tier_ids[0]
        with self.assertRaises(AccessError):
            tier.with_user(self.importer).write({"per_unit": 9})
        outsider = self.make_user("outsider")
        with self.assertRaises(AccessError):
            tier.with_user(outsider).read(["per_unit"])
        tier.with_user(self.make_user("manager", "group_manager")).per_unit = 9
        self.assertEqual(tier.per_unit, 9)

from odoo.exceptions import UserError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    make_customer,
    make_order,
    source_id,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from .test_readiness import ReadinessCase

BEGAN = "2025-06-10T04:00:00Z"
YEAR = {
    "subscription": source_id("subscription year"),
    "item": "flat",
    "period_start": BEGAN,
    "period_end": "2026-06-10T04:00:00Z",
}


@freeze_time(NOW)
class TestLongPeriods(ReadinessCase):
    """Yann pays by the year from June on; the dual runs are of November to January."""

    def setUp(self):
        super().setUp()
        self.load(make_customer("Yann", [self.yearly()]))

    def yearly(self, name="year", **changes):
        return make_order(
            name,
            **{
                "cycle": "yearly",
                "price": "490.00",
                "started_on": "2024-06-10",
                "period_start": "2025-06-10",
                "period_end": "2026-06-10",
                **changes,
            },
        )

    def wrong(self, **changes):
        """Record a year that differs, as a dual run does; return its line."""
        self.compare_long_periods()
        return self.differ(self.difference("Yann", **{**YEAR, **changes}), key="long")

    def test_a_price_that_no_dual_run_compared_waits_by_its_own_name(self):
        yann = self.standing("Yann")
        self.assertEqual((yann.ready, yann.readiness_codes), (False, "not_compared"))
        self.assertEqual(yann.readiness_group, "a comparison of a price by more than a month")
        self.assertIn("for the period from 2025-06-10 on is not compared", yann.readiness_reasons)
        self.assertTrue(self.link_of("Zoé").ready)
        (row,) = self.compare_long_periods()
        self.assertEqual(row[1:4], [YEAR["subscription"], "flat", BEGAN])
        yann = self.standing("Yann")
        self.assertTrue(yann.ready, yann.readiness_reasons)

    def test_a_year_that_differs_keeps_its_customer_back_until_it_is_decided(self):
        line = self.wrong(cause="price_not_compared", wrong_side="open")
        yann = self.standing("Yann")
        self.assertEqual((yann.ready, yann.readiness_codes), (False, "difference"))
        self.assertEqual(yann.readiness_group, "a decision: Price not compared")
        self.assertIn("1 line of 2025-06, 5.00", yann.readiness_reasons)
        self.assertTrue(self.link_of("Zoé").ready)
        self.decide_line(line)
        self.assertTrue(self.standing("Yann").ready)

    def test_a_year_that_our_copy_has_wrong_is_mended_and_never_decided(self):
        line = self.wrong(cause="flat_price_differs", wrong_side="copy")
        with self.assertRaisesRegex(UserError, "mend it"):
            self.decide_line(line)
        self.assertEqual(self.standing("Yann").readiness_codes, "copy")
        # The next dual run names the period, and nothing that differs in it.
        answer = self.wizard.load_reconciliation(
            {
                "format": 1,
                "service": SERVICE,
                "run": "mended",
                "key": "1",
                "dry_run": False,
                "rows": [],
                "long_periods": [[YEAR["subscription"], BEGAN]],
            }
        )
        self.assertEqual(answer["settled"], 1)
        self.env.invalidate_all()
        self.assertEqual((line.status, line.trail_ids.kind), ("match", "settled"))
        self.assertTrue(self.standing("Yann").ready)

    def test_neither_the_year_before_nor_what_is_billed_once_in_it_counts(self):
        self.wrong(period_start="2024-06-10T04:00:00Z", period_end=BEGAN)
        self.wrong(item="credit:Goodwill", period_start="2025-06-10T04:00:00Z", ref="other")
        yann = self.standing("Yann")
        self.assertTrue(yann.ready, yann.readiness_reasons)

    def test_the_months_figures_and_revenue_stay_the_months_own(self):
        self.wizard.record_cycle(
            {
                "service": SERVICE,
                "key": "long alone",
                "period_from": "2026-01-01T00:00:00Z",
                "period_to": "2026-02-01T00:00:00Z",
                "reasons": [],
                "figures": {"lines": 2},
                "customers": [
                    self.compared("Zoé"),
                    {
                        **self.compared("Yann"),
                        "sums": [],
                        "long_periods": [[YEAR["subscription"], BEGAN]],
                    },
                ],
            }
        )
        row = self.wizard.cycles(SERVICE, 1)[0]
        self.assertEqual((row["green"], row["figures"]["lines"]), (True, 2))
        yann = self.standing("Yann")
        self.assertTrue(yann.ready, yann.readiness_reasons)
        self.assertEqual(yann.readiness_revenue, 0)
        self.assertIn("Nothing of theirs was due", yann.readiness_note)
        self.assertIn("due last that were compared, too: 1.", yann.readiness_note)

    def test_what_was_not_due_yet_or_is_over_needs_no_comparison(self):
        orders = {
            "behind": {"started_on": "2025-10-10", "period_start": "2025-10-10",
                       "period_end": "2026-10-10", "in_advance": False},
            "trial": {"started_on": "2026-02-10", "period_start": "2026-02-10",
                      "period_end": "2026-03-20", "trial_ends_on": "2026-03-20"},
        }  # fmt: skip
        for name, changes in orders.items():
            with self.subTest(name):
                self.load(make_customer(name, [self.yearly(name, **changes)]))
                link = self.standing(name)
                self.assertNotIn("not_compared", link.readiness_codes or "")

    def test_who_began_after_the_compared_months_waits_for_the_first_bill(self):
        order = self.yearly("new", started_on="2026-02-20", period_start="2026-02-20",
                            period_end="2027-02-20")  # fmt: skip
        self.load(make_customer("New", [order]))
        self.assertEqual(self.standing("New").readiness_codes, "not_compared")
        rows = self.compare_long_periods()
        self.assertIn("2026-02-20T05:00:00Z", [row[3] for row in rows])
        self.assertTrue(self.standing("New").ready)

    def test_long_periods_that_are_none_are_refused(self):
        for wrong in ("s", [["s"]], [["s", "soon"]], [[1, BEGAN]], [{"s": BEGAN}]):
            with self.subTest(wrong), self.assertRaises(UserError):
                row = {**self.compared("Yann"), "long_periods": wrong}
                self.cycle(1, [row], key="malformed")

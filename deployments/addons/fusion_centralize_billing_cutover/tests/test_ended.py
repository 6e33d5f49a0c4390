from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import make_customer, make_order, source_id
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import FEBRUARY, NOW, WINDOW

from .cutover_common import CutoverCase

LATER = (WINDOW[1], "2026-03-01T00:00:00Z")


@freeze_time(NOW)
class TestEndedOrders(CutoverCase):
    """A shadow order whose subscription ended in the source: "web" on 1 February."""

    def end(self, name="web", ended_at="2026-02-01T10:00:00.5-05:00", **changes):
        ended = [{"external_id": source_id(f"deployment {name}"), "ended_at": ended_at}]
        return self.load(plans=[], ended=ended, **changes)

    def test_order_that_ended_stays_a_draft_and_is_billed_until_then_only(self):
        (row,) = self.end().values()
        self.assertEqual((row["outcome"], row["code"]), ("updated", "order_ended"))
        self.assertEqual(self.order().state, "draft")
        self.assertEqual(str(self.order().x_fc_terminated_at), "2026-02-01 15:00:00")
        starts = [
            row["period_start"]
            for window in (WINDOW, LATER)
            for row in self.preview(window)["rows"]
            if row["external_id"] == source_id("deployment web")
        ]
        self.assertEqual(starts, ["2026-01-14T05:00:00Z"])

    def test_order_ends_once(self):
        self.end()
        (row,) = self.end(ended_at="2026-02-09T00:00:00Z").values()
        self.assertEqual((row["outcome"], row["code"]), ("unchanged", "order_ended"))
        self.assertEqual(str(self.order().x_fc_terminated_at), "2026-02-01 15:00:00")

    def test_order_that_never_came_has_no_answer(self):
        self.assertEqual(self.end("never"), {})

    def test_dry_run_predicts_and_leaves_it_running(self):
        predicted = self.end(dry_run=True)
        self.assertFalse(self.order().x_fc_terminated_at)
        self.assertEqual(self.end(), predicted)

    def test_order_that_comes_back_in_the_source_goes_on(self):
        self.end()
        customer = make_customer(orders=[make_order()])
        key = ("order", source_id("deployment web"))
        row = self.load(customer)[key]
        self.assertEqual((row["outcome"], row["code"]), ("updated", None))
        self.assertFalse(self.order().x_fc_terminated_at)
        self.assertEqual(self.load(customer)[key]["outcome"], "unchanged")

    def test_end_that_is_no_time_fails_its_row_alone(self):
        (row,) = self.end(ended_at="soon").values()
        self.assertEqual((row["outcome"], row["code"]), ("failed", "invalid_value"))

    def test_order_that_is_live_or_left_draft_does_not_end(self):
        self.go_live()
        self.order("db").action_cancel()
        self.assertEqual(self.end() | self.end("db"), {})

    def test_order_that_ended_never_goes_live(self):
        self.assertEqual(self.check("Max")["subscriptions"], 2)
        self.end("db")
        self.assertEqual(self.check("Max")["subscriptions"], 1)
        cutover = self.approve("Max")
        rows, _answer = self.switch(cutover, "Max")
        self.assertEqual(rows["Max"]["outcome"], "switched", rows)
        self.assertEqual((self.order("api").state, self.order("db").state), ("sale", "draft"))
        self.assertTrue(self.order("db").x_fc_shadow)

    def test_usage_of_an_order_that_ended_is_still_metered(self):
        self.end()
        usage = [source_id("deployment web"), "cpu_seconds", *FEBRUARY, "5", "late"]
        self.assertEqual(self.counts(self.meter(usage)), [1, 0, 0, 0])

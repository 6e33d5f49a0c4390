from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.scheduled import uncommitted

from .usage_common import FEBRUARY, JANUARY, NOW, UsageCase, make_usage

BUSY = "765000"


@freeze_time(NOW)
class TestUsageSent(UsageCase):
    """Nobody meters a service that sends its usage: what is due is rated with the invoice."""

    def setUp(self):
        super().setUp()
        self.service.source = "lago"
        self.meter(make_usage(BUSY, key="1"), make_usage("1000000", period=FEBRUARY, key="2"))

    def lines(self, order):
        return (order.order_line - order.order_line[0]).mapped("price_unit")

    def test_invoice_has_the_usage_of_the_period_that_is_over_and_no_more(self):
        order = self.go_live()
        order.next_invoice_date = "2026-02-14"
        with freeze_time("2026-04-01 12:00:00"):
            order._fc_rate_sent()
            self.assertEqual(len(self.lines(order)), 1)
            self.assertIn("2026-01-14 to 2026-02-14", order.order_line[1].name)
            order.next_invoice_date = "2026-03-14"
            for _again in range(2):
                order._fc_rate_sent()
                self.assertEqual(len(self.lines(order)), 2)

    def test_before_its_time_nothing_is_put_on_the_order(self):
        order = self.go_live()
        order.next_invoice_date = "2026-03-14"
        order._fc_rate_sent()
        billed = self.ratings().filtered(lambda one: one.state == "billed")
        self.assertEqual(str(max(billed.mapped("period_start")))[:10], JANUARY[0][:10])

    def test_shadow_and_what_a_flow_meters_are_left_alone(self):
        self.order()._fc_rate_sent()
        self.assertFalse(self.ratings())
        order = self.go_live()
        self.service.source = "nexacloud"
        order._fc_rate_sent()
        self.assertFalse(self.ratings())

    def test_scheduled_action_rates_what_waits_for_no_recurring_invoice(self):
        order = self.go_live()
        order.next_invoice_date = "2027-03-14"
        with freeze_time("2026-04-01 12:00:00"), uncommitted(self.env):
            self.env["sale.order"]._cron_invoice_usage()
        self.assertEqual(len(self.lines(order)), 2)
        moves = order.order_line.invoice_lines.move_id
        self.assertEqual(moves.mapped("state"), ["posted"])

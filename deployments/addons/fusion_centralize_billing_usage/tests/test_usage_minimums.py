from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import (
    make_bundle,
    make_charge,
    make_customer,
    make_order,
    make_plan,
)
from odoo.addons.fusion_centralize_billing.tests.scheduled import uncommitted

from .usage_common import NOW, UsageCase, make_usage

# 0.84 beside a price of 49.00.
BUSY = "765000"
LEAST = {"amount": "60.00", "name": "At Least"}
LATER = "2026-02-20 12:00:00"


@freeze_time(NOW)
class TestUsageMinimums(UsageCase):
    """What is missing to the least that a plan costs is billed with the period's usage."""

    def setUp(self):
        super().setUp()
        self.service.source = "lago"
        self.sell(LEAST)

    def sell(self, minimum, **order):
        bundle = make_bundle(
            [make_customer(orders=[make_order(**order)])],
            [make_plan(charges=[make_charge()], **({"minimum": minimum} if minimum else {}))],
        )
        answer = self.wizard.load_bundle(bundle)
        self.env.invalidate_all()
        return answer

    def go_live(self, name="web"):
        order = super().go_live(name)
        order.write({"x_fc_usage_from": "2026-01-14", "next_invoice_date": "2026-02-14"})
        return order

    def true_ups(self, order):
        lines = self.billed().order_line_id
        self.assertFalse(lines.order_id - order)
        return [(line.name.splitlines()[0], line.price_unit) for line in lines]

    def billed(self):
        return self.ratings().filtered(lambda one: not one.metric_id and one.state == "billed")

    def test_what_price_and_usage_leave_open_is_on_the_invoice_of_the_period_s_end_once(self):
        self.meter(make_usage(BUSY))
        order = self.go_live()
        for _again in range(2):
            with freeze_time(LATER):
                order._fc_rate_sent()
            self.assertEqual(self.true_ups(order), [("At Least", 10.16)])
        told = self.billed().explanation
        self.assertEqual(told, "49 price + 0.84 usage of a minimum of 60 = 10.16 missing")

    def test_a_reached_minimum_bills_nothing_and_stays_reached_when_the_price_changes(self):
        self.sell({**LEAST, "amount": "49.00"})
        order = self.go_live()
        with freeze_time(LATER):
            order._fc_rate_sent()
            order.order_line[0].price_unit = 20.0
            order._fc_rate_sent()
        self.assertEqual(self.true_ups(order), [])
        self.assertEqual(self.billed().mapped("amount"), [0.0])

    def test_fixed_charges_count_and_discounts_do_not(self):
        shared = {"quantity": "1"}
        lines = [
            {"external_id": "seats", "item": "fixed:seats", "kind": "fixed_charge"}
            | {"name": "Seats", "price": "5.005", **shared},
            {"external_id": "off", "item": "discount:off", "kind": "discount"}
            | {"name": "Off", "price": "-9.00", **shared},
        ]
        self.sell(LEAST, lines=lines)
        order = self.go_live()
        with freeze_time(LATER):
            order._fc_rate_sent()
        self.assertEqual(self.true_ups(order), [("At Least", 5.99)])

    def test_a_subscription_that_ends_owes_the_minimum_of_its_days(self):
        order = self.go_live()
        order.x_fc_arrears = True
        order._fc_end(order._fields["x_fc_ending_at"].to_datetime("2026-01-29 04:00:00"))
        with freeze_time(LATER), uncommitted(self.env):
            self.env["sale.order"]._cron_invoice_usage()
        # 15 of 31 days: 29.03 less the price of 23.71.
        self.assertEqual(self.true_ups(order), [("At Least", 5.32)])
        [move] = order.order_line.invoice_lines.move_id
        self.assertEqual((move.state, move.amount_untaxed), ("posted", 5.32))

    def test_paid_ahead_the_whole_price_counts_at_an_early_end(self):
        order = self.go_live()
        order._fc_end(order._fields["x_fc_ending_at"].to_datetime("2026-01-29 04:00:00"))
        with freeze_time(LATER):
            order._fc_rate_sent()
        self.assertEqual(self.true_ups(order), [])
        self.assertTrue(self.billed())

    def test_of_a_period_that_was_over_before_the_minimum_nothing_is_due(self):
        order = self.go_live()
        self.plan().minimum_from = "2026-02-15 00:00:00"
        with freeze_time(LATER):
            order._fc_rate_sent()
        self.assertFalse(self.billed())

    def test_usage_by_another_cycle_than_the_price_is_told_instead_of_billed(self):
        order = self.go_live()
        order.plan_id = self.env.ref("fusion_centralize_billing.subscription_plan_yearly")
        with freeze_time(LATER):
            codes = [row["code"] for row in self.preview()["failed"]]
        self.assertEqual(codes, ["minimum_cycle"])

    def test_shadow_and_running_period_bill_nothing(self):
        self.order()._fc_rate_sent()
        self.assertFalse(self.ratings())
        order = self.go_live()
        with freeze_time("2026-02-13 12:00:00"):
            order._fc_rate_sent()
        self.assertFalse(self.true_ups(order))

    def test_preview_of_usage_has_no_row_of_it(self):
        metrics = {row["metric"] for row in self.preview()["rows"]}
        self.assertEqual(metrics, {"cpu_seconds"})

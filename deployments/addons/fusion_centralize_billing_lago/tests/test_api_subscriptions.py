from datetime import date, datetime

from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.models.sale_order_status import STATUSES
from odoo.addons.fusion_centralize_billing.periods.calendar import (
    Calendar,
    period_at,
    periods_starting,
)
from odoo.addons.fusion_centralize_billing.tests.common import make_customer, make_order, source_id
from odoo.addons.fusion_centralize_billing_usage.metering.thresholds import (
    raise_event_thresholds,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW, UsageCase

from ..api.handlers.events import insert_events


@freeze_time(NOW)
class TestApiSubscriptions(UsageCase):
    """Where a subscription stands is the same for one order and for a list of them."""

    def order(self):
        return self.env["sale.order"].search(
            [("x_fc_external_id", "=", source_id("deployment web"))]
        )

    def test_status_of_an_order_and_of_a_list_agree(self):
        order = self.order()
        past, later = datetime(2026, 2, 1), datetime(2026, 4, 1)
        for values, status in (
            ({}, "active"),
            ({"x_fc_ending_at": later}, "active"),
            ({"x_fc_ending_at": past}, "terminated"),
            ({"x_fc_terminated_at": past, "x_fc_ending_at": later}, "terminated"),
            ({"start_date": date(2026, 3, 1), "next_invoice_date": later.date()}, "active"),
            ({"start_date": date(2026, 3, 2), "next_invoice_date": later.date()}, "pending"),
            ({"x_fc_previous_id": order.id, "x_fc_subscribed_at": later}, "pending"),
            ({"x_fc_previous_id": order.id, "x_fc_subscribed_at": past}, "active"),
            ({"state": "cancel"}, "canceled"),
            ({"state": "cancel", "x_fc_terminated_at": past}, "terminated"),
        ):
            with self.subTest(f"{status} {values}"), self.env.cr.savepoint() as savepoint:
                order.write(values)
                self.env.flush_all()
                self.assertEqual(order.x_fc_status, status)
                found = [
                    one
                    for one in STATUSES
                    if order in self.env["sale.order"].search([("x_fc_status", "=", one)])
                ]
                self.assertEqual(found, [status])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_status_follows_within_the_transaction_that_changes_it(self):
        order = self.order()
        self.assertEqual(order.x_fc_status, "active")
        for values, status in (
            ({"x_fc_ending_at": datetime(2026, 2, 1)}, "terminated"),
            ({"x_fc_ending_at": False}, "active"),
            ({"x_fc_previous_id": order.id, "x_fc_subscribed_at": datetime(2026, 4, 1)}, "pending"),
            ({"x_fc_subscribed_at": datetime(2026, 2, 1)}, "active"),
            ({"x_fc_previous_id": False, "start_date": date(2026, 5, 1)}, "pending"),
            ({"start_date": date(2026, 1, 1)}, "active"),
            ({"x_fc_terminated_at": datetime(2026, 2, 1)}, "terminated"),
        ):
            order.write(values)
            self.assertEqual(order.x_fc_status, status, values)

    def test_an_order_that_has_ended_is_rated_up_to_its_end(self):
        self.assertEqual([line["units"] for line in self.preview()], ["0", "0"])
        self.order().write({"x_fc_terminated_at": datetime(2026, 1, 20)})
        self.env.flush_all()
        self.assertEqual(len(self.preview()), 1)

    def preview(self):
        window = ("2026-01-01T00:00:00Z", "2026-02-28T00:00:00Z")
        return self.wizard.preview_usage("nexacloud", *window)["rows"]

    def send(self, *moments):
        """Store an event of 150,000 seconds at each moment."""
        self.env["fusion.billing.metric"].search([]).field_name = "seconds"
        rows = [
            {
                "external_subscription_id": source_id("subscription web"),
                "code": "cpu_seconds",
                "transaction_id": str(number),
                "occurred_at": str(moment),
                "properties": {"seconds": "150000"},
            }
            for number, moment in enumerate(moments)
        ]
        self.assertEqual(len(insert_events(self.env, self.service, rows)), len(rows))
        self.assertFalse(insert_events(self.env, self.service, rows))
        self.env.flush_all()

    def test_events_are_rated_with_the_usage_and_reach_thresholds(self):
        self.send(*(datetime(2026, 2, day) for day in (20, 21, 28)))
        units = [line["units"] for line in self.preview()]
        self.assertEqual(units, ["0", "450000"])
        raise_event_thresholds(self.env(su=True), self.service, None, datetime(2026, 3, 1, 12))
        reached = self.env["fusion.billing.usage.threshold"].search([])
        self.assertEqual(sorted(reached.mapped("percent")), [80, 100])

    def test_events_of_an_id_that_came_back_count_for_one_of_its_orders(self):
        again = make_order("again", subscription_id=source_id("subscription web"))
        self.load(make_customer(orders=[make_order(), again]))
        first = self.order()
        second = self.env["sale.order"].search([("id", ">", first.id)])
        moment = datetime(2026, 2, 20, 12)
        first.x_fc_terminated_at = moment
        second.write(
            {
                "start_date": moment.date(),
                "next_invoice_date": "2026-03-20",
                "x_fc_subscribed_at": moment,
            }
        )
        self.send(datetime(2026, 2, 20, 11), datetime(2026, 2, 20, 12), datetime(2026, 2, 21))
        units = {
            line["external_id"]: line["units"]
            for line in self.preview()
            if line["period_start"] > "2026-02"
        }
        self.assertEqual(
            units, {first.x_fc_external_id: "150000", second.x_fc_external_id: "300000"}
        )

    def test_calendar_periods_begin_on_the_first(self):
        calendar = Calendar(date(2026, 1, 14), "month", 1, "UTC", True)
        firsts = [datetime(2026, 1, 14), datetime(2026, 2, 1), datetime(2026, 3, 1)]
        starts = periods_starting(calendar, firsts[0], datetime(2026, 3, 2))
        self.assertEqual([start for start, _end in starts], firsts)
        self.assertEqual(period_at(calendar, datetime(2026, 1, 31, 23)), (firsts[0], firsts[1]))
        self.assertIsNone(period_at(calendar, datetime(2026, 1, 13, 23)))

    def test_metrics_of_another_service_do_not_count(self):
        other = self.env["fusion.billing.service"].create({"name": "Other", "code": "other"})
        metrics = self.env["fusion.billing.metric"]
        own = metrics.create({"code": "x", "name": "x", "service_id": other.id})
        self.assertEqual(metrics._by_code(other)["x"], own)
        self.assertNotIn("x", metrics._by_code(self.service))
        self.assertIn("cpu_seconds", metrics._by_code(other))

import json
from datetime import datetime
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import freeze_time

from ..metering.events import event_units
from .usage_common import NOW, UsageCase

START, END = datetime(2026, 1, 14, 5), datetime(2026, 2, 14, 5)
US, EU = {"region": ["us", "ca"]}, {"region": ["eu"]}
LARGE = {"region": ["eu"], "size": ["xl"]}
PARTS = {
    "us": {"is": US, "not": []},
    "eu": {"is": EU, "not": [LARGE]},
    "large": {"is": LARGE, "not": []},
    "rest": {"is": {}, "not": [US, EU, LARGE]},
}


class TestUsageEventParts(UsageCase):
    """A charge of its own key counts some of a metric's events, each of them once."""

    def setUp(self):
        super().setUp()
        self.parts = {
            name: self.env["fusion.billing.metric"].create(
                {
                    "service_id": self.service.id,
                    "code": f"calls[{name}]",
                    "name": name,
                    "event_code": "calls",
                    "event_filter": json.dumps(chosen),
                    "field_name": "quantity",
                }
            )
            for name, chosen in PARTS.items()
        }

    def send(self, *events):
        public_id = (
            self.order("web").x_fc_nexacloud_subscription_id or self.order("web").x_fc_external_id
        )
        self.env["fusion.billing.event"].create(
            [
                {
                    "service_id": self.service.id,
                    "external_subscription_id": public_id,
                    "code": "calls",
                    "transaction_id": str(number),
                    "occurred_at": datetime(2026, 1, 20),
                    "created_at": datetime(2026, 1, 20),
                    "properties": properties,
                }
                for number, properties in enumerate(events)
            ]
        )
        self.env.flush_all()

    def counted(self):
        order = self.order("web")
        wanted = [(order.id, metric, START, END, False) for metric in self.parts.values()]
        found = event_units(self.env, self.service, wanted)
        names = {metric.id: name for name, metric in self.parts.items()}
        return {
            names[metric_id]: units.units for (_order, metric_id, _start), units in found.items()
        }

    def test_each_event_is_counted_by_the_narrowest_part_alone(self):
        self.send(
            {"quantity": "1", "region": "us"},
            {"quantity": "2", "region": "eu"},
            {"quantity": "4", "region": "eu", "size": "xl"},
            {"quantity": "8", "region": "eu", "size": "s"},
            {"quantity": "16", "region": "asia"},
            {"quantity": "32"},
            {"quantity": "64", "region": "ca"},
        )
        self.assertEqual(
            self.counted(),
            {"us": Decimal(65), "eu": Decimal(10), "large": Decimal(4), "rest": Decimal(48)},
        )

    def test_number_is_the_same_value_as_its_text(self):
        self.parts["us"].event_filter = json.dumps({"is": {"region": ["7"]}, "not": []})
        self.send({"quantity": "3", "region": 7})
        self.assertEqual(self.counted(), {"us": Decimal(3), "rest": Decimal(3)})

    def test_bundle_may_change_which_events_a_metric_counts(self):
        wanted = {
            "code": "calls[us]",
            "name": "us",
            "aggregation": "sum",
            "event_code": "calls",
            "event_filter": json.dumps({"is": {"region": ["ca"]}, "not": []}),
        }
        filters = [{"key": "region", "values": ["ca", "us"]}]
        whole = {"code": "calls", "name": "Calls", "aggregation": "sum"}
        self.load(plans=[], metrics=[wanted, {**whole, "filters": json.dumps(filters)}])
        self.assertEqual(self.parts["us"].event_filter, wanted["event_filter"])
        metrics = self.env["fusion.billing.metric"]._by_code(self.service)
        self.assertEqual(metrics["calls"].filters, filters)
        for wrong in ("{", "[1]", '[{"key": "region", "values": [1]}]', '{"region": ["ca"]}'):
            with self.assertRaises(UserError):
                self.load(plans=[], metrics=[{**whole, "filters": wrong}])

    def test_quantity_is_rounded_before_it_is_priced(self):
        metric = self.parts["us"]
        for rounding, digits, units, expected in (
            ("round", 0, "2.5", "3"),
            ("ceil", -1, "121", "130"),
            ("floor", 2, "0.129", "0.12"),
            (False, 0, "0.129", "0.129"),
        ):
            metric.write({"rounding": rounding, "rounding_digits": digits})
            self.assertEqual(metric._rounded(Decimal(units)), Decimal(expected))


@freeze_time(NOW)
class TestSplitCharge(UsageCase):
    """What is billed of a metric's events is not billed again when its charge is split."""

    def setUp(self):
        super().setUp()
        shared = {"service_id": self.service.id, "name": "calls", "field_name": "quantity"}
        self.metrics = self.env["fusion.billing.metric"].create(
            [
                {**shared, "code": "calls"},
                {**shared, "code": "calls[eu]", **self.counting({"is": EU, "not": []})},
                {**shared, "code": "calls[]", **self.counting({"is": {}, "not": [EU]})},
            ]
        )
        self.charge = self.plan().charge_ids[:1].copy(self.priced(self.metrics[0]))
        order = self.go_live()
        self.env["fusion.billing.event"].create(
            [
                {
                    "service_id": self.service.id,
                    "external_subscription_id": order.x_fc_nexacloud_subscription_id
                    or order.x_fc_external_id,
                    "code": "calls",
                    "transaction_id": str(number),
                    "occurred_at": datetime(2026, 1, 20),
                    "created_at": datetime(2026, 1, 20),
                    "properties": {"quantity": str(number), "region": region},
                }
                for number, region in ((3, "eu"), (5, "us"))
            ]
        )
        self.env.flush_all()

    @staticmethod
    def counting(chosen):
        return {"event_code": "calls", "event_filter": json.dumps(chosen)}

    @staticmethod
    def priced(metric):
        terms = {"included_quota": 0, "unit_batch": 1, "price_per_unit": 1}
        return {"metric_id": metric.id, **terms}

    def split(self):
        self.charge.metric_id = self.metrics[2]
        part = self.charge.copy(self.priced(self.metrics[1]))
        part.plan_id = self.charge.plan_id

    def billed(self):
        ratings = self.ratings().filtered(lambda one: one.metric_id in self.metrics)
        return {one.metric_id.code: one.amount for one in ratings if one.state == "billed"}

    def test_billed_whole_and_split_then(self):
        self.rate()
        self.split()
        self.assertEqual(self.rate()["billed"], 0)
        self.assertEqual(self.billed(), {"calls": 8})

    def test_billed_in_parts_and_made_whole_then(self):
        self.split()
        self.rate()
        self.assertEqual(self.billed(), {"calls[eu]": 3, "calls[]": 5})
        self.plan().charge_ids.filtered(lambda one: one.metric_id == self.metrics[1]).unlink()
        self.charge.metric_id = self.metrics[0]
        self.assertEqual(self.rate()["billed"], 0)
        self.assertEqual(self.billed(), {"calls[eu]": 3, "calls[]": 5})

    def test_part_that_could_not_be_billed_is_billed_later(self):
        self.split()
        self.rate()
        part = self.ratings().filtered(lambda one: one.metric_id == self.metrics[1])
        self.env.cr.execute(
            "UPDATE fusion_billing_rating SET state = 'preview', order_line_id = NULL "
            "WHERE id = %s",
            [part.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.rate()["billed"], 1)

from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import (
    make_charge,
    make_customer,
    make_order,
    make_plan,
)

from .usage_common import FEBRUARY, NOW, UsageCase, make_usage

QUOTA = 360000


@freeze_time(NOW)
class TestUsageThresholds(UsageCase):
    def events(self):
        found = self.env["fusion.billing.usage.threshold"].search([], order="id")
        return [(event.percent, event.units) for event in found]

    def test_threshold_is_reached_by_the_last_unit_and_raised_once(self):
        self.meter(make_usage(str(QUOTA * 0.8 - 0.000001)))
        self.assertEqual(self.events(), [])
        self.meter(make_usage("0.000001", key="2"))
        self.assertEqual(self.events(), [(80, 288000)])
        self.meter(make_usage("1", key="3"))
        self.assertEqual(len(self.events()), 1)
        self.meter(make_usage("80000", key="4"))
        self.assertEqual(self.events(), [(80, 288000), (100, 368001)])

    def test_correction_downwards_leaves_the_event(self):
        self.meter(make_usage(str(QUOTA)))
        self.meter(make_usage("0"))
        self.assertEqual([percent for percent, _units in self.events()], [80, 100])

    def test_every_period_has_its_own_thresholds(self):
        self.meter(make_usage("300000"), make_usage("300000", period=FEBRUARY, key="2"))
        self.assertEqual(self.events(), [(80, 300000), (80, 300000)])

    def test_plan_that_includes_nothing_has_no_thresholds(self):
        plan = make_plan("bare", charges=[make_charge(included_quota="0")])
        order = make_order("bare", plan_code="bare")
        self.load(make_customer("Max", [order]), plans=[plan])
        self.meter(make_usage("1000000", name="bare"))
        self.assertEqual(self.events(), [])

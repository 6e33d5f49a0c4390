from datetime import datetime, timedelta
from decimal import Decimal

from odoo.tests import BaseCase

from ..metering.aggregation import Measure, aggregate

START = datetime(2026, 1, 1)
PERIOD = (START, START + timedelta(days=10))


def measure(quantity, day=0, days=1):
    start = START + timedelta(days=day)
    return Measure(start, start + timedelta(days=days), Decimal(quantity))


class TestUsageAggregation(BaseCase):
    def check(self, method, expected, *measures):
        self.assertEqual(aggregate(method, measures, PERIOD), Decimal(expected))

    def test_sum_adds_decimals_exactly(self):
        self.check("sum", "0.3", measure("0.1"), measure("0.2"))
        self.check(
            "sum", "999999999999999999.999999", measure("999999999999999999"), measure("0.999999")
        )

    def test_max_is_the_largest(self):
        self.check("max", "10", measure("9"), measure("10", day=1), measure("2", day=2))

    def test_last_is_of_the_latest_start_and_of_several_the_one_stored_last(self):
        self.check("last", "3", measure("5", day=4), measure("9"), measure("3", day=4))

    def test_unique_counts_different_quantities(self):
        self.check("unique", "2", measure("7"), measure("7.0", day=1), measure("8"))

    def test_count_counts_measures(self):
        self.check("count", "3", measure("0"), measure("7"), measure("7"))

    def test_weighted_sum_is_each_quantity_by_its_share_of_the_period(self):
        level = (measure("10", days=5), measure("2", day=5, days=5))
        self.check("weighted_sum", "6", *level)
        self.check("weighted_sum", "0.333333", measure("3.33333", day=9))

    def test_nothing_measured_is_zero(self):
        for method in ("sum", "max", "last", "unique", "count", "weighted_sum"):
            self.check(method, "0")

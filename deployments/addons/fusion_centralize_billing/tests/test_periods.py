import json
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

from odoo.tests import BaseCase

from ..periods.calendar import CYCLES, Calendar, period_at, periods_starting
from ..periods.shares import billed_days

CASES = json.loads((Path(__file__).parent / "cases" / "periods.json").read_text())


def utc(text):
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


class TestUsagePeriods(BaseCase):
    def test_period_of_each_known_case_is_the_one_in_the_table(self):
        for case in CASES:
            first_day = date.fromisoformat(case["started_on"])
            anchor = case.get("anchor_on")
            calendar = Calendar(
                first_day,
                *CYCLES[case["cycle"]],
                case["zone"],
                case.get("billing_time") == "calendar",
                anchor and date.fromisoformat(anchor),
            )
            with self.subTest(case["name"]):
                period = period_at(calendar, utc(case["moment"]))
                self.assertEqual(period, (utc(case["start"]), utc(case["end"])))

    def test_moment_before_the_first_day_has_no_period(self):
        calendar = Calendar(date(2026, 1, 31), "month", 1, "America/Toronto")
        self.assertIsNone(period_at(calendar, datetime(2026, 1, 31, 4, 59, 59)))

    def test_periods_of_any_length_tile_the_time(self):
        until = datetime(2032, 1, 1)
        for unit, count in (("week", 1), ("week", 4), ("month", 1), ("month", 3), ("year", 2)):
            calendar = Calendar(date(2024, 1, 31), unit, count, "America/Toronto")
            start = calendar.boundary(0)
            periods = periods_starting(calendar, start, until)
            with self.subTest(f"{count} {unit}"):
                self.assertEqual(periods[0][0], start)
                self.assertGreaterEqual(periods[-1][1], until)
                for (_, end), (next_start, _) in pairwise(periods):
                    self.assertEqual(end, next_start)
                for period in periods:
                    self.assertEqual(period_at(calendar, period[0]), period)

    def test_windows_that_tile_name_each_period_once(self):
        calendar = Calendar(date(2025, 8, 31), "month", 1, "America/Toronto")
        edges = [datetime(2025, 1, 1), *(datetime(2026, month, 28) for month in range(1, 13))]
        named = [
            period
            for since, until in pairwise(edges)
            for period in periods_starting(calendar, since, until)
        ]
        self.assertEqual(tuple(named), periods_starting(calendar, edges[0], edges[-1]))

    def test_part_of_a_period_has_fewer_days_than_the_whole(self):
        zone = "America/Toronto"
        calendar = Calendar(date(2026, 1, 20), "month", 1, zone, aligned=True)
        self.assertEqual(billed_days(calendar, calendar.boundary(0)), (12, 31))
        self.assertEqual(billed_days(calendar, calendar.boundary(1)), (28, 28))
        # A trial that ends within a period leaves its rest to pay, one that ends later nothing.
        self.assertEqual(billed_days(calendar, calendar.boundary(1), date(2026, 2, 21)), (8, 28))
        self.assertEqual(billed_days(calendar, calendar.boundary(1), date(2026, 3, 1)), (0, 28))
        self.assertEqual(billed_days(calendar, calendar.boundary(2), date(2026, 3, 1)), (31, 31))

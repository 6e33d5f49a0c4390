from datetime import UTC, date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase, freeze_time, tagged

from odoo.addons.fusion_centralize_billing.periods.calendar import Calendar, periods_starting
from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    make_customer,
    make_order,
    source_id,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import FEBRUARY, NOW, make_usage

from ..switching.boundaries import boundary_at, read_day
from .cutover_common import CutoverCase

ZONE = "America/Toronto"


class TestBoundaries(BaseCase):
    def test_old_and_new_days_tile_the_calendar_from_every_boundary(self):
        for anchor in (28, 29, 30, 31):
            for unit in ("month", "year"):
                calendar = Calendar(date(2024, 1, anchor), unit, 1, ZONE)
                firsts = [self._first_day(calendar.boundary(n)) for n in range(26)]
                for before, first in pairwise(firsts):
                    for shift in (-1, 0, 1):
                        said = first + timedelta(days=shift)
                        with self.subTest(anchor=anchor, unit=unit, said=said):
                            self.assertEqual(boundary_at(calendar, said), first)
                    self.assertIsNone(boundary_at(calendar, before + timedelta(days=10)))

    def test_periods_from_the_boundary_on_follow_those_before_without_gap_or_overlap(self):
        for anchor in (28, 29, 30, 31):
            calendar = Calendar(date(2024, 1, anchor), "month", 1, ZONE)
            until = calendar.boundary(30)
            for number in range(1, 25):
                switch = calendar.boundary(number)
                old = periods_starting(calendar, calendar.boundary(0), switch)
                new = periods_starting(calendar, switch, until)
                with self.subTest(anchor=anchor, switch=switch):
                    self.assertEqual(old[-1][1], new[0][0])
                    self.assertEqual(len(old) + len(new), 30)

    def test_day_of_a_moment_is_that_of_the_zone(self):
        self.assertEqual(read_day("2026-02-14", ZONE), date(2026, 2, 14))
        self.assertEqual(read_day("2026-02-14T04:30:00Z", ZONE), date(2026, 2, 13))
        self.assertEqual(read_day("2026-02-14 05:00:00", ZONE), date(2026, 2, 14))
        for text in (None, "soon", 20260214, "2026-13-01"):
            with self.subTest(text), self.assertRaises(ValueError):
                read_day(text, ZONE)

    def test_nothing_begins_before_the_subscription(self):
        calendar = Calendar(date(2026, 1, 31), "month", 1, ZONE)
        self.assertIsNone(boundary_at(calendar, date(2025, 12, 31)))
        self.assertEqual(boundary_at(calendar, date(2026, 1, 30)), date(2026, 1, 31))

    @staticmethod
    def _first_day(moment):
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(ZONE)).date()


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestFirstInvoices(CutoverCase):
    """What Odoo bills after a switch is what the ledger showed before, to the cent."""

    def ledger(self, window):
        page = self.wizard.ledger_lines(SERVICE, *window)
        rows = [dict(zip(page["columns"], row, strict=True)) for row in page["rows"]]
        return {(row["subscription"], row["item"], row["period_start"]): row for row in rows}

    def test_first_invoices_equal_the_preview_and_replace_it_in_the_ledger(self):
        window = ("2026-02-01T00:00:00Z", "2026-03-10T00:00:00Z")
        with freeze_time("2026-03-20 12:00:00"):
            self.meter(make_usage("765000", period=FEBRUARY))
            before = self.ledger(window)
            self.switch(self.approve(), "Zoé", "Max")
            self.assertEqual(self.rate(window)["billed"], 3)
            self.assertEqual(self.bill("2026-02-14"), 3)
            self.assertEqual(self.bill("2026-02-14"), 0)
            after = self.ledger(window)
        self.assertEqual(before.keys(), after.keys())
        posted = 0
        for key, row in after.items():
            self.assertAlmostEqual(float(row["amount"]), float(before[key]["amount"]), delta=0.005)
            posted += row["ref"] != before[key]["ref"]
        # Three prices, and the one usage that cost something.
        self.assertEqual(posted, 4)
        invoice = self.order().invoice_ids
        self.assertEqual((invoice.state, invoice.amount_untaxed), ("posted", 49.84))
        self.assertEqual(self.order().next_invoice_date.isoformat(), "2026-03-14")

    def test_subscription_is_invoiced_until_its_end_and_no_longer(self):
        with freeze_time("2026-03-20 12:00:00"):
            self.switch(self.approve("Zoé"), "Zoé")
            self.order().end_date = "2026-03-14"
            self.assertEqual(self.bill("2026-06-14"), 1)

    def test_ledger_tells_from_when_on_odoo_bills_whom(self):
        window = ("2026-02-01T00:00:00Z", "2026-03-10T00:00:00Z")
        self.assertEqual(self.wizard.ledger_lines(SERVICE, *window)["switched"], [])
        self.switch(self.approve(), "Zoé")
        page = self.wizard.ledger_lines(SERVICE, *window)
        midnight = "2026-02-14T05:00:00Z"
        self.assertEqual(page["switched"], [[source_id("subscription web"), midnight, midnight]])

    def test_invoiced_days_go_on_where_the_old_side_stopped(self):
        late = make_order("late", started_on="2025-01-31", period_end="2026-01-31")
        yearly = make_order("year", cycle="yearly", price="490.00", started_on="2024-02-29",
                            period_end="2026-02-28")  # fmt: skip
        self.load(make_customer("Ann", [late, yearly]))
        self.compare_long_periods()
        until = {
            source_id("subscription late"): "2026-01-31",
            source_id("subscription year"): {"flat": "2026-02-28", "usage": "2026-01-29"},
        }
        self.switch(self.approve("Ann"), "Ann", billed_until=until)
        self.env["sale.subscription.plan"]._fc_own().auto_close_limit = 3650
        self.bill("2026-06-30")
        spans = {}
        for name in ("late", "year"):
            lines = self.order(name).invoice_ids.invoice_line_ids.sorted("x_fc_period_start")
            spans[name] = [(line.x_fc_period_start, line.x_fc_period_end) for line in lines]
        days = [str(start.date()) for start, _end in spans["late"]]
        self.assertEqual(
            days,
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"],
        )
        for (_start, end), (start, _end) in zip(spans["late"], spans["late"][1:], strict=False):
            self.assertEqual(end, start)
        self.assertEqual(
            [str(day.date()) for day in spans["year"][0]], ["2026-02-28", "2027-02-28"]
        )
        self.assertEqual(self.order("year").x_fc_usage_from.isoformat(), "2026-01-29")
        self.assertEqual(self.order("year").next_invoice_date.isoformat(), "2027-02-28")

    def test_credit_note_is_deducted_in_the_ledger(self):
        self.switch(self.approve(), "Zoé")
        self.bill("2026-02-14")
        invoice = self.order().invoice_ids
        refund = invoice._reverse_moves([{"invoice_date": "2026-02-20"}])
        refund.invoice_line_ids.price_unit = 9.0
        refund.action_post()
        row = self.ledger(("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"))[
            source_id("subscription web"), "flat", "2026-02-14T05:00:00Z"
        ]
        self.assertEqual(row["amount"], "40")
        self.assertEqual(row["ref"], f"{invoice.name}, {refund.name}")

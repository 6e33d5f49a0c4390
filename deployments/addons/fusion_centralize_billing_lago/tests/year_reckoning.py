"""What a year has to end with: every day and all usage billed once, payers served, apps told."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from odoo.addons.fusion_centralize_billing.periods.calendar import day_of
from odoo.addons.fusion_centralize_billing.tests.common import source_id

from . import year_world as world

ZONE = "America/Toronto"


class Reckoning:
    """Checks of a test that has lived through the year of ``customers``, of whom some pay."""

    def orders_of(self, one):
        key = source_id(f"subscription {one.name}")
        return self.env["sale.order"].search([("x_fc_nexacloud_subscription_id", "=", key)])

    def lines_of(self, one):
        moves = self.orders_of(one).invoice_ids
        self.assertEqual(set(moves.mapped("state")) | {"posted"}, {"posted"}, one)
        self.assertEqual(set(moves.mapped("move_type")) | {"out_invoice"}, {"out_invoice"}, one)
        return moves.invoice_line_ids

    def check_prices(self):
        for one in self.customers:
            lines = self.lines_of(one).filtered("x_fc_period_end").sorted("x_fc_period_start")
            billed = [
                world.Period(
                    day_of(line.x_fc_period_start, ZONE),
                    day_of(line.x_fc_period_end, ZONE),
                    Decimal(str(line.price_subtotal)).quantize(world.CENT),
                )
                for line in lines
            ]
            due = one.prices()
            with self.subTest(one.name, terms=one):
                for line, period in zip(lines, billed, strict=True):
                    last = period.end - timedelta(days=1)
                    self.assertEqual(
                        (line.deferred_start_date, line.deferred_end_date), (period.start, last)
                    )
                if one in self.paying:
                    self.assertEqual(billed, due)
                else:
                    self.assertEqual(billed, due[: len(billed)])
                    self.assertTrue(billed)

    def check_usage(self):
        """Every month of use is billed once to the cent; the last ones may wait for next year."""
        for one in self.paying:
            lines = self.lines_of(one).filtered(lambda line: not line.x_fc_period_end)
            ratings = self.env["fusion.billing.rating"].search(
                [("order_line_id", "in", lines.sale_line_ids.ids)]
            )
            amounts = {
                line: Decimal(str(line.price_subtotal)).quantize(world.CENT) for line in lines
            }
            self.assertEqual(len(ratings), len(lines), one)
            billed = Counter()
            for rating in ratings:
                (line,) = rating.order_line_id.invoice_lines
                billed[day_of(rating.period_start, ZONE)] += amounts[line]
            with self.subTest(one.name, terms=one):
                self.assertEqual(len(billed), len(ratings))
                settled = world.LAST - timedelta(days=36)
                for period in one.used():
                    if period.end <= settled or period.start in billed:
                        self.assertEqual(billed[period.start], period.amount, period)
                self.assertLessEqual(set(billed), {period.start for period in one.used()})

    def check_payers(self):
        for one in self.customers:
            orders = self.orders_of(one)
            moves = orders.invoice_ids
            with self.subTest(one.name, terms=one):
                if one in self.paying:
                    (running,) = orders.filtered(lambda order: order.x_fc_status == "active")
                    # A renewal begins when what is paid for is over.
                    state = "5_renewed" if one.renewal_waits else "3_progress"
                    self.assertEqual(running.subscription_state, state)
                    self.assertFalse(running.payment_exception)
                    settled = moves.filtered(
                        lambda move: move.invoice_date <= world.LAST - timedelta(days=10)
                    )
                    self.assertEqual(
                        set(settled.mapped("payment_state")) - {"paid", "in_payment"}, set()
                    )
                else:
                    self.assertEqual(set(orders.mapped("subscription_state")), {"6_churn"})
                if one.pays == world.CARD:
                    for move in moves:
                        self.assertEqual(move.transaction_ids.mapped("state"), ["done"], move.name)

    def check_events(self):
        messages = self.env["fusion.billing.webhook"].search([])
        told = {}
        for message in messages:
            told.setdefault(message.customer, Counter())[message.event_type] += 1
        for one in self.customers:
            events = told[source_id(f"user {one.name}")]
            ours = {name: count for name, count in events.items() if name.startswith("subscr")}
            ours.pop("subscription.usage_threshold_reached", None)
            with self.subTest(one.name, terms=one):
                self.assertEqual(events["invoice.created"], len(self.orders_of(one).invoice_ids))
                if one.pays in (world.FAILING_CARD, world.NEVER):
                    self.assertEqual(ours, {"subscription.terminated": 1})
                elif one.changes:
                    number = sum(
                        date(2026, month, one.first_day.day) <= world.LAST
                        for month in world.CHANGES
                    )
                    self.assertEqual(ours.pop("subscription.terminated"), number)
                    self.assertEqual(ours.pop("subscription.started"), number)
                    self.assertLessEqual(set(ours), {"subscription.updated"})
                elif one.renews and not one.renewal_waits:
                    self.assertEqual(set(ours), {"subscription.updated"})
                else:
                    self.assertEqual(ours, {})
                self.assertEqual(
                    bool(events["invoice.payment_failure"]), one.pays == world.FAILING_CARD
                )

from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import make_customer, make_order
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import UsageCase

# Periods are from the 14th to the 14th; those before this day are invoiced.
LAST = "2026-03-14"


class TestEnds(UsageCase):
    """What an agreed end within a period costs: no day is free, none is paid for nothing."""

    def live(self, ends_on, **terms):
        self.service.source = "lago"
        self.load(make_customer(orders=[make_order(ends_on=ends_on, **terms)]))
        order = self.go_live()
        self.bill(LAST)
        return order

    def moves(self):
        """Return the order's invoices, and the credit notes of its customer."""
        mine = ["|", ("id", "in", self.order().invoice_ids.ids)]
        return self.env["account.move"].search([*mine, ("x_fc_link_id", "=", self.link().id)])

    def settled(self, day):
        """Run the scheduled action on a day; return what it posted, credits below 0."""
        before = self.moves()
        with freeze_time(f"{day} 15:00:00"), self.uncommitted():
            self.env["sale.order"]._cron_settle_ends()
        self.env.invalidate_all()
        made = self.moves() - before
        self.assertEqual(set(made.mapped("state")), {"posted"} if made else set())
        return [round(move.amount_untaxed_signed, 2) for move in made]

    def test_days_used_in_arrears_are_billed(self):
        self.live("2026-03-20", in_advance=False)
        # 6 of 31 days of 49.00.
        self.assertEqual(self.settled("2026-03-19"), [])
        self.assertEqual(self.settled("2026-03-20"), [9.48])
        self.assertEqual(self.settled("2026-03-21"), [])

    def test_days_used_in_arrears_are_billed_after_odoo_closed_it(self):
        order = self.live("2026-03-20", in_advance=False)
        with freeze_time("2026-03-20 12:00:00"):
            order.subscription_state = "6_churn"
        self.assertEqual(self.settled("2026-03-22"), [9.48])

    def test_a_whole_last_period_in_arrears_is_billed(self):
        self.live("2026-04-14", in_advance=False)
        self.assertEqual(self.settled("2026-04-15"), [49.0])
        self.bill("2026-06-30")
        self.assertEqual(self.settled("2026-06-30"), [])

    def test_days_paid_ahead_are_credited(self):
        self.live("2026-03-20")
        # 25 of 31 days of 49.00.
        self.assertEqual(self.settled("2026-03-20"), [-39.52])
        self.assertEqual(self.settled("2026-03-21"), [])

    def test_nothing_is_settled_of_what_ends_with_a_period_paid_ahead(self):
        self.live("2026-04-14")
        self.assertEqual(self.settled("2026-04-15"), [])

    def test_a_shadow_is_not_settled(self):
        self.service.source = "lago"
        self.load(make_customer(orders=[make_order(ends_on="2026-02-20", in_advance=False)]))
        self.assertEqual(self.settled("2026-02-25"), [])

from datetime import date

from odoo import Command
from odoo.tests import freeze_time, tagged

from .case import TODAY, ContractCase


@tagged("post_install", "-at_install", "enterprise_contract")
@freeze_time(f"{TODAY} 12:00:00")
class TestContractInvoices(ContractCase):
    """The contract: which days an invoice bills, and what is on it."""

    def test_period_begins_at_the_next_invoice_date(self):
        order = self.make_running(start=date(2025, 3, 14), following=date(2026, 2, 14))
        self.run_action("2026-02-13")
        self.assertFalse(self.invoices(order))
        self.run_action("2026-02-14")
        line = self.recurring_lines(order)
        self.assertEqual(line.deferred_start_date, date(2026, 2, 14))
        self.assertEqual(line.deferred_end_date, date(2026, 3, 13))
        self.assertEqual(line.price_subtotal, 441.0)

    def test_next_date_follows_the_last_billed_day(self):
        order = self.make_running()
        for day, following in (
            ("2026-01-31", date(2026, 2, 28)),
            ("2026-02-28", date(2026, 3, 28)),
        ):
            self.run_action(day)
            self.assertEqual(order.next_invoice_date, following)

    def test_days_of_our_lines_are_kept(self):
        order = self.make_running(start=date(2026, 2, 28))
        with freeze_time("2026-02-28 12:00:00"):
            move = order._create_invoices()
            line = move.invoice_line_ids
            line.deferred_end_date = date(2026, 3, 30)
            move.action_post()
        self.assertEqual(line.deferred_end_date, date(2026, 3, 30))
        self.assertEqual(order.next_invoice_date, date(2026, 3, 31))

    def test_ordered_policy_bills_each_period(self):
        order = self.make_running(start=date(2026, 1, 14))
        for day in ("2026-01-14", "2026-02-14", "2026-03-14"):
            self.run_action(day)
        self.assertEqual(self.recurring_lines(order).mapped("price_subtotal"), [441.0] * 3)

    def test_invoice_by_hand_is_the_next_period_s(self):
        order = self.make_running(start=date(2026, 1, 14), following=date(2026, 3, 14))
        order.payment_token_id = self.make_token()
        mails = self.env["mail.mail"].search_count([])
        move = order._create_invoices()
        move.invoice_date = order.next_invoice_date
        move.action_post()
        line = move.invoice_line_ids
        self.assertEqual(line.deferred_start_date, date(2026, 3, 14))
        self.assertEqual(line.price_subtotal, 441.0)
        self.assertEqual(order.next_invoice_date, date(2026, 4, 14))
        self.assertFalse(move.transaction_ids)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)

    def test_other_lines_go_with_the_next_invoice(self):
        order = self.make_running(start=date(2026, 1, 14))
        self.run_action("2026-01-14")
        usage = {
            "product_id": self.extra.id,
            "product_uom_qty": 2.0,
            "price_unit": 0.5,
            "technical_price_unit": -1.0,
        }
        order.write({"order_line": [Command.create(usage)]})
        for day in ("2026-01-20", "2026-02-14", "2026-03-14"):
            self.run_action(day)
        lines = self.invoices(order).invoice_line_ids.filtered(
            lambda line: line.product_id == self.extra
        )
        self.assertEqual(lines.mapped("price_subtotal"), [1.0])
        self.assertEqual(lines.move_id, self.invoices(order)[1])
        self.assertEqual(order.next_invoice_date, date(2026, 4, 14))

    def test_drafts_are_never_invoiced(self):
        order = self.make_order(start=date(2025, 1, 1))
        self.run_action("2026-01-31")
        self.assertFalse(order.invoice_ids)
        self.assertEqual(order.state, "draft")

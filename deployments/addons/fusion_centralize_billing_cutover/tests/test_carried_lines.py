"""What recurs beside the plan, after the switch: billed by Odoo as it was before, line by line."""

from odoo.tests import freeze_time, tagged

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    make_charge,
    make_customer,
    make_order,
    make_plan,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from .cutover_common import BOUNDARY, CutoverCase

BACKUP = {
    "external_id": "a1",
    "item": "addon:Backup",
    "kind": "addon",
    "name": "Backup",
    "quantity": "1",
    "price": "9.90",
}


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestCarriedLines(CutoverCase):
    def live(self, plans=None, billed_until=BOUNDARY, **changes):
        """Switch Ann, who has one order, and return it."""
        self.env["sale.subscription.plan"]._fc_own().auto_close_limit = 3650
        order = make_order("ann", **changes)
        self.load(make_customer("Ann", [order]), plans=plans)
        until = {order["subscription_id"]: billed_until}
        rows, _answer = self.switch(self.approve("Ann"), "Ann", billed_until=until)
        self.assertEqual(rows["Ann"]["outcome"], "switched", rows["Ann"])
        return self.order("ann")

    def invoiced(self, order):
        """Return what each invoice of the order says: day, then name of the item and amount."""
        moves = order.invoice_ids.sorted("invoice_date")
        return [
            (
                str(move.invoice_date),
                {
                    line.sale_line_ids.x_fc_item or "flat": line.price_subtotal
                    for line in move.invoice_line_ids
                },
            )
            for move in moves
        ]

    def test_addon_is_on_every_invoice_at_its_own_price(self):
        order = self.live(lines=[BACKUP])
        self.bill("2026-03-20")
        both = {"flat": 49.0, "addon:Backup": 9.9}
        self.assertEqual(self.invoiced(order), [("2026-02-14", both), ("2026-03-14", both)])
        self.assertEqual({line.price_unit for line in order.order_line}, {49.0, 9.9})

    def test_posted_addon_has_its_item_and_period_in_the_ledger(self):
        order = self.live(lines=[BACKUP])
        self.bill("2026-02-20")
        with freeze_time("2026-02-20 12:00:00"):
            page = self.wizard.ledger_lines(SERVICE, "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")
        rows = [dict(zip(page["columns"], row, strict=True)) for row in page["rows"]]
        mine = [row for row in rows if row["ref"] == order.invoice_ids.name]
        self.assertEqual(
            {(row["item"], row["amount"], row["period_start"][:10]) for row in mine},
            {("flat", "49", "2026-02-14"), ("addon:Backup", "9.9", "2026-02-14")},
        )

    def test_line_with_an_end_is_on_no_later_invoice(self):
        order = self.live(lines=[{**BACKUP, "ends_on": "2026-03-14"}])
        self.bill("2026-03-20")
        self.assertEqual(
            [lines for _day, lines in self.invoiced(order)],
            [{"flat": 49.0, "addon:Backup": 9.9}, {"flat": 49.0}],
        )

    def test_order_in_another_currency_is_invoiced_in_it(self):
        plan = make_plan("swiss", currency="CHF", charges=[make_charge(currency="CHF")])
        order = self.live([plan], plan_code="swiss", plan_id=plan["external_id"], currency="CHF")
        self.bill("2026-02-20")
        self.assertEqual(order.invoice_ids.currency_id.name, "CHF")
        self.assertEqual(order.invoice_ids.amount_untaxed, 49.0)

    def test_arrears_are_billed_when_their_period_is_over(self):
        order = self.live(in_advance=False, billed_until="2026-01-14", lines=[BACKUP])
        self.assertEqual(str(order.next_invoice_date), "2026-02-14")
        self.bill("2026-03-20")
        self.assertEqual(
            [day for day, _lines in self.invoiced(order)], ["2026-02-14", "2026-03-14"]
        )
        first = order.invoice_ids.sorted("invoice_date")[0].invoice_line_ids[0]
        self.assertEqual(str(first.x_fc_period_start)[:10], "2026-01-14")
        self.assertEqual(str(first.x_fc_period_end)[:10], "2026-02-14")
        self.assertEqual(str(order.next_invoice_date), "2026-04-14")

    def test_price_ahead_begins_with_the_end_of_a_trial_within_a_period(self):
        over = "2026-02-20"
        days = {"flat": over, "usage": "2026-02-14"}
        order = self.live(trial_ends_on=over, period_end=over, billed_until=days)
        self.assertEqual(str(order.next_invoice_date), over)
        self.bill("2026-03-20")
        # 22 of the 28 days from 14 February on.
        self.assertEqual(
            self.invoiced(order), [(over, {"flat": 38.5}), ("2026-03-14", {"flat": 49.0})]
        )
        first = order.invoice_ids.sorted("invoice_date")[0].invoice_line_ids
        self.assertEqual(str(first.x_fc_period_start)[:10], over)

    def test_arrears_after_a_trial_are_billed_first_for_the_period_in_which_it_ends(self):
        changes = {"trial_ends_on": "2026-02-20", "period_end": "2026-03-14", "in_advance": False}
        order = self.live(billed_until="2026-02-14", **changes)
        self.bill("2026-04-20")
        self.assertEqual(
            self.invoiced(order), [("2026-03-14", {"flat": 38.5}), ("2026-04-14", {"flat": 49.0})]
        )

    def test_exempt_customer_is_invoiced_without_tax(self):
        self.env["sale.subscription.plan"]._fc_own().auto_close_limit = 3650
        order = make_order("ann", lines=[BACKUP])
        self.load(make_customer("Ann", [order], tax_exempt=True))
        until = {order["subscription_id"]: BOUNDARY}
        self.switch(self.approve("Ann"), "Ann", billed_until=until)
        self.bill("2026-02-20")
        self.assertEqual(self.order("ann").invoice_ids.amount_tax, 0.0)

from odoo import models

from ..periods.calendar import day_of
from .sale_order_billed import POSTING


class AccountMove(models.Model):
    """What posting does to a service's orders: the next invoice begins where this one ends."""

    _inherit = "account.move"

    def _post(self, soft=True):
        orders = self._fc_orders()
        if not orders:
            return super()._post(soft=soft)
        before = {order: order.next_invoice_date for order in orders}
        posted = super(AccountMove, self.with_context(**{POSTING: True}))._post(soft=soft)
        for order in posted._fc_orders():
            order._fc_note_billed(posted, before[order])
        return posted.with_env(self.env)

    def _fc_orders(self):
        """Return the service's orders that these invoices and credit notes are about."""
        lines = self.sudo().invoice_line_ids.sale_line_ids
        return lines.order_id.filtered("x_fc_service_id")


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _fc_note_billed(self, moves, before):
        """Set the date of the next invoice by what was posted, whatever Odoo made of it.

        Args:
            moves: Posted just now.
            before: The date of the next invoice before.
        """
        self.ensure_one()
        zone = self._fc_zone()
        ends = [day_of(end, zone) for end in self._fc_billed_ends()]
        until = max([*ends, *filter(None, [self.x_fc_billed_from])], default=False)
        values = {"x_fc_billed_until": until}
        if self.subscription_state in self._fc_running():
            ours = moves.invoice_line_ids.filtered(
                lambda line: line.x_fc_period_end and self in line.sale_line_ids.order_id
            )
            if ours.move_id.filtered(lambda move: move.move_type == "out_invoice"):
                values["next_invoice_date"] = until and self._fc_due_day(until)
            elif before:
                # Usage, or a credit note: the recurring price goes on where it was.
                values["next_invoice_date"] = max(before, until) if until else before
        self.sudo().write(values)

    def _fc_billed_ends(self):
        """Return the ends of the periods that are billed and not credited as a whole."""
        billed, credited = {}, {}
        for line in self.sudo().order_line.invoice_lines:
            if line.x_fc_period_end and line.parent_state == "posted":
                side = credited if line.move_id.move_type == "out_refund" else billed
                side[line.x_fc_period_end] = side.get(line.x_fc_period_end, 0) + line.price_subtotal
        return [
            end for end, amount in billed.items() if amount > credited.get(end, 0) or not amount
        ]

from odoo import api, fields, models

from .sale_order_billed import POSTING


class AccountMove(models.Model):
    """What posting does to a service's orders: the next invoice begins where this one ends."""

    _inherit = "account.move"

    def _post(self, soft=True):
        orders = self._fc_orders()
        orders._refuse_shadow(self.env._("invoiced"))
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


class AccountMoveLine(models.Model):
    """Which period an invoice line bills."""

    _inherit = "account.move.line"

    x_fc_period_start = fields.Datetime(
        "Service From", readonly=True, help="First moment of the period that the line bills."
    )
    x_fc_period_end = fields.Datetime(
        "Service Until", readonly=True, help="First moment that the line does not bill any more."
    )

    @api.constrains("sale_line_ids")
    def _check_no_shadow(self):
        self.sudo().sale_line_ids.order_id._refuse_shadow(self.env._("invoiced"))

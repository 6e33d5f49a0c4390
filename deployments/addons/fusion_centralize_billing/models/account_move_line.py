from odoo import api, fields, models


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

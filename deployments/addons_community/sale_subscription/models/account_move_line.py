from odoo import fields, models


class AccountMoveLine(models.Model):
    """Which days a line bills, and for which subscription."""

    _inherit = "account.move.line"

    subscription_id = fields.Many2one("sale.order", index="btree_not_null")
    deferred_start_date = fields.Date()
    deferred_end_date = fields.Date()

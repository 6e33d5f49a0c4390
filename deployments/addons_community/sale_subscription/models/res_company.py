from odoo import fields, models


class ResCompany(models.Model):
    """Accounts that revenue and expenses are deferred on."""

    _inherit = "res.company"

    deferred_revenue_account_id = fields.Many2one("account.account")
    deferred_expense_account_id = fields.Many2one("account.account")

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    deferred_revenue_account_id = fields.Many2one("account.account", "Deferred Revenue Account")
    deferred_expense_account_id = fields.Many2one("account.account", "Deferred Expense Account")

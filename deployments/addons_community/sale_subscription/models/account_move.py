from odoo import fields, models
from odoo.exceptions import UserError

from .sale_order import RUNNING


class AccountMove(models.Model):
    """Posting an invoice of a subscription moves the date of its next one."""

    _inherit = "account.move"

    def _post(self, soft=True):
        self._check_deferred_accounts()
        posted = super()._post(soft=soft)
        lines = posted.filtered(lambda move: move.move_type == "out_invoice").invoice_line_ids
        for order, its_lines in lines.grouped("subscription_id").items():
            if order.subscription_state in RUNNING:
                order._move_next_invoice_date(its_lines)
        return posted

    def _check_deferred_accounts(self):
        for move in self:
            company = move.company_id
            if any(move.invoice_line_ids.mapped("deferred_start_date")) and not (
                company.deferred_revenue_account_id and company.deferred_expense_account_id
            ):
                raise UserError(
                    self.env._(
                        "%s has no accounts for deferred revenue and expenses; set them in the "
                        "settings of Accounting.",
                        company.name,
                    )
                )


class AccountMoveLine(models.Model):
    """Which days a line bills, and for which subscription."""

    _inherit = "account.move.line"

    subscription_id = fields.Many2one("sale.order", index="btree_not_null")
    deferred_start_date = fields.Date()
    deferred_end_date = fields.Date()


class ResCompany(models.Model):
    """Accounts that revenue and expenses are deferred on."""

    _inherit = "res.company"

    deferred_revenue_account_id = fields.Many2one("account.account")
    deferred_expense_account_id = fields.Many2one("account.account")

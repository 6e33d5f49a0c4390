from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """Posting an invoice of a subscription moves the date of its next one."""

    _inherit = "account.move"

    def _post(self, soft=True):
        self._check_deferred_accounts()
        posted = super()._post(soft=soft)
        lines = posted.filtered(lambda move: move.move_type == "out_invoice").invoice_line_ids
        for order, its_lines in lines.grouped("subscription_id").items():
            if order.subscription_state in ("3_progress", "4_paused"):
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


class SaleOrder(models.Model):
    """The date of the next invoice."""

    _inherit = "sale.order"

    def _move_next_invoice_date(self, lines):
        """Go on after the last day that the lines bill; without any, begin anew."""
        ends = [line.deferred_end_date for line in lines if line.deferred_end_date]
        self.next_invoice_date = max(ends) + timedelta(days=1) if ends else self.start_date

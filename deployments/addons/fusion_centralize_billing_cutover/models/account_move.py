from odoo import models

from ..switching.credits import lines_of


class AccountMove(models.Model):
    """The first invoices of a customer use what the old side owed them."""

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        posted._fc_use_opening_credits()
        return posted

    def _fc_use_opening_credits(self):
        """Reconcile invoices of a service's orders with their customer's opening credits."""
        for invoice in self:
            if invoice.move_type != "out_invoice" or invoice.state != "posted":
                continue
            services = invoice._fc_orders().x_fc_service_id
            if not services:
                continue
            credits = self.env["fusion.billing.opening.credit"].sudo().search(
                [
                    ("move_id", "!=", False),
                    ("currency_id", "=", invoice.currency_id.id),
                    ("service_id", "in", services.ids),
                    ("link_id.partner_id.commercial_partner_id", "=",
                     invoice.commercial_partner_id.id),
                ]
            )  # fmt: skip
            for line in lines_of(credits):
                if invoice.currency_id.is_zero(invoice.amount_residual):
                    break
                invoice.sudo().js_assign_outstanding_line(line.id)

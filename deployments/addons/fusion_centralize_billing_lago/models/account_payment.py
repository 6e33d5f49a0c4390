from odoo import api, models

from ..webhooks.telling import note


class AccountPayment(models.Model):
    """Payments that apps are told of."""

    _inherit = "account.payment"

    @api.model_create_multi
    def create(self, vals_list):
        payments = super().create(vals_list)
        note(payments.filtered(lambda payment: payment.payment_type == "inbound"))
        return payments

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            note(self.filtered(lambda payment: payment.payment_type == "inbound"))
        return result

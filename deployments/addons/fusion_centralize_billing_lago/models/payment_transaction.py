from odoo import api, models

from ..webhooks.telling import note


class PaymentTransaction(models.Model):
    """Payments whose failure apps are told of."""

    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        transactions = super().create(vals_list)
        note(transactions.filtered(lambda transaction: transaction.state == "error"))
        return transactions

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            note(self)
        return result

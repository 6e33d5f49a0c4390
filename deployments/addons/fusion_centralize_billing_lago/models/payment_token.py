from odoo import api, models

from ..webhooks.telling import note


class PaymentToken(models.Model):
    """Cards that apps are told of."""

    _inherit = "payment.token"

    @api.model_create_multi
    def create(self, vals_list):
        tokens = super().create(vals_list)
        note(tokens)
        return tokens

from odoo import api, models


class PaymentTransaction(models.Model):
    """Payments that a shadow order never gets."""

    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse a payment of a shadow order before its provider hears of it.

        The portal makes one for whoever may see the order, also where it shows no button.
        """
        transactions = super().create(vals_list)
        transactions.sale_order_ids._refuse_shadow(self.env._("paid"))
        return transactions

    def write(self, vals):
        done = super().write(vals)
        if "sale_order_ids" in vals:
            self.sale_order_ids._refuse_shadow(self.env._("paid"))
        return done

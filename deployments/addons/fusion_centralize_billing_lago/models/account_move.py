from odoo import models

from ..webhooks.telling import note


class AccountMove(models.Model):
    """Invoices that apps are told of."""

    _inherit = "account.move"

    def write(self, vals):
        result = super().write(vals)
        if not {"state", "invoice_date_due"}.isdisjoint(vals):
            note(self)
        return result

    def _compute_field_value(self, field):
        # Payments change it without a write.
        result = super()._compute_field_value(field)
        if field.name == "payment_state":
            note(self)
        return result

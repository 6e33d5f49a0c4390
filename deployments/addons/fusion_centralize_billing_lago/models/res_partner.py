from odoo import models

from ..webhooks.telling import note

_OF_CUSTOMER = {"name", "email", "phone", "street", "street2", "city", "zip", "state_id"}
_OF_CUSTOMER |= {"country_id"}


class ResPartner(models.Model):
    """Contacts whose changes are their customers'."""

    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if not _OF_CUSTOMER.isdisjoint(vals):
            note(self)
        return result

from odoo import models
from odoo.fields import Command

from ..loader.taxes import Taxes


class FusionBillingOrderTaxes(models.AbstractModel):
    """A shadow bears the taxes of its contact, also when a person corrects these."""

    _name = "fusion.billing.order.taxes"
    _description = "Taxes of a Shadow"

    def _follow_contact_taxes(self):
        """Give each shadow the fiscal position that its contact has now, and its taxes.

        What the service names by codes stays: there the codes decide, not the contact.
        """
        for company, orders in self.grouped("company_id").items():
            taxes = Taxes(self.env, company)
            for order in orders:
                exempt = order.x_fc_account_link_id.tax_exempt
                position = taxes.exempt() if exempt else taxes.position(order.partner_id)
                order._take_position(taxes, position)

    def _take_position(self, taxes, position):
        before = self.fiscal_position_id
        if position == before:
            return
        for line in [] if self.x_fc_taxes_told else self.order_line.filtered("product_id"):
            # Taxes that were named for a line alone are not the position's.
            if set(line.tax_ids.ids) == set(taxes.tax_ids(line.product_id, before)):
                line.tax_ids = [Command.set(taxes.tax_ids(line.product_id, position))]
        self.fiscal_position_id = position

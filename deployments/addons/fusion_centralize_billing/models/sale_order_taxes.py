from odoo import models
from odoo.fields import Command


class FusionBillingOrderTaxes(models.AbstractModel):
    """A shadow bears the taxes of its contact, also when a person corrects these."""

    _name = "fusion.billing.order.taxes"
    _description = "Taxes of a Shadow"

    def _follow_contact_taxes(self):
        """Give each shadow the fiscal position that its contact has now, and its taxes.

        Where the service says that the customer is exempt, or names the taxes, that decides.
        """
        for order in self.filtered(lambda order: not order.x_fc_account_link_id.tax_exempt):
            positions = self.env["account.fiscal.position"].with_company(order.company_id)
            position = positions._get_fiscal_position(order.partner_id, order.partner_shipping_id)
            before = order.fiscal_position_id
            if position == before:
                continue
            for line in [] if order.x_fc_taxes_told else order.order_line.filtered("product_id"):
                taxes = line.product_id.taxes_id._filter_taxes_by_company(order.company_id)
                # Taxes that were named for a line alone are not the position's.
                if line.tax_ids == before.map_tax(taxes):
                    line.tax_ids = [Command.set(position.map_tax(taxes).ids)]
            order.fiscal_position_id = position

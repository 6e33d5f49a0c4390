from odoo import fields, models


class ProductPricelistItem(models.Model):
    """Prices of a recurring plan."""

    _inherit = "product.pricelist.item"

    plan_id = fields.Many2one(
        "sale.subscription.plan",
        "Recurring Plan",
        help="The price of one period of this plan.",
    )

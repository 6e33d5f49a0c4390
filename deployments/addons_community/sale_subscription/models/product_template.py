from odoo import fields, models


class ProductTemplate(models.Model):
    """Products that are sold by subscription."""

    _inherit = "product.template"

    recurring_invoice = fields.Boolean(
        "Subscription Product",
        help="Sold by subscription: its price is charged once per billing period.",
    )


class ProductPricelistItem(models.Model):
    """Prices of a recurring plan."""

    _inherit = "product.pricelist.item"

    plan_id = fields.Many2one(
        "sale.subscription.plan",
        "Recurring Plan",
        help="The price of one period of this plan.",
    )

from odoo import fields, models


class ProductTemplate(models.Model):
    """Products that are sold by subscription."""

    _inherit = "product.template"

    recurring_invoice = fields.Boolean(
        "Subscription Product",
        help="Sold by subscription: its price is charged once per billing period.",
    )

from odoo import fields, models


class FusionBillingAddOn(models.Model):
    """What a service sells once, or beside a plan: a product of Odoo with the service's code."""

    _name = "fusion.billing.add.on"
    _description = "Add-on of a Service"
    _order = "id desc"

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    code = fields.Char(required=True)
    name = fields.Char(required=True)
    invoice_display_name = fields.Char()
    description = fields.Text()
    amount = fields.Monetary(required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    product_id = fields.Many2one("product.product", required=True, ondelete="restrict")
    tax_code_ids = fields.Many2many("fusion.billing.tax.code", string="Tax Codes")
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex(
        "(service_id, code) WHERE active", "The service already has an add-on with this code."
    )
    _amount_not_negative = models.Constraint("CHECK (amount >= 0)", "A price is never negative.")

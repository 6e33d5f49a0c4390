from odoo import fields, models


class FusionBillingTaxCode(models.Model):
    """What a service told of its tax over the API."""

    _inherit = "fusion.billing.tax.code"

    name = fields.Char()
    description = fields.Char()
    applied_to_organization = fields.Boolean(
        "Holds for All", readonly=True, help="As the service says; Odoo's fiscal positions decide."
    )

from odoo import fields, models


class SaleOrder(models.Model):
    """From which day on Odoo bills a subscription that another system billed before."""

    _inherit = "sale.order"

    x_fc_billed_from = fields.Date(
        "Billed From",
        readonly=True,
        copy=False,
        help="First day whose recurring price Odoo bills; the days before were billed elsewhere.",
    )
    x_fc_usage_from = fields.Date(
        "Usage Billed From",
        readonly=True,
        copy=False,
        help="First day whose usage Odoo bills; usage of the days before is only previewed.",
    )

from odoo import fields, models

# The plans that bill something: few rows, and none before the first cutover.
_LIVE = "state = 'sale' AND x_fc_shadow IS NOT TRUE"


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

    _fc_live_plan_idx = models.Index(f"(x_fc_service_id, x_fc_nexacloud_plan_id) WHERE {_LIVE}")

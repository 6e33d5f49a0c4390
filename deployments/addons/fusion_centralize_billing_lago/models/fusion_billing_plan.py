from odoo import fields, models


class FusionBillingPlan(models.Model):
    """What a service told of its plan over the API."""

    _inherit = "fusion.billing.plan"

    api_values = fields.Json(
        "Told by Service",
        readonly=True,
        copy=False,
        groups="fusion_centralize_billing.group_manager",
        help="What the service said of the plan that does not change what it costs.",
    )

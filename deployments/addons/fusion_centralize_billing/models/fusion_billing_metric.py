from odoo import fields, models


class FusionBillingMetric(models.Model):
    """What is counted for billing, and how a period's events become one quantity."""

    _name = "fusion.billing.metric"
    _description = "Billing Metric"
    _order = "code"

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    aggregation = fields.Selection(
        [
            ("sum", "Sum"),
            ("max", "Maximum"),
            ("last", "Latest value"),
            ("unique", "Unique values"),
            ("count", "Count"),
            ("weighted_sum", "Weighted sum"),
        ],
        required=True,
        default="sum",
    )
    unit_name = fields.Char("Unit", help="The unit of one, for example second.")

    _code_uniq = models.Constraint("UNIQUE (code)", "Another metric already has this code.")

from odoo import fields, models


class FusionBillingUsageThreshold(models.Model):
    """An event: a subscription has used so much of what a period includes.

    It is raised once for each period and share, when a load brings the usage; a later
    correction downwards does not take it back.
    """

    _name = "fusion.billing.usage.threshold"
    _description = "Usage Threshold Reached"
    _order = "id desc"
    _rec_name = "subscription_id"

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    subscription_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    partner_id = fields.Many2one(related="subscription_id.partner_id", string="Customer")
    metric_id = fields.Many2one("fusion.billing.metric", required=True, ondelete="restrict")
    period_start = fields.Datetime("Billing Period", required=True)
    period_end = fields.Datetime(required=True)
    percent = fields.Integer("Share (%)", required=True, aggregator=None)
    units = fields.Float(min_display_digits=2, aggregator=None, required=True)
    included = fields.Float(min_display_digits=2, aggregator=None, required=True)
    create_date = fields.Datetime("Raised", readonly=True)

    _event_uniq = models.Constraint(
        "UNIQUE (subscription_id, metric_id, period_start, percent)",
        "This threshold was already reached.",
    )

    def _reached(self):
        """Act on thresholds that were reached just now; other addons tell of them."""

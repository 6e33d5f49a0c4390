from odoo import fields, models


class FusionBillingUsageCorrection(models.Model):
    """The trail of usage that changed, or that came after its period had been rated."""

    _name = "fusion.billing.usage.correction"
    _description = "Usage Correction"
    _order = "id desc"
    _rec_name = "usage_id"

    usage_id = fields.Many2one(
        "fusion.billing.usage", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    subscription_id = fields.Many2one(related="usage_id.subscription_id")
    metric_id = fields.Many2one(related="usage_id.metric_id")
    period_start = fields.Datetime(related="usage_id.period_start")
    kind = fields.Selection(
        [("correction", "Correction"), ("late", "Late")],
        required=True,
        help="Correction: the quantity was replaced. Late: the usage came after its billing "
        "period had been rated.",
    )
    old_quantity = fields.Float(
        min_display_digits=2, aggregator=None, help="0 for late usage: there was none before."
    )
    new_quantity = fields.Float(min_display_digits=2, aggregator=None, required=True)
    run_id = fields.Many2one("fusion.billing.import.run", ondelete="set null")
    create_date = fields.Datetime("At", readonly=True)

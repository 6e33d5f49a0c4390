from odoo import fields, models


class FusionBillingWebhookAttempt(models.Model):
    """One attempt to deliver a webhook: written where it is sent, never changed."""

    _name = "fusion.billing.webhook.attempt"
    _description = "Webhook Attempt"
    _order = "id desc"
    _log_access = False

    webhook_id = fields.Many2one(
        "fusion.billing.webhook", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="webhook_id.company_id")
    attempted_at = fields.Datetime("Time", readonly=True)
    delivered = fields.Boolean(readonly=True)
    status = fields.Integer("HTTP Status", readonly=True, aggregator=None)
    error = fields.Char(readonly=True)
    milliseconds = fields.Integer("Took (ms)", readonly=True, aggregator="avg")
    worker = fields.Char(readonly=True)

from odoo import fields, models


class FusionBillingWebhookTold(models.Model):
    """What an app was last told of a record: what is the same is not told again.

    It is kept whether or not anybody listens, so that an endpoint which comes later is not
    told of the past.
    """

    _name = "fusion.billing.webhook.told"
    _description = "Last State Told by Webhook"
    _log_access = False

    service_id = fields.Many2one("fusion.billing.service", required=True, ondelete="cascade")
    model = fields.Char(required=True)
    record_id = fields.Many2oneReference(model_field="model", required=True)
    status = fields.Char()
    digest = fields.Char()
    overdue_since = fields.Date()

    _record_uniq = models.Constraint(
        "UNIQUE (model, record_id, service_id)", "This record already has a last state."
    )

from odoo import fields, models


class FusionBillingService(models.Model):
    """How far the usage of a service is known."""

    _inherit = "fusion.billing.service"

    usage_metered_until = fields.Datetime(
        readonly=True,
        copy=False,
        help="When the last complete metering run read the source: the next one goes on from here.",
    )
    events_checked_at = fields.Datetime(
        readonly=True, copy=False, help="When events were last looked at for thresholds."
    )

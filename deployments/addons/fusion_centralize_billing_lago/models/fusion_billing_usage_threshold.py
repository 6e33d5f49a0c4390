from odoo import models

from ..webhooks.tell_subscriptions import tell_thresholds


class FusionBillingUsageThreshold(models.Model):
    """Thresholds of which the apps are told."""

    _inherit = "fusion.billing.usage.threshold"

    def _reached(self):
        super()._reached()
        tell_thresholds(self)

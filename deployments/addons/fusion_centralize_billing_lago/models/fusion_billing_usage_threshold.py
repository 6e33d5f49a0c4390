from odoo import models

from ..webhooks.tell_subscriptions import tell_thresholds


class FusionBillingUsageThreshold(models.Model):
    """Thresholds of which the apps are told."""

    _inherit = "fusion.billing.usage.threshold"

    def _reached(self):
        tell_thresholds(self)
        return super()._reached()

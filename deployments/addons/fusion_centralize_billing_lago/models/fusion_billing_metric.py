from odoo import api, models

from ..webhooks.telling import note


class FusionBillingMetric(models.Model):
    """Metrics of their own that live services are told of."""

    _inherit = "fusion.billing.metric"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        note(records._of_live())
        return records

    def write(self, vals):
        result = super().write(vals)
        note(self._of_live())
        return result

    def _of_live(self):
        """Return those that are a live service's own, and no part of another."""
        return self.filtered(
            lambda metric: metric.service_id.phase == "live" and not metric.event_code
        )

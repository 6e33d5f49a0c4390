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

    def _whole(self):
        """Return the metric that a service knows: of a part, that whose events it counts."""
        if not self.event_code:
            return self
        services = (False, self.service_id.id)
        whole = self.with_context(active_test=False).search(
            [("service_id", "in", services), ("code", "=", self.event_code)],
            order="service_id NULLS LAST",
            limit=1,
        )
        return whole or self

    def _parts(self):
        """Return the metrics that count some of the metric's events, for its service."""
        return self.with_context(active_test=False).search(
            [("service_id", "=", self.service_id.id), ("event_code", "=", self.code)]
        )

    def _of_live(self):
        """Return those that are a live service's own, and no part of another."""
        return self.filtered(
            lambda metric: metric.service_id.phase == "live" and not metric.event_code
        )

from odoo import models


class FusionBillingMetric(models.Model):
    """Metrics of their own that live services are told of."""

    _name = "fusion.billing.metric"
    _inherit = ["fusion.billing.metric", "fusion.billing.told"]

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
        return super()._of_live().filtered(lambda metric: not metric.event_code)

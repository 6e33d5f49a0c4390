from odoo import models


class FusionBillingDecision(models.Model):
    """A decision tells at once who is ready now."""

    _inherit = "fusion.billing.decision"

    def _after(self):
        result = super()._after()
        links = self.env["fusion.billing.account.link"]
        for service in self.service_id:
            links._refresh_readiness(service)
        return result

from odoo import api, fields, models

from ..webhooks.telling import note


class FusionBillingCharge(models.Model):
    """What a service told of its charge over the API."""

    _inherit = "fusion.billing.charge"

    api_values = fields.Json("Told by Service", readonly=True, copy=False)

    def _api_code(self):
        """Return the code by which a service knows the charge; its metric's unless it said one."""
        return (self.api_values or {}).get("code") or self.metric_id.code

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        note(records._live_plans())
        return records

    def write(self, vals):
        result = super().write(vals)
        note(self._live_plans())
        return result

    def unlink(self):
        note(self._live_plans())
        return super().unlink()

    def _live_plans(self):
        """Return the plans of live services that have these charges."""
        return self.service_plan_id.filtered(lambda plan: plan.service_id.phase == "live")

from odoo import api, models

from ..webhooks.telling import note


class FusionBillingTold(models.AbstractModel):
    """Records of services that apps are told of when they are made or changed."""

    _name = "fusion.billing.told"
    _description = "Records that apps are told of"

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
        """Return what is told of when these records change: what is a live service's."""
        return self.filtered(lambda record: record.service_id.phase == "live")

from odoo import api, fields, models

from ..webhooks.telling import note


class FusionBillingCharge(models.Model):
    """What a service told of its charge over the API."""

    _inherit = "fusion.billing.charge"

    api_values = fields.Json("Told by Service", readonly=True, copy=False)
    filter_of_id = fields.Many2one(
        "fusion.billing.charge",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="cascade",
        help="The charge of which this one prices some events, told apart by a filter.",
    )
    filter_ids = fields.One2many("fusion.billing.charge", "filter_of_id", "Filters")

    def _api_code(self):
        """Return the code by which a service knows the charge; its metric's unless it said one."""
        said = (self.api_values or {}).get("code")
        metric = self.metric_id._whole() if self.filter_ids else self.metric_id
        return said or metric.code

    def _main(self):
        """Return the charge that a service knows: of a filter's, that which has the filter."""
        return self.filter_of_id or self

    def _filter(self):
        """Return what the service said of a filter: values by property, perhaps a name."""
        return self.api_values or {"values": {}}

    def _filter_name(self):
        """Return how a filter is called: as its service said, or its values."""
        told = self._filter()
        texts = (text for values in told["values"].values() for text in values)
        return told.get("invoice_display_name") or ", ".join(texts)

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
        return self.service_plan_id._of_live()

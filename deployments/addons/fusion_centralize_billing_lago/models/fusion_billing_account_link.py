from odoo import api, fields, models

from ..webhooks.telling import note


class FusionBillingAccountLink(models.Model):
    """What a service told of its account over the API, and what it is told of it."""

    _inherit = "fusion.billing.account.link"

    api_values = fields.Json(
        "Told by Service",
        readonly=True,
        copy=False,
        groups="fusion_centralize_billing.group_manager",
        help="The account as the service described it, also what a contact has no field for.",
    )
    deleted_at = fields.Datetime(
        readonly=True, copy=False, help="When the service deleted the account; it can come back."
    )

    def _get_protected(self):
        return super()._get_protected() | {"api_values", "deleted_at"}

    @api.model_create_multi
    def create(self, vals_list):
        links = super().create(vals_list)
        note(links.filtered(lambda link: link.service_id.phase == "live"))
        return links

    def write(self, vals):
        result = super().write(vals)
        note(self.filtered(lambda link: link.service_id.phase == "live"))
        return result

from odoo import fields, models


class FusionBillingAccountLink(models.Model):
    """What a service told of its account over the API."""

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

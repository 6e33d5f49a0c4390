from odoo import fields, models


class FusionBillingAccountLink(models.Model):
    """By which cutover Odoo came to bill an account."""

    _inherit = "fusion.billing.account.link"

    cutover_id = fields.Many2one(
        "fusion.billing.cutover", readonly=True, copy=False, index=True, ondelete="restrict"
    )

    def _cutover_fields(self):
        return super()._cutover_fields() | {"cutover_id"}

from odoo import fields, models
from odoo.exceptions import AccessError


class FusionBillingAccountLink(models.Model):
    """Who bills an account: its service's old billing, or Odoo."""

    _inherit = "fusion.billing.account.link"

    def _refuse_protected(self, vals):
        """Refuse also what only a cutover sets."""
        super()._refuse_protected(vals)
        forbidden = {"billing_state", "live_since", "cutover_id"}.intersection(vals)
        if forbidden:
            raise AccessError(self.env._("Only a cutover changes who bills an account."))

    billing_state = fields.Selection(
        [("shadow", "Shadow"), ("live", "Live")],
        "Billed By",
        required=True,
        readonly=True,
        copy=False,
        default="shadow",
        index=True,
        help="Shadow: the service's old billing. Live: Odoo.",
    )
    live_since = fields.Datetime(readonly=True, copy=False)
    cutover_id = fields.Many2one(
        "fusion.billing.cutover", readonly=True, copy=False, index=True, ondelete="restrict"
    )

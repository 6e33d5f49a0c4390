from odoo import fields, models
from odoo.exceptions import UserError


class FusionBillingApproval(models.Model):
    """Who decided about a cutover, on which evidence. Never changed, never deleted."""

    _name = "fusion.billing.approval"
    _description = "Decision about a Cutover"
    _order = "id desc"
    _rec_name = "key"

    key = fields.Char(required=True, readonly=True)
    cutover_id = fields.Many2one(
        "fusion.billing.cutover", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    decision = fields.Selection([("yes", "Yes"), ("no", "No")], required=True, readonly=True)
    who = fields.Char("Decided By", required=True, readonly=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="restrict")
    note = fields.Text(readonly=True)
    waived = fields.Text(readonly=True, help="Conditions that were asked for less than is usual.")
    digest = fields.Char(
        "Evidence", required=True, readonly=True, help="SHA-256 of what was shown."
    )
    decided_at = fields.Datetime(required=True, readonly=True)
    expires_at = fields.Datetime(required=True, readonly=True)

    _idempotency_keys = ("key_uniq",)
    _key_uniq = models.Constraint("UNIQUE (key)", "This decision is already on record.")

    def write(self, vals):  # noqa: ARG002 (Odoo's signature)
        raise UserError(self.env._("A decision about a cutover stays as it was recorded."))

    def unlink(self):
        # pylint: disable-next=no-raise-unlink
        raise UserError(self.env._("A decision about a cutover stays on record."))

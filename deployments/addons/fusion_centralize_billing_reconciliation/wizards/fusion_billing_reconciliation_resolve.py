from odoo import fields, models


class ReconciliationResolve(models.TransientModel):
    """Asks why a difference is accepted."""

    _name = "fusion.billing.reconciliation.resolve"
    _description = "Resolve Differences"

    line_ids = fields.Many2many(
        "fusion.billing.reconciliation", "fusion_billing_resolve_rel", string="Differences"
    )
    note = fields.Text("Why is the difference accepted?", required=True)

    def action_resolve(self):
        """Resolve the lines with the note."""
        return self.line_ids.resolve(self.note)

from odoo import fields, models


class FusionBillingImportRow(models.Model):
    """A source row that a run did not load, and why."""

    _name = "fusion.billing.import.row"
    _description = "Row Not Loaded"
    _order = "id desc"
    _rec_name = "external_id"

    run_id = fields.Many2one(
        "fusion.billing.import.run", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True, precompute=True)
    entity = fields.Char(required=True)
    external_id = fields.Char("Source ID", required=True)
    customer = fields.Char("Account ID", index="btree_not_null", help="Whose row it is, if told.")
    outcome = fields.Selection(
        [("failed", "Failed"), ("quarantined", "Quarantined")], required=True
    )
    code = fields.Char("Reason Code")
    message = fields.Text("Reason")

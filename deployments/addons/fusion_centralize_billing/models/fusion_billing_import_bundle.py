from odoo import fields, models


class FusionBillingImportBundle(models.Model):
    """What one bundle of a run ended as; loading the same bundle again replaces it."""

    _name = "fusion.billing.import.bundle"
    _description = "Imported Bundle"
    _order = "key"
    _rec_name = "key"

    run_id = fields.Many2one(
        "fusion.billing.import.run", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True, precompute=True)
    key = fields.Char("Bundle", required=True)
    created = fields.Integer()
    updated = fields.Integer()
    unchanged = fields.Integer()
    failed = fields.Integer()

    _idempotency_keys = ("key_uniq",)
    _key_uniq = models.Constraint("UNIQUE (run_id, key)", "The run has already logged this bundle.")

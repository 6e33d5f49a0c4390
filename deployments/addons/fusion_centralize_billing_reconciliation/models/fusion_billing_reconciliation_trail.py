from odoo import fields, models


class FusionBillingReconciliationTrail(models.Model):
    """What happened to a line: who resolved it, which figures a run replaced.

    The amounts are those of before.
    """

    _name = "fusion.billing.reconciliation.trail"
    _description = "Trail of a Reconciliation Line"
    _order = "id desc"
    _rec_name = "kind"

    reconciliation_id = fields.Many2one(
        "fusion.billing.reconciliation", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    kind = fields.Selection(
        [
            ("resolved", "Resolved"),
            ("reopened", "Reopened"),
            ("changed", "Changed"),
            ("settled", "Matches now"),
        ],
        required=True,
    )
    user_id = fields.Many2one("res.users", "By", required=True, ondelete="restrict")
    run_id = fields.Many2one("fusion.billing.reconciliation.run", ondelete="set null")
    odoo_amount = fields.Float("Odoo", min_display_digits=2, aggregator=None)
    external_amount = fields.Float("External", min_display_digits=2, aggregator=None)
    cause_name = fields.Char("Cause")
    note = fields.Text()

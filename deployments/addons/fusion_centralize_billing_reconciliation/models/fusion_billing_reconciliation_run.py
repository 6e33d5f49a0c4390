from odoo import api, fields, models


class FusionBillingReconciliationRun(models.Model):
    """One reconciliation of a service over a time, as the flow outside reports it.

    What matched comes as a number, not as records. The differences are counted when the last
    batch of the run arrives.
    """

    _name = "fusion.billing.reconciliation.run"
    _description = "Reconciliation Run"
    _order = "id desc"
    _rec_name = "key"

    key = fields.Char("Run", required=True, readonly=True)
    service_id = fields.Many2one(
        "fusion.billing.service", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    period_from = fields.Datetime("From", readonly=True)
    period_to = fields.Datetime("Until", readonly=True)
    state = fields.Selection(
        [("running", "Running"), ("done", "Done")],
        required=True,
        readonly=True,
        default="running",
    )
    matched = fields.Integer("Matching Lines", readonly=True)
    differences = fields.Integer("Differing Lines", readonly=True)
    unexplained = fields.Integer("Unexplained Lines", readonly=True)
    match_rate = fields.Float(
        compute="_compute_match_rate", store=True, aggregator="avg", help="Share of lines."
    )
    totals = fields.Text(readonly=True, help="Totals of both sides, as the run reported them.")
    line_ids = fields.One2many("fusion.billing.reconciliation", "run_id", "Differences")

    _idempotency_keys = ("key_uniq",)
    _key_uniq = models.Constraint(
        "UNIQUE (service_id, key)", "This reconciliation of the service is already here."
    )

    @api.depends("matched", "differences")
    def _compute_match_rate(self):
        for run in self:
            lines = run.matched + run.differences
            run.match_rate = run.matched / lines if lines else 0.0

from odoo import api, fields, models


class FusionBillingCycle(models.Model):
    """The gate record of one dual run: did both sides bill the same in a period, and if not, why.

    Written by the flow; nobody changes it. Of several dual runs of one period the one recorded
    last counts.
    """

    _name = "fusion.billing.cycle"
    _description = "Billing Cycle"
    _order = "period_start desc, recorded_at desc, id desc"
    _rec_name = "key"

    key = fields.Char("Dual Run", required=True)
    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    period_start = fields.Datetime("From", required=True, index=True)
    period_end = fields.Datetime("Until", required=True)
    green = fields.Boolean(help="Both sides agree well enough for a cutover.")
    verdict = fields.Selection(
        [("green", "Green"), ("red", "Red")], compute="_compute_verdict", store=True
    )
    reasons = fields.Text("Why Not", help="What keeps the cycle from being green.")
    line_count = fields.Integer("Lines")
    matched = fields.Integer()
    match_rate = fields.Float(compute="_compute_match_rate", store=True, aggregator="avg")
    unexplained = fields.Float(min_display_digits=2, help="Amount that no cause explains.")
    odoo_total = fields.Float("Odoo", min_display_digits=2)
    external_total = fields.Float("External", min_display_digits=2)
    figures = fields.Json()
    links = fields.Json()
    links_text = fields.Text("Evidence", compute="_compute_links_text")
    run = fields.Char("Reconciliation Run")
    recorded_at = fields.Datetime(required=True)

    _idempotency_keys = ("key_uniq",)
    _key_uniq = models.Constraint(
        "UNIQUE (service_id, key)", "This dual run of the service is already on record."
    )
    _period_is_ordered = models.Constraint(
        "CHECK (period_start < period_end)", "A cycle lasts some time."
    )

    @api.depends("green")
    def _compute_verdict(self):
        for cycle in self:
            cycle.verdict = "green" if cycle.green else "red"

    @api.depends("line_count", "matched")
    def _compute_match_rate(self):
        for cycle in self:
            cycle.match_rate = cycle.matched / cycle.line_count if cycle.line_count else 0.0

    def _compute_links_text(self):
        for cycle in self:
            cycle.links_text = "\n".join(f"{label}: {url}" for label, url in cycle.links or [])

    def _compute_display_name(self):
        for cycle in self:
            cycle.display_name = f"{cycle.service_id.name}, {cycle.period_start.date()}"

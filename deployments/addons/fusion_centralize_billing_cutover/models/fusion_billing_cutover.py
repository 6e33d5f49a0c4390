from odoo import api, fields, models


class FusionBillingCutover(models.Model):
    """A planned switch of a service, or of a pilot group, from its old billing to Odoo.

    Holds what it is to be decided on: the facts that Odoo found, what the flow outside adds,
    and the digest of both. Approvals and the moves of each customer hang on it.
    """

    _name = "fusion.billing.cutover"
    _description = "Cutover"
    _order = "id desc"
    _rec_name = "key"

    key = fields.Char("Cutover", required=True, readonly=True)
    service_id = fields.Many2one(
        "fusion.billing.service", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("running", "Running"),
            ("done", "Done"),
            ("rolled_back", "Rolled Back"),
        ],
        required=True,
        readonly=True,
        default="planned",
        index=True,
    )
    customers = fields.Json(readonly=True, help="Account ids of a pilot group; empty for all.")
    requirements = fields.Json(readonly=True)
    gates = fields.Json(readonly=True)
    evidence = fields.Json(readonly=True)
    gates_hold = fields.Boolean("Gate Holds", readonly=True)
    scope = fields.Char(compute="_compute_texts")
    gates_text = fields.Text("Gate", compute="_compute_texts")
    evidence_text = fields.Text("Evidence Given", compute="_compute_texts")
    digest = fields.Char(readonly=True, help="SHA-256 of all that the decision rests on.")
    planned_at = fields.Datetime(readonly=True)
    finished_at = fields.Datetime(readonly=True)
    approval_ids = fields.One2many("fusion.billing.approval", "cutover_id", "Decisions")
    move_ids = fields.One2many("fusion.billing.cutover.move", "cutover_id", "Customers Switched")
    live_count = fields.Integer("Live Customers", compute="_compute_live_count")

    _idempotency_keys = ("key_uniq",)
    _key_uniq = models.Constraint("UNIQUE (key)", "This cutover is already planned.")

    @api.depends("customers", "gates", "evidence")
    def _compute_texts(self):
        for cutover in self:
            chosen = cutover.customers
            cutover.scope = (
                self.env._("All customers")
                if chosen is None or chosen is False
                else self.env._("Pilot group of %s", len(chosen))
            )
            cutover.gates_text = "\n".join(
                f"{'✓' if gate['ok'] else '✗'} {gate['sentence']}" for gate in cutover.gates or []
            )
            cutover.evidence_text = "\n".join(
                f"{name}: {value}" for name, value in (cutover.evidence or {}).items()
            )

    def _compute_live_count(self):
        groups = self.env["fusion.billing.account.link"]._read_group(
            [("cutover_id", "in", self.ids), ("billing_state", "=", "live")],
            ["cutover_id"],
            ["__count"],
        )
        counts = {cutover.id: count for cutover, count in groups}
        for cutover in self:
            cutover.live_count = counts.get(cutover.id, 0)

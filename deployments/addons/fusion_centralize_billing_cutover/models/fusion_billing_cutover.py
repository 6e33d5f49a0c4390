from odoo import api, fields, models
from odoo.exceptions import UserError

from ..switching.deciding import waivers_text
from ..switching.requirements import Requirements


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
    source_asked = fields.Boolean(
        readonly=True, help="The old side was asked what it bills when this was planned."
    )
    customer_ids = fields.One2many(
        "fusion.billing.cutover.customer", "cutover_id", "Whom It Is About"
    )
    ready_count = fields.Integer("Ready", compute="_compute_ready")
    waiting_count = fields.Integer("Not Ready", compute="_compute_ready")
    gates_hold = fields.Boolean("Gate Holds", readonly=True)
    scope = fields.Char(compute="_compute_texts")
    gates_text = fields.Text("Gate", compute="_compute_texts")
    evidence_text = fields.Text("Evidence Given", compute="_compute_texts")
    digest = fields.Char(readonly=True, help="SHA-256 of all that the decision rests on.")
    planned_at = fields.Datetime(readonly=True)
    planner_ids = fields.Many2many(
        "res.users",
        "fusion_billing_cutover_planner_rel",
        string="Planned By",
        readonly=True,
        help="Whoever planned it decides not about it.",
    )
    waivers = fields.Text("Asked For Less", compute="_compute_texts")
    finished_at = fields.Datetime(readonly=True)
    approval_ids = fields.One2many("fusion.billing.approval", "cutover_id", "Decisions")
    move_ids = fields.One2many("fusion.billing.cutover.move", "cutover_id", "Customers Switched")
    live_count = fields.Integer("Live Customers", compute="_compute_live_count")

    _idempotency_keys = ("key_uniq",)
    _key_uniq = models.Constraint("UNIQUE (key)", "This cutover is already planned.")

    @api.depends("customers", "gates", "evidence", "requirements")
    def _compute_texts(self):
        for cutover in self:
            cutover.waivers = waivers_text(cutover)
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

    @api.depends("customer_ids.ready")
    def _compute_ready(self):
        groups = self.env["fusion.billing.cutover.customer"]._read_group(
            [("cutover_id", "in", self.ids)], ["cutover_id", "ready"], ["__count"]
        )
        counts = {(cutover.id, ready): count for cutover, ready, count in groups}
        for cutover in self:
            cutover.ready_count = counts.get((cutover.id, True), 0)
            cutover.waiting_count = counts.get((cutover.id, False), 0)

    def _keep_wave(self, wave):
        """Put on record how each customer stands, in place of what was there."""
        self.ensure_one()
        self.customer_ids.unlink()
        self.customer_ids.create([{"cutover_id": self.id, **one.as_record()} for one in wave])

    def _counts(self) -> dict[str, int]:
        """Return how many the wave is about, and how many are live at the service."""
        self.ensure_one()
        ready = self.customer_ids.filtered("ready")
        live = [("service_id", "=", self.service_id.id), ("billing_state", "=", "live")]
        return {
            "customers": len(ready),
            "subscriptions": sum(ready.mapped("subscription_count")),
            "waiting": len(self.customer_ids) - len(ready),
            "live_customers": self.env["fusion.billing.account.link"].search_count(live),
        }

    def action_open_customers(self):
        """Open whom it is about: who is ready, and what holds the others back."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_centralize_billing_cutover.fusion_billing_cutover_customer_action"
        )
        return action | {"domain": [("cutover_id", "=", self.id)]}

    def _waivers(self) -> list[str]:
        """Return the names of what this plan asks for less of than is usual."""
        self.ensure_one()
        return Requirements(**(self.requirements or {})).waivers()

    def action_decide(self):
        """Ask a second person for a decision, with the evidence as it is shown here."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_centralize_billing_cutover.fusion_billing_cutover_decide_action"
        )
        shown = {"default_cutover_id": self.id, "default_digest": self.digest}
        return action | {"context": shown}


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


class FusionBillingCutoverMove(models.Model):
    """One customer's step from shadow to live, or back."""

    _name = "fusion.billing.cutover.move"
    _description = "Customer Switched"
    _order = "id desc"
    _rec_name = "external_id"

    cutover_id = fields.Many2one("fusion.billing.cutover", index=True, ondelete="restrict")
    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    link_id = fields.Many2one(
        "fusion.billing.account.link", "Account", required=True, index=True, ondelete="restrict"
    )
    external_id = fields.Char(related="link_id.external_id", string="Account ID")
    partner_id = fields.Many2one(related="link_id.partner_id", string="Contact")
    kind = fields.Selection(
        [("switched", "To Odoo"), ("returned", "Back to Shadow")], required=True
    )
    who = fields.Char("Decided By")
    reason = fields.Text()
    user_id = fields.Many2one("res.users", "Recorded By", required=True, ondelete="restrict")
    order_count = fields.Integer("Subscriptions")
    key = fields.Char("Bundle")
    last_approval = fields.Integer(
        help="Id of the latest decision at that time: those up to it switch the customer no more."
    )

from odoo import api, fields, models
from odoo.exceptions import AccessError

# A service without an old side is live from its first day.
_FIRST_PHASES = ("shadow", "live")


class FusionBillingService(models.Model):
    """A source app (NexaCloud, NexaDesk, ...) whose accounts are billed here."""

    _name = "fusion.billing.service"
    _description = "Billed Service"
    _order = "name"

    name = fields.Char(required=True)
    code = fields.Char(
        required=True, help="Short lowercase name that programs use, for example nexacloud."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    source = fields.Selection(
        [("lago", "Lago"), ("nexacloud", "NexaCloud's database")],
        required=True,
        default="lago",
        help="Where its customers and subscriptions are until the switch. Usage of a service in a "
        "database is metered from there; what another has used, Lago counts.",
    )
    phase = fields.Selection(
        [
            ("shadow", "Shadow"),
            ("dual_run", "Dual run"),
            ("cutover", "Cutover"),
            ("live", "Live"),
        ],
        required=True,
        default="shadow",
        copy=False,
        help="Shadow: a copy that cannot charge. Dual run: billed on both sides and compared. "
        "Cutover: Odoo bills some customers, the others are shadows. "
        "Live: Odoo bills, and the import loads nothing any more.",
    )
    link_ids = fields.One2many("fusion.billing.account.link", "service_id", "Account Links")
    link_count = fields.Integer(compute="_compute_counts")
    plan_count = fields.Integer(compute="_compute_counts")
    shadow_order_count = fields.Integer(compute="_compute_counts")

    _code_uniq = models.Constraint("UNIQUE (code)", "Another service already has this code.")

    @api.model_create_multi
    def create(self, vals_list):
        """Let a new service begin as a shadow, or live."""
        services = super().create(vals_list)
        if not self.env.su and any(service.phase not in _FIRST_PHASES for service in services):
            self._refuse_phase()
        return services

    def write(self, vals):
        """Leave the phase to dual runs and cutovers."""
        if "phase" in vals and not self.env.su:
            self._refuse_phase()
        return super().write(vals)

    def _refuse_phase(self):
        raise AccessError(self.env._("Only dual runs and cutovers move a service to a phase."))

    def _compute_counts(self):
        links = self._count_by_service("fusion.billing.account.link", "service_id")
        plans = self._count_by_service("fusion.billing.plan", "service_id")
        orders = self._count_by_service(
            "sale.order", "x_fc_service_id", [("x_fc_shadow", "=", True)]
        )
        for service in self:
            service.link_count = links.get(service.id, 0)
            service.plan_count = plans.get(service.id, 0)
            service.shadow_order_count = orders.get(service.id, 0)

    def _count_by_service(self, model, field, domain=()):
        """Return how many records of ``model`` each service has, by service id."""
        groups = self.env[model]._read_group(
            [(field, "in", self.ids), *domain], [field], ["__count"]
        )
        return {service.id: count for service, count in groups}

    def _count_customers(self):
        """Return how many accounts of each service Odoo bills, and how many it does not yet."""
        groups = self.env["fusion.billing.account.link"]._read_group(
            [("service_id", "in", self.ids)], ["service_id", "billing_state"], ["__count"]
        )
        counts = {service.id: {"live_customers": 0, "shadow_customers": 0} for service in self}
        for service, state, count in groups:
            counts[service.id][f"{state}_customers"] = count
        return counts

    def action_open_links(self):
        """Open the account links of this service."""
        return self._open("fusion_centralize_billing.fusion_billing_account_link_action")

    def action_open_plans(self):
        """Open the plans of this service."""
        return self._open("fusion_centralize_billing.fusion_billing_plan_action")

    def action_open_shadow_orders(self):
        """Open the shadow orders of this service."""
        action = self._open("fusion_centralize_billing.shadow_order_action")
        action["domain"] = [("x_fc_shadow", "=", True), ("x_fc_service_id", "=", self.id)]
        return action

    def action_start_flow(self):
        """Ask which flow of this service is to be started."""
        return self._ask_to_start()

    def _ask_to_start(self, what="backfill", *, dry_run=True):
        """Return the dialog that starts a flow of this service."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_centralize_billing.fusion_billing_import_wizard_action"
        )
        action["context"] = {"default_what": what, "default_dry_run": dry_run}
        if len(self) == 1:
            action["context"]["default_service_id"] = self.id
        return action

    def _open(self, xmlid):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("service_id", "=", self.id)]
        action["context"] = {"default_service_id": self.id}
        return action

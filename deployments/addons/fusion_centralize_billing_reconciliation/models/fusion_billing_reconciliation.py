from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..reconciling import differences

CONTROLLER = "fusion_centralize_billing.group_controller"


class FusionBillingReconciliation(models.Model):
    """One line of a service's revenue on which Odoo and the outside do not agree, and why.

    The lines that match are counted on their run and are no records. A line is stored by SQL
    (``reconciling/store.py``), so that its amounts stay exact and many fit into one call; a
    person only resolves it, with a note, or opens it again.
    """

    _name = "fusion.billing.reconciliation"
    _description = "Reconciliation Line"
    _order = "period_start desc, id desc"
    _rec_name = "item"

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    line_key = fields.Char(required=True, help="What makes the line the same in the next run.")
    partner_id = fields.Many2one("res.partner", "Customer", index=True, ondelete="restrict")
    subscription_id = fields.Many2one("sale.order", index=True, ondelete="set null")
    customer = fields.Char("Account ID", help="The customer's id at the service.")
    subscription = fields.Char("Subscription ID", help="The subscription's id at the service.")
    item = fields.Char(required=True, help="What is billed: flat, usage of a metric, an add-on.")
    period = fields.Date(required=True, index=True, help="First day of what is billed.")
    period_start = fields.Datetime("From", required=True)
    period_end = fields.Datetime("Until", required=True)
    # Stored by SQL with all their digits; shown with those that they have.
    odoo_amount = fields.Float("Odoo", min_display_digits=2, required=True)
    external_amount = fields.Float("External", min_display_digits=2, required=True)
    # NULL, which reads as 0.0, where nothing is known of what was due: ``expected_known`` tells.
    expected_amount = fields.Float(
        "Expected", min_display_digits=2, help="What the service's own terms say is due."
    )
    expected_known = fields.Boolean(help="Whether the service's terms say what is due.")
    delta = fields.Float(
        min_display_digits=2, required=True, help="Odoo's amount minus the external."
    )
    external_tax_rate = fields.Char("External Tax %", help="Empty: it is not told.")
    odoo_tax_rate = fields.Char("Odoo Tax %", help="Empty: it is not told.")
    currency_id = fields.Many2one("res.currency", required=True, ondelete="restrict")
    outcome = fields.Selection(
        [
            ("match", "Match"),
            ("delta", "Amounts differ"),
            ("missing_in_odoo", "Missing in Odoo"),
            ("missing_in_external", "Missing outside"),
        ],
        required=True,
    )
    wrong_side = fields.Selection(
        [
            ("copy", "Our copy in Odoo"),
            ("billed", "What was billed"),
            ("terms", "How we read the terms"),
            ("open", "Not known"),
        ],
        index=True,
        help="Which of the three amounts is wrong: two that agree tell. Empty: settled.",
    )
    cause = fields.Char("Cause Code", index=True)
    cause_name = fields.Char("Cause", index=True)
    evidence = fields.Text(help="What shows that this is the cause.")
    ref = fields.Char("Reference", help="Where to find the amount outside.")
    origin = fields.Char()
    status = fields.Selection(
        [("delta", "Open"), ("resolved", "Resolved"), ("match", "Match")],
        required=True,
        default="delta",
        index=True,
    )
    note = fields.Text(help="Why the difference was accepted.")
    resolved_by = fields.Many2one("res.users", ondelete="restrict")
    resolved_on = fields.Datetime()
    run_id = fields.Many2one(
        "fusion.billing.reconciliation.run", "Last Seen In", index=True, ondelete="set null"
    )
    decision_id = fields.Many2one(
        "fusion.billing.decision",
        "Decided",
        compute="_compute_decision_id",
        search="_search_decision_id",
        help="The decision that settles the difference, as long as it fits.",
    )
    trail_ids = fields.One2many("fusion.billing.reconciliation.trail", "reconciliation_id")

    _idempotency_keys = ("line_uniq",)
    _line_uniq = models.Constraint(
        "UNIQUE (service_id, line_key)", "This line of the service is already here."
    )

    def _init_column(self, column_name):
        """Leave lines of before open: nobody asked the terms which side was wrong."""
        result = super()._init_column(column_name)
        if column_name == "wrong_side":
            self.env.cr.execute(
                "UPDATE fusion_billing_reconciliation SET wrong_side = 'open'"
                " WHERE wrong_side IS NULL AND status != 'match'"
            )
        return result

    def _compute_display_name(self):
        for line in self:
            who = line.subscription_id.client_order_ref or line.subscription or line.customer
            line.display_name = f"{line.item}, {line.period}, {who or line.ref or ''}"

    def _compute_decision_id(self):
        self.decision_id = False
        for service, lines in self.grouped("service_id").items():
            # A limit is for all lines of a customer in a cycle, so all of them are looked at.
            customers = sorted({line.customer or "" for line in lines})
            condition = SQL("COALESCE(line.customer, '') = ANY(%s)", customers)
            found = differences.find(self.env, service.sudo(), condition)
            by_line = {one.id: one.decision_id for one in found}
            for line in lines:
                line.decision_id = by_line.get(line.id)

    @api.model
    def _search_decision_id(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        wanted, keys = set(value), []
        for service in self.env["fusion.billing.service"].sudo().search([]):
            found = differences.find(self.env, service, SQL("TRUE"))
            keys += [one.id for one in found if (one.decision_id or False) in wanted]
        return [("id", operator, keys)]

    def _stake(self):
        """Return how far the amounts that are known lie apart, as they are shown."""
        self.ensure_one()
        self.env.flush_all()
        return float(self._of_line(differences.STAKE))

    def _of_line(self, expression):
        """Return what an SQL expression says of this one ``line``."""
        table = SQL("fusion_billing_reconciliation line WHERE line.id = %s", self.id)
        ((value,),) = self.env.execute_query(SQL("SELECT %s FROM %s", expression, table))
        return value

    def action_decide(self):
        """Ask what is decided about the lines."""
        name = self.env._("Decide")
        return self.env["fusion.billing.decide"]._ask(name, line_ids=[(6, 0, self.ids)])

    def action_resolve(self):
        """Ask for the note with which the lines are resolved."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_centralize_billing_reconciliation.fusion_billing_reconciliation_resolve_action"
        )
        return action | {"context": {"default_line_ids": [(6, 0, self.ids)]}}

    def resolve(self, note):
        """Accept the open lines of ``self`` with a note; others stay as they are.

        Raises:
            UserError: There is no note.
            AccessError: The user may not resolve.
        """
        note = note.strip() if isinstance(note, str) else ""
        if not note:
            raise UserError(self.env._("Say in a note why the difference is accepted."))
        lines = self._for_controller().filtered(lambda line: line.status == "delta")
        lines.write(
            {
                "status": "resolved",
                "note": note,
                "resolved_by": self.env.uid,
                "resolved_on": fields.Datetime.now(),
            }
        )
        lines._note("resolved", note)
        return True

    def action_reopen(self):
        """Open resolved lines again.

        Raises:
            AccessError: The user may not resolve.
        """
        lines = self._for_controller().filtered(lambda line: line.status == "resolved")
        lines.write({"status": "delta", "resolved_by": False, "resolved_on": False})
        lines._note("reopened", self.env._("Opened again by hand."))
        return True

    def _for_controller(self):
        """Return the lines for writing, if the user may see and resolve them."""
        if not self.env.user.has_group(CONTROLLER):
            raise AccessError(
                self.env._(
                    "Resolving needs the group 'Billing: resolve differences and approve "
                    "cutovers'; ask an administrator for it."
                )
            )
        self.check_access("read")
        return self.sudo()

    def _note(self, kind, note):
        self.env["fusion.billing.reconciliation.trail"].sudo().create(
            [
                {
                    "reconciliation_id": line.id,
                    "company_id": line.company_id.id,
                    "kind": kind,
                    "user_id": self.env.uid,
                    "odoo_amount": line.odoo_amount,
                    "external_amount": line.external_amount,
                    "cause_name": line.cause_name,
                    "note": note,
                }
                for line in self
            ]
        )


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

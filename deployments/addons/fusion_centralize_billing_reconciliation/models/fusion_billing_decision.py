from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..reconciling.decisions import COPY, Decided
from ..reconciling.differences import FIGURES

MANAGER = "fusion_centralize_billing.group_manager"


class FusionBillingDecision(models.Model):
    """A person's word on differences: what is right, how much at most, until when, and why.

    For one line, a customer, a cause, or a kind of item of a service. Never changed, never
    deleted: a withdrawal is a record of its own. What Odoo itself notes (who, when, the figures
    of the line) is taken from no caller.
    """

    _name = "fusion.billing.decision"
    _description = "Decision about Differences"
    _order = "id desc"

    kind = fields.Selection(
        [("decision", "Decision"), ("withdrawal", "Withdrawal")],
        required=True,
        readonly=True,
        default="decision",
    )
    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    scope = fields.Selection(
        [
            ("line", "One Line"),
            ("customer", "A Customer"),
            ("cause", "A Cause"),
            ("item", "A Kind of Item"),
        ],
        "About",
        required=True,
        default="line",
        index=True,
    )
    line_id = fields.Many2one(
        "fusion.billing.reconciliation", index="btree_not_null", ondelete="restrict"
    )
    customer = fields.Char("Account ID", index="btree_not_null")
    cause = fields.Char("Cause Code", help="one_off, credit, ...")
    item = fields.Char("Kind of Item", help="What the item's name begins with: addon, one-off, ...")
    right = fields.Selection(
        [("odoo", "Odoo is right"), ("not_carried", "Not carried over")],
        "What Is Right",
        required=True,
        default="odoo",
    )
    currency_id = fields.Many2one("res.currency", required=True, ondelete="restrict")
    max_amount = fields.Monetary(
        "At Most",
        required=True,
        help="For one customer in one billing cycle. If the differences come to more, all of "
        "them are open again.",
    )
    expires_on = fields.Date("Until", required=True, help="The last day on which it holds.")
    reason = fields.Text(required=True)
    figures = fields.Char(readonly=True, help="The line's amounts when it was decided.")
    user_id = fields.Many2one("res.users", "Decided By", readonly=True, ondelete="restrict")
    decided_at = fields.Datetime(readonly=True)
    withdraws_id = fields.Many2one(
        "fusion.billing.decision", readonly=True, index=True, ondelete="restrict"
    )
    withdrawal_ids = fields.One2many("fusion.billing.decision", "withdraws_id", "Withdrawn By")
    state = fields.Selection(
        [
            ("holds", "Holds"),
            ("expired", "Expired"),
            ("withdrawn", "Withdrawn"),
            ("withdrawal", "Withdrawal"),
        ],
        compute="_compute_state",
        search="_search_state",
    )

    _is_about_something = models.Constraint(
        "CHECK (CASE scope WHEN 'line' THEN line_id IS NOT NULL"
        " WHEN 'customer' THEN COALESCE(customer, '') <> ''"
        " WHEN 'cause' THEN COALESCE(cause, '') <> '' ELSE COALESCE(item, '') <> '' END)",
        "Say which line, customer, cause or kind of item the decision is about.",
    )
    _limit_is_an_amount = models.Constraint(
        "CHECK (max_amount >= 0)", "The most that a decision is for is never negative."
    )
    _has_a_reason = models.Constraint(
        "CHECK (trim(reason) <> '')", "Say why: a decision needs its reason."
    )

    @api.depends("kind", "expires_on", "withdrawal_ids")
    def _compute_state(self):
        today = fields.Date.today()
        for decision in self:
            if decision.kind == "withdrawal":
                decision.state = "withdrawal"
            elif decision.withdrawal_ids:
                decision.state = "withdrawn"
            else:
                decision.state = "expired" if decision.expires_on < today else "holds"

    def _search_state(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        today = fields.Date.today()
        made, stands = ("kind", "=", "decision"), ("withdrawal_ids", "=", False)
        domains = {
            "holds": [made, stands, ("expires_on", ">=", today)],
            "expired": [made, stands, ("expires_on", "<", today)],
            "withdrawn": [made, ("withdrawal_ids", "!=", False)],
            "withdrawal": [("kind", "=", "withdrawal")],
        }
        domain = fields.Domain.OR([domains[each] for each in value if each in domains])
        return ~domain if operator == "not in" else domain

    def _compute_display_name(self):
        scopes = dict(self._fields["scope"]._description_selection(self.env))
        for decision in self:
            about = decision.line_id.display_name if decision.scope == "line" else False
            about = about or decision.customer or decision.cause or decision.item
            decision.display_name = f"{scopes[decision.scope]}: {about}"

    @api.model_create_multi
    def create(self, vals_list):
        """Record decisions of the user who calls, now.

        Raises:
            AccessError: The user is not in the Manager group.
            UserError: It is about something that no decision settles, or has run out already.
        """
        self._require_manager()
        now, given = fields.Datetime.now(), []
        for vals in vals_list:
            noted = {"user_id": self.env.uid, "decided_at": now, "figures": False}
            withdrawn = self.browse(vals.get("withdraws_id") or ())
            if withdrawn:
                vals = self._withdrawal(withdrawn, vals)
            else:
                vals = {**vals, "kind": "decision"}
                noted["figures"] = self._check(vals)
            given.append({**vals, **noted})
        decisions = super().create(given)
        decisions._after()
        return decisions

    def write(self, vals):  # noqa: ARG002 (Odoo's signature)
        raise UserError(self.env._("A decision stays as it was made; withdraw it instead."))

    def unlink(self):
        # pylint: disable-next=no-raise-unlink
        raise UserError(self.env._("A decision stays on record; withdraw it instead."))

    def action_withdraw(self):
        """Ask why the decision is withdrawn."""
        self.ensure_one()
        name, dialog = self.env._("Withdraw the Decision"), self.env["fusion.billing.decide"]
        return dialog._ask(name, scope="withdrawal", withdraws_id=self.id)

    def _require_manager(self):
        """Refuse whoever is not in the Manager group, in superuser mode too."""
        if not self.env.user.has_group(MANAGER):
            raise AccessError(
                self.env._("Deciding about differences is for people of the Manager group.")
            )

    def _check(self, vals):
        """Return the figures of the line that is decided about, or False.

        Raises:
            UserError: The line matches or is wrong in our copy, or the decision has run out.
        """
        expires = fields.Date.to_date(vals.get("expires_on"))
        if expires and expires < fields.Date.today():
            raise UserError(self.env._("The decision would have run out already."))
        if vals.get("scope", "line") != "line" or not vals.get("line_id"):
            return False
        line = self.env["fusion.billing.reconciliation"].browse(vals["line_id"])
        line.check_access("read")
        line = line.sudo()
        if line.service_id.id != vals.get("service_id"):
            raise UserError(self.env._("The line is another service's."))
        if line.status == "match":
            raise UserError(self.env._("The line matches: there is nothing to decide."))
        if line.wrong_side == COPY:
            raise UserError(
                self.env._(
                    "Our copy of this is wrong: mend it and compare again. No decision settles it."
                )
            )
        if line.currency_id.id != vals.get("currency_id"):
            raise UserError(self.env._("The limit is in another currency than the line."))
        return line._of_line(FIGURES)

    def _withdrawal(self, decision, vals):
        """Return the values of what withdraws ``decision``: its own, with another reason."""
        decision.check_access("read")
        if decision.state not in ("holds", "expired"):
            raise UserError(self.env._("The decision is withdrawn already."))
        same = ("scope", "customer", "cause", "item", "right", "max_amount", "expires_on")
        return {
            **{name: decision[name] for name in same},
            "kind": "withdrawal",
            "service_id": decision.service_id.id,
            "line_id": decision.line_id.id,
            "currency_id": decision.currency_id.id,
            "withdraws_id": decision.id,
            "reason": vals.get("reason"),
        }

    def _after(self):
        """Do what follows from new decisions; other addons add to it."""
        self.env["fusion.billing.reconciliation"].invalidate_model(["decision_id"])

    def _decided(self):
        """Return the decision as what ``reconciling/decisions.py`` thinks with."""
        self.ensure_one()
        value = self.line_id.id if self.scope == "line" else self[self.scope]
        most = Decimal(str(self.max_amount))
        return Decided(self.id, self.scope, value, self.currency_id.id, most, self.figures or None)

from odoo import api, fields, models
from odoo.tools import float_round

_DAYS = 92


class FusionBillingDecide(models.TransientModel):
    """Asks what is decided about differences: about lines, a customer, a cause, a kind of item."""

    _name = "fusion.billing.decide"
    _description = "Decide about Differences"

    scope = fields.Selection(
        [
            ("line", "These Lines Only"),
            ("customer", "This Customer"),
            ("cause", "This Cause, Everybody"),
            ("item", "This Kind of Item, Everybody"),
            ("withdrawal", "Withdraw a Decision"),
        ],
        "About",
        required=True,
        default="line",
    )
    line_ids = fields.Many2many(
        "fusion.billing.reconciliation", "fusion_billing_decide_rel", string="Differences"
    )
    service_id = fields.Many2one("fusion.billing.service")
    withdraws_id = fields.Many2one("fusion.billing.decision")
    customer = fields.Char("Account ID")
    cause = fields.Char("Cause Code")
    item = fields.Char("Kind of Item")
    right = fields.Selection(
        [("odoo", "Odoo is right"), ("not_carried", "Not carried over")],
        "What Is Right",
        required=True,
        default="odoo",
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    max_amount = fields.Monetary(
        "At Most", help="For one customer in one billing cycle; above it all is open again."
    )
    expires_on = fields.Date(
        "Until", default=lambda _self: fields.Date.add(fields.Date.today(), days=_DAYS)
    )
    reason = fields.Text("Why?", required=True)

    @api.model
    def default_get(self, fields):
        """Take what the decision can be about from the first of the lines."""
        found = super().default_get(fields)
        lines = self.new({"line_ids": found.get("line_ids")}).line_ids._origin
        if lines:
            first = lines[0]
            found |= {
                "service_id": first.service_id.id,
                "customer": first.customer,
                "cause": first.cause,
                "item": (first.item or "").partition(":")[0],
                "currency_id": first.currency_id.id,
                "max_amount": float_round(
                    max(line._stake() for line in lines),
                    precision_rounding=first.currency_id.rounding,
                    rounding_method="UP",
                ),
            }
        return found

    @api.model
    def _ask(self, name, **defaults):
        """Return the dialog, of a name and with these values in it."""
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {f"default_{field}": value for field, value in defaults.items()},
        }

    def action_decide(self):
        """Record what was decided."""
        self.ensure_one()
        if self.scope == "withdrawal":
            asked = [{"withdraws_id": self.withdraws_id.id}]
        else:
            names = ("scope", "right", "max_amount", "expires_on")
            common = {name: self[name] for name in names}
            asked = [{**common, **about} for about in self._about()]
        decisions = self.env["fusion.billing.decision"]
        decisions.create([{**values, "reason": self.reason} for values in asked])
        return {"type": "ir.actions.act_window_close"}

    def _about(self):
        """Return what each decision is about."""
        if self.scope == "line":
            ours = [
                (line, {"line_id": line.id, "customer": line.customer}) for line in self.line_ids
            ]
        else:
            ours = [(self, {self.scope: self[self.scope]})]
        return [
            {**about, "service_id": one.service_id.id, "currency_id": one.currency_id.id}
            for one, about in ours
        ]


class ReconciliationResolve(models.TransientModel):
    """Asks why a difference is accepted."""

    _name = "fusion.billing.reconciliation.resolve"
    _description = "Resolve Differences"

    line_ids = fields.Many2many(
        "fusion.billing.reconciliation", "fusion_billing_resolve_rel", string="Differences"
    )
    note = fields.Text("Why is the difference accepted?", required=True)

    def action_resolve(self):
        """Resolve the lines with the note."""
        return self.line_ids.resolve(self.note)

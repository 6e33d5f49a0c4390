from odoo import api, fields, models
from odoo.exceptions import UserError


class FusionBillingCycle(models.Model):
    """The gate record of one dual run: did both sides bill the same in a period, and if not, why.

    Appended by the flow, judged by Odoo, changed by nobody. Of several dual runs of one period
    the one recorded last counts.
    """

    _name = "fusion.billing.cycle"
    _description = "Billing Cycle"
    _order = "period_start desc, recorded_at desc, id desc"
    _rec_name = "key"

    key = fields.Char("Dual Run", required=True)
    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    state = fields.Selection(
        [("arriving", "Arriving"), ("recorded", "Recorded")],
        required=True,
        default="recorded",
        index=True,
        help="A cycle counts once all of its customers have arrived.",
    )
    period_start = fields.Datetime("From", required=True, index=True)
    period_end = fields.Datetime("Until", required=True)
    green = fields.Boolean(help="As Odoo found it when the cycle was recorded.")
    verdict = fields.Selection(
        [("green", "Green"), ("red", "Red")], compute="_compute_verdict", store=True
    )
    blockers = fields.Text(
        "Did Not Go Through", help="What the dual run itself holds against it, for everybody."
    )
    reasons = fields.Text("Why Not", help="What keeps the cycle from being green.")
    line_count = fields.Integer("Lines")
    matched = fields.Integer("Settled", help="Lines of which no side is wrong.")
    decided = fields.Integer(help="Lines that a person decided about.")
    match_rate = fields.Float(
        "Settled or Decided", compute="_compute_match_rate", store=True, aggregator="avg"
    )
    unexplained = fields.Float(min_display_digits=2, help="Amount that no cause explains.")
    odoo_total = fields.Float("Odoo", min_display_digits=2)
    external_total = fields.Float("External", min_display_digits=2)
    limits = fields.Json()
    figures = fields.Json()
    links = fields.Json()
    links_text = fields.Text("Evidence", compute="_compute_links_text")
    run = fields.Char("Reconciliation Run")
    digest = fields.Char(help="SHA-256 of what the flow sent.")
    recorded_at = fields.Datetime(required=True)
    customer_ids = fields.One2many("fusion.billing.cycle.customer", "cycle_id", "Customers")

    _idempotency_keys = ("arriving_uniq",)
    _arriving_uniq = models.UniqueIndex(
        "(service_id, key) WHERE state = 'arriving'", "This dual run is being recorded already."
    )
    _period_is_ordered = models.Constraint(
        "CHECK (period_start < period_end)", "A cycle lasts some time."
    )

    @api.depends("green")
    def _compute_verdict(self):
        for cycle in self:
            cycle.verdict = "green" if cycle.green else "red"

    @api.depends("line_count", "matched", "decided")
    def _compute_match_rate(self):
        for cycle in self:
            good = cycle.matched + cycle.decided
            cycle.match_rate = good / cycle.line_count if cycle.line_count else 0.0

    def _compute_links_text(self):
        for cycle in self:
            cycle.links_text = "\n".join(f"{label}: {url}" for label, url in cycle.links or [])

    def _compute_display_name(self):
        for cycle in self:
            cycle.display_name = f"{cycle.service_id.name}, {cycle.period_start.date()}"

    def write(self, vals):
        # What is computed of a new record is written to it before anything else is.
        if not vals.keys() <= {"verdict", "match_rate"} and "recorded" in self.mapped("state"):
            raise UserError(self.env._("A billing cycle stays as it was recorded."))
        return super().write(vals)

    def unlink(self):
        if "recorded" in self.mapped("state"):
            # pylint: disable-next=no-raise-unlink
            raise UserError(self.env._("A billing cycle stays on record."))
        return super().unlink()


class FusionBillingCycleCustomer(models.Model):
    """What one customer's lines of a cycle came to, in one currency.

    ``sums`` has every outcome with the side that is wrong: lines, and the three amounts as
    exact decimal texts. The differences themselves are reconciliation lines.
    """

    _name = "fusion.billing.cycle.customer"
    _description = "Customer in a Billing Cycle"
    _order = "id desc"
    _rec_name = "customer"

    cycle_id = fields.Many2one(
        "fusion.billing.cycle", required=True, index=True, ondelete="restrict"
    )
    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="restrict")
    customer = fields.Char("Account ID", required=True, index=True)
    link_id = fields.Many2one(
        "fusion.billing.account.link", "Account", index="btree_not_null", ondelete="set null"
    )
    currency_id = fields.Many2one("res.currency", required=True, ondelete="restrict")
    line_count = fields.Integer("Lines")
    settled = fields.Integer(help="Lines of which no side is wrong.")
    differing = fields.Integer(help="Lines of which a side is wrong, or which nothing explains.")
    copy_wrong = fields.Integer(help="Lines that our copy gets wrong.")
    untold = fields.Boolean(help="More of their lines differed than differences were stored.")
    billed = fields.Monetary()
    expected = fields.Monetary()
    odoo = fields.Monetary()
    sums = fields.Json()
    subscriptions = fields.Json(help="Ids of those that Odoo would bill.")
    long_periods = fields.Json(
        help="Subscriptions whose price that was due last was compared beside the month's, each "
        "with the begin of its period."
    )

    _idempotency_keys = ("customer_uniq",)
    _customer_uniq = models.Constraint(
        "UNIQUE (cycle_id, customer, currency_id)", "This customer of the cycle is already here."
    )

    def write(self, vals):
        self._refuse_recorded()
        return super().write(vals)

    def unlink(self):
        self._refuse_recorded()
        return super().unlink()

    def _refuse_recorded(self):
        if "recorded" in self.cycle_id.mapped("state"):
            raise UserError(self.env._("A billing cycle stays as it was recorded."))

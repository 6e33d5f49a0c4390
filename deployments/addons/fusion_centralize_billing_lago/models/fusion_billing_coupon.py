from odoo import api, fields, models


class FusionBillingCoupon(models.Model):
    """A discount that a service gives its customers: an amount or a percentage."""

    _name = "fusion.billing.coupon"
    _description = "Coupon of a Service"
    _order = "id desc"

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    code = fields.Char(required=True)
    name = fields.Char(required=True)
    description = fields.Text()
    coupon_type = fields.Selection(
        [("fixed_amount", "Amount"), ("percentage", "Percentage")], required=True
    )
    amount = fields.Monetary()
    currency_id = fields.Many2one("res.currency", required=True)
    percentage = fields.Float(digits=(16, 6), aggregator=None)
    frequency = fields.Selection(
        [("once", "Once"), ("recurring", "Several Times"), ("forever", "For Ever")], required=True
    )
    frequency_duration = fields.Integer(help="How many invoices; only of several times.")
    reusable = fields.Boolean(default=True, help="A customer may have it more than once.")
    expiration_at = fields.Datetime(help="It cannot be given any more after this.")
    terminated_at = fields.Datetime(readonly=True)
    plan_ids = fields.Many2many("fusion.billing.plan", string="Only for Plans")
    metric_ids = fields.Many2many("fusion.billing.metric", string="Only for Metrics")
    active = fields.Boolean(default=True)
    applied_ids = fields.One2many("fusion.billing.applied.coupon", "coupon_id", "Given to")

    _code_uniq = models.UniqueIndex(
        "(service_id, code) WHERE active", "The service already has a coupon with this code."
    )


class FusionBillingAppliedCoupon(models.Model):
    """A coupon in a customer's hands: invoices of its subscriptions are lowered by it."""

    _name = "fusion.billing.applied.coupon"
    _description = "Coupon of a Customer"
    _order = "id desc"
    _rec_name = "coupon_id"

    coupon_id = fields.Many2one("fusion.billing.coupon", required=True, ondelete="restrict")
    link_id = fields.Many2one(
        "fusion.billing.account.link", "Account", required=True, index=True, ondelete="cascade"
    )
    service_id = fields.Many2one(related="link_id.service_id", store=True, precompute=True)
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    amount = fields.Monetary()
    currency_id = fields.Many2one("res.currency", required=True)
    percentage = fields.Float(digits=(16, 6), aggregator=None)
    frequency = fields.Selection(
        [("once", "Once"), ("recurring", "Several Times"), ("forever", "For Ever")], required=True
    )
    frequency_duration = fields.Integer()
    terminated_at = fields.Datetime(readonly=True, copy=False)
    used_up = fields.Boolean(readonly=True, copy=False, help="Invoices ended it, nobody else.")
    line_ids = fields.One2many("account.move.line", "x_fc_applied_coupon_id", "Used on")
    state = fields.Selection(
        [("active", "Active"), ("terminated", "Over")], compute="_compute_state"
    )
    amount_left = fields.Monetary(compute="_compute_left", help="Of an amount that is given once.")
    times_left = fields.Integer(compute="_compute_left", help="Invoices; of several times only.")

    @api.depends("terminated_at")
    def _compute_state(self):
        for applied in self:
            applied.state = "terminated" if applied.terminated_at else "active"

    @api.depends("line_ids.parent_state", "line_ids.price_subtotal")
    def _compute_left(self):
        for applied in self:
            used = applied.sudo().line_ids.filtered(lambda line: line.parent_state == "posted")
            taken = -sum(used.mapped("price_subtotal"))
            applied.amount_left = max(applied.amount - taken, 0.0)
            # What Lago has on one invoice is of one day.
            times = len(set(used.move_id.mapped("invoice_date")))
            applied.times_left = max(applied.frequency_duration - times, 0)

    def _terminate(self):
        """Take coupons back from whoever has them."""
        held = self.filtered(lambda one: not one.terminated_at)
        held.write({"terminated_at": fields.Datetime.now()})

    def _is_used_up(self):
        """Tell whether no invoice will be lowered by it any more."""
        self.ensure_one()
        if self.frequency == "forever":
            return False
        if self.frequency == "recurring":
            return not self.times_left
        if self.coupon_id.coupon_type == "fixed_amount":
            return self.currency_id.is_zero(self.amount_left)
        return any(line.parent_state == "posted" for line in self.sudo().line_ids)

    def _note_used(self):
        """End what is used up; take up again what an invoice gave back that is no more."""
        self.invalidate_recordset(["amount_left", "times_left", "line_ids"])
        for applied in self:
            over = applied._is_used_up()
            if over and not applied.terminated_at:
                applied.write({"terminated_at": fields.Datetime.now(), "used_up": True})
            elif applied.used_up and not over:
                applied.write({"terminated_at": False, "used_up": False})

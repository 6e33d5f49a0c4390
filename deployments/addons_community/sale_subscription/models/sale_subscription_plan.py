from odoo import fields, models


class SaleSubscriptionPlan(models.Model):
    """How often an order recurs: every ``billing_period_value`` units."""

    _name = "sale.subscription.plan"
    _description = "Subscription Plan"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one("res.company")
    billing_period_value = fields.Integer("Billing Period", required=True, default=1)
    billing_period_unit = fields.Selection(
        [("week", "Weeks"), ("month", "Months"), ("year", "Years")],
        string="Unit",
        required=True,
        default="month",
    )

    _period_is_positive = models.Constraint(
        "CHECK (billing_period_value > 0)",
        "A billing period lasts at least one unit.",
    )

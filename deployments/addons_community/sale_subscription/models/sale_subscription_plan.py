from dateutil.relativedelta import relativedelta

from odoo import fields, models


class SaleSubscriptionPlan(models.Model):
    """How often an order recurs, and what happens around each invoice."""

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
    billing_first_day = fields.Boolean(
        "Align to Period Start",
        help="The first period ends with the month, and costs its share of the price.",
    )
    auto_close_limit = fields.Integer(
        "Automatic Closing",
        default=15,
        help="Days after which a subscription with an unpaid invoice is closed.",
    )
    invoice_mail_template_id = fields.Many2one(
        "mail.template", "Invoice Email Template", domain=[("model", "=", "account.move")]
    )
    user_closable = fields.Boolean("Closable by Customer", default=True)
    user_extend = fields.Boolean("Renewable by Customer", default=True)
    pausable_by_user = fields.Boolean("Can be Paused by Customer", default=True)

    _period_is_positive = models.Constraint(
        "CHECK (billing_period_value > 0)",
        "A billing period lasts at least one unit.",
    )

    def _billing_period(self):
        """Return the length of a period."""
        self.ensure_one()
        return relativedelta(**{f"{self.billing_period_unit}s": self.billing_period_value})

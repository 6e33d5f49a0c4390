from odoo import fields, models
from odoo.exceptions import UserError


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
        if any(cycle.state == "recorded" for cycle in self.cycle_id):
            raise UserError(self.env._("A billing cycle stays as it was recorded."))
        return super().write(vals)

    def unlink(self):
        if any(cycle.state == "recorded" for cycle in self.cycle_id):
            # pylint: disable-next=no-raise-unlink
            raise UserError(self.env._("A billing cycle stays as it was recorded."))
        return super().unlink()

from odoo import api, fields, models


class FusionBillingFixedCharge(models.Model):
    """An add-on that recurs with a plan: so many units at a price, on every order of the plan."""

    _name = "fusion.billing.fixed.charge"
    _description = "Fixed Charge of a Plan"
    _order = "plan_id, id"

    plan_id = fields.Many2one("fusion.billing.plan", required=True, index=True, ondelete="cascade")
    service_id = fields.Many2one(related="plan_id.service_id", store=True, precompute=True)
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    add_on_id = fields.Many2one("fusion.billing.add.on", required=True, ondelete="restrict")
    code = fields.Char(required=True)
    invoice_display_name = fields.Char()
    units = fields.Float(digits=(16, 6), required=True, default=1.0, aggregator=None)
    price = fields.Float(digits=(16, 6), required=True, aggregator=None)
    tax_code_ids = fields.Many2many("fusion.billing.tax.code", string="Tax Codes")

    _code_uniq = models.Constraint(
        "UNIQUE (plan_id, code)", "The plan already has a fixed charge with this code."
    )

    def _api_code(self):
        """Return the code by which a service knows it."""
        return self.code

    @api.depends("code", "plan_id.code")
    def _compute_display_name(self):
        for charge in self:
            charge.display_name = f"{charge.plan_id.code} / {charge.code}"

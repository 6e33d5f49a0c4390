from odoo import fields, models


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

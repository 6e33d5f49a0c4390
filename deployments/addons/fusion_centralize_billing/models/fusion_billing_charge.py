from odoo import api, fields, models
from odoo.tools import SQL

#: Whether Odoo bills somebody by a ``plan``. A charge belongs to a plan, and a plan to live
#: customers and shadows alike. Linked, it may charge; whom it charges the order decides, and a
#: shadow never is.
HAS_LIVE_ORDER = SQL(
    """
    EXISTS (
        SELECT FROM sale_order so
        WHERE so.x_fc_service_id = plan.service_id
            AND so.x_fc_nexacloud_plan_id = plan.external_id
            AND so.state = 'sale' AND so.x_fc_shadow IS NOT TRUE
    )
    """
)


class FusionBillingCharge(models.Model):
    """What a plan charges for one metric.

    ``included_quota`` is free and in the metric's unit; beyond it, each ``unit_batch`` units
    cost ``price_per_unit`` (3600 seconds at 0.0075: three quarters of a cent a core-hour).
    ``plan_id`` stays empty while the service is in shadow: no subscription uses the charge.
    """

    _name = "fusion.billing.charge"
    _description = "Usage Charge"
    _order = "service_id, plan_code, metric_id"
    _rec_name = "plan_code"

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    service_plan_id = fields.Many2one("fusion.billing.plan", index=True, ondelete="cascade")
    plan_code = fields.Char(required=True)
    plan_external_id = fields.Char("Plan ID", readonly=True)
    plan_id = fields.Many2one(
        "sale.subscription.plan",
        "Recurring Plan",
        ondelete="restrict",
        help="Empty in shadow: nobody can be charged. Each load empties it again.",
    )
    metric_id = fields.Many2one("fusion.billing.metric", required=True, ondelete="restrict")
    product_id = fields.Many2one(
        "product.product", "Overage Product", required=True, ondelete="restrict"
    )
    # Stored unrounded: rounding to (16, 6) turns 600000000 into 600000000.000001.
    included_quota = fields.Float(
        min_display_digits=6,
        aggregator=None,
        help="Free units per billing period, in the metric's unit.",
    )
    unit_batch = fields.Integer(
        default=1,
        required=True,
        aggregator=None,
        help="How many units one price is for: 3600 seconds = an hour.",
    )
    price_per_unit = fields.Float(
        "Rate", digits=(16, 6), aggregator=None, help="Price of one batch of units."
    )
    charge_model = fields.Selection(
        [
            ("standard", "Standard"),
            ("graduated", "Graduated"),
            ("package", "Package"),
            ("percentage", "Percentage"),
            ("volume", "Volume"),
            ("graduated_percentage", "Graduated percentage"),
        ],
        required=True,
        default="standard",
    )
    currency_id = fields.Many2one("res.currency", required=True)
    taxes_told = fields.Boolean(
        "Taxes Told by Service", help="The service names the taxes of this charge."
    )
    tax_ids = fields.Many2many("account.tax", string="Taxes of the Service")

    _idempotency_keys = ("plan_metric_uniq",)
    _plan_metric_uniq = models.Constraint(
        "UNIQUE (service_id, plan_code, metric_id)",
        "The plan already has a charge for this metric.",
    )
    # PostgreSQL sorts NaN above every number, so "< Infinity" keeps it out too.
    _price_not_negative = models.Constraint(
        "CHECK (price_per_unit >= 0 AND price_per_unit < 'Infinity')",
        "The rate of a charge is a number and never negative.",
    )
    _quota_not_negative = models.Constraint(
        "CHECK (included_quota >= 0 AND included_quota < 'Infinity')",
        "The included quota is a number and never negative.",
    )
    _batch_positive = models.Constraint(
        "CHECK (unit_batch > 0)", "A price is for at least one unit."
    )

    def _compute_display_name(self):
        for charge in self:
            charge.display_name = f"{charge.plan_code} / {charge.metric_id.code}"

    @api.model
    def _follow_orders(self, service, plan_keys):
        """Link the charges of plans that have a live order, and unlink those of the others.

        They are linked to the monthly recurring plan: what is included is meant per month,
        whatever the order's own cycle.

        Args:
            service: The ``fusion.billing.service``.
            plan_keys: External ids of the plans.
        """
        self.env.flush_all()
        query = SQL(
            """
            SELECT charge.id, %s, charge.plan_id IS NOT NULL FROM fusion_billing_charge charge
            JOIN fusion_billing_plan plan ON plan.id = charge.service_plan_id
            WHERE plan.service_id = %s AND plan.external_id = ANY(%s)
            """,
            HAS_LIVE_ORDER,
            service.id,
            [key for key in set(plan_keys) if key],
        )
        wrong = [
            (charge_id, live)
            for charge_id, live, linked in self.env.execute_query(query)
            if live != linked
        ]
        monthly = self.env.ref("fusion_centralize_billing.subscription_plan_monthly")
        self.browse([charge_id for charge_id, live in wrong if live]).plan_id = monthly
        self.browse([charge_id for charge_id, live in wrong if not live]).plan_id = False

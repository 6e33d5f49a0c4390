from odoo import fields, models

#: How often a cycle comes in a year; a plan that is sold by several is told by the first.
PER_YEAR = {"monthly": 12, "yearly": 1, "weekly": 52, "quarterly": 4, "semiannual": 2}


class FusionBillingPlan(models.Model):
    """A plan that a service sells, with the products that bill it.

    A price of a cycle that the service does not sell is empty, which ``sold_monthly`` and its
    like tell: an empty number would show as 0.00, and 0.00 is a real price.
    """

    _name = "fusion.billing.plan"
    _inherit = ["fusion.billing.protected"]
    _description = "Service Plan"
    _order = "service_id, code"
    _protected_fields = frozenset({"fingerprint", "external_id", "minimum_from"})

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    external_id = fields.Char(
        "Plan ID", readonly=True, copy=False, help="The plan's id in the service."
    )
    code = fields.Char(required=True)
    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    currency_id = fields.Many2one("res.currency", required=True)
    sold_weekly = fields.Boolean()
    sold_monthly = fields.Boolean()
    sold_quarterly = fields.Boolean()
    sold_semiannual = fields.Boolean("Sold Half-Yearly")
    sold_yearly = fields.Boolean()
    price_weekly = fields.Float("Weekly Price", digits=(16, 6), aggregator=None)
    price_monthly = fields.Float("Monthly Price", digits=(16, 6), aggregator=None)
    price_quarterly = fields.Float("Quarterly Price", digits=(16, 6), aggregator=None)
    price_semiannual = fields.Float("Half-Yearly Price", digits=(16, 6), aggregator=None)
    price_yearly = fields.Float("Yearly Price", digits=(16, 6), aggregator=None)
    minimum_amount = fields.Float(
        "Minimum Commitment",
        digits=(16, 6),
        aggregator=None,
        help="The least that a period of the plan costs before tax, with all that is used in it: "
        "what is missing is billed when the period is over. 0: no such rule.",
    )
    minimum_name = fields.Char("Name of the Minimum", help="What it is called on invoices.")
    minimum_taxes_told = fields.Boolean(
        "Minimum's Taxes Told by Service", help="The service names the taxes of the minimum."
    )
    minimum_tax_ids = fields.Many2many(
        "account.tax", "fusion_billing_plan_minimum_tax_rel", string="Taxes of the Minimum"
    )
    minimum_from = fields.Datetime(
        "Minimum Since",
        readonly=True,
        help="Periods that were over by then have no minimum; empty: all of them have.",
    )
    flat_product_id = fields.Many2one("product.product", required=True, ondelete="restrict")
    overage_product_id = fields.Many2one("product.product", required=True, ondelete="restrict")
    charge_ids = fields.One2many("fusion.billing.charge", "service_plan_id", "Charges")
    fingerprint = fields.Char(readonly=True, copy=False)

    _idempotency_keys = ("code_uniq", "external_uniq")
    _code_uniq = models.Constraint(
        "UNIQUE (service_id, code)", "The service already has a plan with this code."
    )
    _external_uniq = models.UniqueIndex(
        "(service_id, external_id) WHERE external_id IS NOT NULL",
        "This plan of the service is already here.",
    )
    _prices_not_negative = models.Constraint(
        "CHECK (LEAST(price_weekly, price_monthly, price_quarterly, price_semiannual, price_yearly)"
        " >= 0)",
        "A plan's price is never negative.",
    )
    # PostgreSQL sorts NaN above every number, so "< Infinity" keeps it out too.
    _minimum_not_negative = models.Constraint(
        "CHECK (minimum_amount >= 0 AND minimum_amount < 'Infinity')",
        "A plan's minimum is a number and never negative.",
    )

    def _cycle(self):
        """Return the one cycle of a plan that is sold by one; of several, the month."""
        sold = (cycle for cycle in PER_YEAR if self[f"sold_{cycle}"])
        return next(sold, "monthly")

    def _price(self):
        """Return the price of that cycle."""
        return self[f"price_{self._cycle()}"]

    def _per_year(self, price):
        """Return what a price of a period of the plan comes to in a year; 0 without a plan."""
        return price * PER_YEAR[self._cycle()] if self else 0.0

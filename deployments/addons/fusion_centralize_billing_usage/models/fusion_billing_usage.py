from odoo import fields, models


class FusionBillingUsage(models.Model):
    """One measured quantity of a metric: of a subscription, over a half-open time.

    A subscription's rows of one billing period become its units by the metric's aggregation.
    The rows are loaded in bulk by SQL (``metering/store.py``): nothing depends on them in the
    ORM, and a million of them must fit into minutes. ``quantity`` is an exact decimal in the
    database; the ORM shows it as a float.
    """

    _name = "fusion.billing.usage"
    _description = "Metered Usage"
    _order = "period_start desc, id desc"
    _rec_name = "idempotency_key"

    service_id = fields.Many2one("fusion.billing.service", required=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    subscription_id = fields.Many2one("sale.order", required=True, ondelete="restrict")
    partner_id = fields.Many2one(related="subscription_id.partner_id", string="Customer")
    metric_id = fields.Many2one("fusion.billing.metric", required=True, ondelete="restrict")
    unit_name = fields.Char(related="metric_id.unit_name")
    period_start = fields.Datetime(
        "From", required=True, index=True, help="First moment that was measured."
    )
    period_end = fields.Datetime(
        "Until", required=True, help="First moment that was not measured any more."
    )
    billing_start = fields.Datetime(
        "Billing Period", required=True, help="Start of the billing period this belongs to."
    )
    billing_end = fields.Datetime("End of Billing Period", required=True)
    # Kept unrounded: Odoo's rounding to six digits turns 600000000 into 600000000.000001.
    quantity = fields.Float(min_display_digits=2, required=True, help="In the metric's unit.")
    idempotency_key = fields.Char(
        required=True, help="The same key is counted once, however often it is sent."
    )
    correction_ids = fields.One2many("fusion.billing.usage.correction", "usage_id", "Trail")

    # Also what the rating run reads by: a subscription's usage, oldest first.
    _idempotency_uniq = models.Constraint(
        "UNIQUE (subscription_id, metric_id, period_start, idempotency_key)",
        "This usage is already here.",
    )
    # PostgreSQL sorts NaN above every number, so "< Infinity" keeps it out too.
    _quantity_not_negative = models.Constraint(
        "CHECK (quantity >= 0 AND quantity < 'Infinity')",
        "A quantity is a number and never negative.",
    )
    _period_is_ordered = models.Constraint(
        "CHECK (period_start < period_end)", "Usage is measured over some time."
    )
    _period_is_billed_once = models.Constraint(
        "CHECK (billing_start <= period_start AND period_end <= billing_end)",
        "Usage belongs to one billing period.",
    )


class FusionBillingUsageCorrection(models.Model):
    """The trail of usage that changed, or that came after its period had been rated."""

    _name = "fusion.billing.usage.correction"
    _description = "Usage Correction"
    _order = "id desc"
    _rec_name = "usage_id"

    usage_id = fields.Many2one(
        "fusion.billing.usage", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    subscription_id = fields.Many2one(related="usage_id.subscription_id")
    metric_id = fields.Many2one(related="usage_id.metric_id")
    period_start = fields.Datetime(related="usage_id.period_start")
    kind = fields.Selection(
        [("correction", "Correction"), ("late", "Late")],
        required=True,
        help="Correction: the quantity was replaced. Late: the usage came after its billing "
        "period had been rated.",
    )
    old_quantity = fields.Float(
        min_display_digits=2, aggregator=None, help="0 for late usage: there was none before."
    )
    new_quantity = fields.Float(min_display_digits=2, aggregator=None, required=True)
    run_id = fields.Many2one("fusion.billing.import.run", ondelete="set null")
    create_date = fields.Datetime("At", readonly=True)


class FusionBillingUsageThreshold(models.Model):
    """An event: a subscription has used so much of what a period includes.

    It is raised once for each period and share, when a load brings the usage; a later
    correction downwards does not take it back.
    """

    _name = "fusion.billing.usage.threshold"
    _description = "Usage Threshold Reached"
    _order = "id desc"
    _rec_name = "subscription_id"

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    subscription_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    partner_id = fields.Many2one(related="subscription_id.partner_id", string="Customer")
    metric_id = fields.Many2one("fusion.billing.metric", required=True, ondelete="restrict")
    period_start = fields.Datetime("Billing Period", required=True)
    period_end = fields.Datetime(required=True)
    percent = fields.Integer("Share (%)", required=True, aggregator=None)
    units = fields.Float(min_display_digits=2, aggregator=None, required=True)
    included = fields.Float(min_display_digits=2, aggregator=None, required=True)
    create_date = fields.Datetime("Raised", readonly=True)

    _event_uniq = models.Constraint(
        "UNIQUE (subscription_id, metric_id, period_start, percent)",
        "This threshold was already reached.",
    )

    def _reached(self):
        """Act on thresholds that were reached just now; other addons tell of them."""

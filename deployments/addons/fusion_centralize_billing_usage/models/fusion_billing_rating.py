from odoo import fields, models

from ..metering.rated import MINIMUM


class FusionBillingRating(models.Model):
    """What a metric costs a subscription in one billing period, and how that came about.

    Without a metric it is what is missing to the least that the plan costs in the period.

    A preview is rated anew by every rating run. Once billed it is fixed: it has its line on
    the order (none if it costs nothing), and usage of its period is refused. Written by SQL
    in the rating run (``metering/ratings.py``), so that the decimals stay exact.
    """

    _name = "fusion.billing.rating"
    _description = "Rated Usage"
    _order = "period_start desc, id desc"
    _rec_name = "subscription_id"

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    subscription_id = fields.Many2one("sale.order", required=True, ondelete="restrict")
    partner_id = fields.Many2one(related="subscription_id.partner_id", string="Customer")
    metric_id = fields.Many2one(
        "fusion.billing.metric",
        ondelete="restrict",
        help="Empty: what is missing to the minimum of the plan.",
    )
    charge_id = fields.Many2one("fusion.billing.charge", index=True, ondelete="set null")
    period_start = fields.Datetime("Billing Period", required=True, index=True)
    period_end = fields.Datetime(required=True)
    units = fields.Float(min_display_digits=2, required=True, help="Used, in the metric's unit.")
    included = fields.Float(min_display_digits=2, aggregator=None, required=True)
    overage_units = fields.Float("Overage", min_display_digits=2, required=True)
    amount = fields.Float(min_display_digits=2, required=True, help="Before tax, not yet in cents.")
    flat = fields.Float(
        "Flat Price",
        min_display_digits=2,
        aggregator=None,
        help="What the subscription costs besides, each time it recurs, before tax.",
    )
    currency_id = fields.Many2one("res.currency", required=True, ondelete="restrict")
    explanation = fields.Text(required=True)
    state = fields.Selection(
        [("preview", "Preview"), ("billed", "Billed")],
        required=True,
        default="preview",
        index=True,
    )
    order_line_id = fields.Many2one("sale.order.line", index="btree_not_null", ondelete="restrict")
    usage_ids = fields.Many2many("fusion.billing.usage", compute="_compute_usage_ids")

    _period_once = models.UniqueIndex(
        "(subscription_id, COALESCE(metric_id, 0), period_start)",
        "This period of the subscription is already rated.",
    )
    _billed_line_uniq = models.UniqueIndex(
        "(order_line_id) WHERE order_line_id IS NOT NULL",
        "An order line bills one rating.",
    )

    def _compute_usage_ids(self):
        for rating in self:
            rating.usage_ids = self.env["fusion.billing.usage"].search(
                [
                    ("subscription_id", "=", rating.subscription_id.id),
                    ("metric_id", "=", rating.metric_id.id),
                    ("billing_start", "=", rating.period_start),
                ]
            )

    def _compute_display_name(self):
        for rating in self:
            start = fields.Datetime.context_timestamp(rating, rating.period_start)
            name = rating.subscription_id.client_order_ref or rating.subscription_id.name
            metric = rating.metric_id.code or MINIMUM
            rating.display_name = f"{name}, {metric}, {start.date()}"

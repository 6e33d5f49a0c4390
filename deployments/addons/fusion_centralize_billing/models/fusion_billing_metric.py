from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from odoo import fields, models

AGGREGATIONS = [
    ("sum", "Sum"),
    ("max", "Maximum"),
    ("last", "Latest value"),
    ("unique", "Unique values"),
    ("count", "Count"),
    ("weighted_sum", "Weighted sum"),
]

ROUNDINGS = [("round", "Half up"), ("ceil", "Up"), ("floor", "Down")]
_ROUNDINGS = {"round": ROUND_HALF_UP, "ceil": ROUND_CEILING, "floor": ROUND_FLOOR}


class FusionBillingMetric(models.Model):
    """What is counted for billing, and how a period's events become one quantity.

    A metric without a service is the house's: every service counts by it, none may change it.
    What a service makes over the API is its own, and no other service sees it.
    """

    _name = "fusion.billing.metric"
    _description = "Billing Metric"
    _order = "code"

    service_id = fields.Many2one(
        "fusion.billing.service",
        index=True,
        ondelete="restrict",
        help="The only service that counts by it; empty for the metrics of all.",
    )
    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    aggregation = fields.Selection(AGGREGATIONS, required=True, default="sum")
    event_aggregation = fields.Selection(
        AGGREGATIONS,
        "Aggregation of Events",
        help="Where it is another than that of loaded usage, which may be aggregated already.",
    )
    unit_name = fields.Char("Unit", help="The unit of one, for example second.")
    description = fields.Char()
    field_name = fields.Char(
        "Property", help="Which property of an event holds its quantity; none to count events."
    )

    event_code = fields.Char(
        "Code of Events", help="Whose events it counts, where that is another metric's code."
    )
    event_filter = fields.Char(
        "Filter of Events",
        help="Which of these events: values of properties of which an event has one, and others "
        'that it has not, as JSON like {"is": {"region": ["eu"]}, "not": [{"size": ["xl"]}]}.',
    )

    filters = fields.Json(
        readonly=True,
        copy=False,
        help="By which properties of events, and which of their values, charges may price apart, "
        'as JSON like [{"key": "region", "values": ["eu", "us"]}].',
    )

    rounding = fields.Selection(
        ROUNDINGS, help="How a period's quantity is rounded before it is priced; none: not at all."
    )
    rounding_digits = fields.Integer(
        "Decimals", help="To so many decimals; below 0 to tens, hundreds and so on."
    )

    _service_code_uniq = models.UniqueIndex(
        "(COALESCE(service_id, 0), code)", "Another metric already has this code."
    )

    def _of_service(self, service):
        """Return the metrics that a service counts by: the house's, and its own."""
        return self.search([("service_id", "in", (False, service.id))])

    def _of_events(self):
        """Return how events of the metric are aggregated."""
        return self.event_aggregation or self.aggregation

    def _rounded(self, units):
        """Return a period's quantity as it is priced."""
        if not self.rounding:
            return units
        step = Decimal(1).scaleb(-self.rounding_digits)
        return units.quantize(step, _ROUNDINGS[self.rounding]) + Decimal(0)

    def _by_code(self, service):
        """Return them by code; where both have one, the service's own."""
        metrics = self._of_service(service).sorted(lambda metric: bool(metric.service_id))
        return {metric.code: metric for metric in metrics}

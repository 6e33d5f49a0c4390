from odoo import fields, models


class SaleOrder(models.Model):
    """A subscription's usage and what it costs."""

    _inherit = "sale.order"

    x_fc_usage_changed_at = fields.Datetime(
        "Usage Changed",
        readonly=True,
        copy=False,
        help="When the usage of this running subscription was last loaded or billed.",
    )
    x_fc_usage_count = fields.Integer(compute="_compute_usage_counts")
    x_fc_rating_count = fields.Integer(compute="_compute_usage_counts")

    def _compute_usage_counts(self):
        usage = self._count_by_subscription("fusion.billing.usage")
        ratings = self._count_by_subscription("fusion.billing.rating")
        for order in self:
            order.x_fc_usage_count = usage.get(order.id, 0)
            order.x_fc_rating_count = ratings.get(order.id, 0)

    def _count_by_subscription(self, model):
        """Return how many records of ``model`` each order has; none a user may not see."""
        if not self.env[model].has_access("read"):
            return {}
        groups = self.env[model]._read_group(
            [("subscription_id", "in", self.ids)], ["subscription_id"], ["__count"]
        )
        return {order.id: count for order, count in groups}

    def action_open_usage(self):
        """Open the usage of this subscription."""
        return self._open_of_subscription("fusion_billing_usage_action")

    def action_open_ratings(self):
        """Open the ratings of this subscription."""
        return self._open_of_subscription("fusion_billing_rating_action")

    def _open_of_subscription(self, name):
        self.ensure_one()
        xmlid = f"fusion_centralize_billing_usage.{name}"
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("subscription_id", "=", self.id)]
        action["context"] = {}
        return action

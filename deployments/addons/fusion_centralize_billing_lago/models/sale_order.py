from odoo import api, models

from ..webhooks.tell_subscriptions import tell_upsold
from ..webhooks.telling import note

# Fields of an order that a subscription of the API shows.
_OF_SUBSCRIPTION = {
    "state",
    "subscription_state",
    "plan_id",
    "partner_id",
    "client_order_ref",
    "start_date",
    "x_fc_shadow",
    "x_fc_service_id",
    "x_fc_nexacloud_plan_id",
    "x_fc_account_link_id",
    "x_fc_billing_time",
    "x_fc_subscribed_at",
    "x_fc_ending_at",
    "x_fc_terminated_at",
    "x_fc_previous_id",
}


class SaleOrder(models.Model):
    """Subscriptions that apps are told of."""

    _inherit = "sale.order"

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        note(orders.filtered(lambda order: order.x_fc_service_id and not order.x_fc_shadow))
        return orders

    def write(self, vals):
        result = super().write(vals)
        if not _OF_SUBSCRIPTION.isdisjoint(vals):
            note(self.filtered(lambda order: order.x_fc_service_id and not order.x_fc_shadow))
        return result

    def _fc_upsold(self):
        tell_upsold(self)
        return super()._fc_upsold()

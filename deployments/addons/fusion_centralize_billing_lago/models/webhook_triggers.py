"""What makes this addon look whether there is something to tell."""

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
_OF_CUSTOMER = {"name", "email", "phone", "street", "street2", "city", "zip", "state_id"}
_OF_CUSTOMER |= {"country_id"}


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


class AccountMove(models.Model):
    """Invoices that apps are told of."""

    _inherit = "account.move"

    def write(self, vals):
        result = super().write(vals)
        if not {"state", "invoice_date_due"}.isdisjoint(vals):
            note(self)
        return result

    def _compute_field_value(self, field):
        # Payments change it without a write.
        result = super()._compute_field_value(field)
        if field.name == "payment_state":
            note(self)
        return result


class PaymentTransaction(models.Model):
    """Payments whose failure apps are told of."""

    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        transactions = super().create(vals_list)
        note(transactions.filtered(lambda transaction: transaction.state == "error"))
        return transactions

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            note(self)
        return result


class FusionBillingAccountLink(models.Model):
    """Customers that apps are told of."""

    _inherit = "fusion.billing.account.link"

    @api.model_create_multi
    def create(self, vals_list):
        links = super().create(vals_list)
        note(links.filtered(lambda link: link.service_id.phase == "live"))
        return links

    def write(self, vals):
        result = super().write(vals)
        note(self.filtered(lambda link: link.service_id.phase == "live"))
        return result


class ResPartner(models.Model):
    """Contacts whose changes are their customers'."""

    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if not _OF_CUSTOMER.isdisjoint(vals):
            note(self)
        return result

"""Orders that follow others: a renewal is the same subscription, an upsell more of it."""

from datetime import timedelta
from itertools import count

from odoo import api, fields, models

from ..periods.calendar import midnight
from ..periods.stored import company_zone
from .sale_order_line import PROTECTED

RENEWAL, UPSELL = "2_renewal", "7_upsell"
CLOSED, RENEWED, RUNS = "6_churn", "5_renewed", "3_progress"
DAY = timedelta(days=1)


class FusionBillingOrderFollowing(models.AbstractModel):
    """What a renewal or upsell that a person or a customer makes takes along of its parent."""

    _name = "fusion.billing.order.following"
    _description = "Renewal or Upsell"

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        for order in orders:
            parent = order.subscription_id
            if parent.x_fc_service_id and order.subscription_state in (RENEWAL, UPSELL):
                order._fc_take_terms(parent.sudo())
        return orders

    def _fc_take_terms(self, parent):
        """Take over prices, discounts and taxes of the parent's lines, product by product."""
        self.sudo().write(
            {
                "client_order_ref": parent.client_order_ref,
                "fiscal_position_id": parent.fiscal_position_id.id,
                "require_payment": False,
                "require_signature": False,
            }
        )
        left = parent.order_line.filtered(lambda line: line.product_id.recurring_invoice)
        for line in self.sudo().order_line:
            same = left.filtered(lambda one, line=line: one.product_id == line.product_id)[:1]
            if same:
                left -= same
                line.write(
                    {
                        "price_unit": same.price_unit,
                        "technical_price_unit": PROTECTED,
                        "discount": same.discount,
                        "tax_ids": [fields.Command.set(same.tax_ids.ids)],
                    }
                )

    def action_confirm(self):
        following = self.filtered(
            lambda order: (
                order.subscription_state in (RENEWAL, UPSELL)
                and order.subscription_id.x_fc_service_id
            )
        )
        renewals = following.filtered(lambda order: order.subscription_state == RENEWAL)
        lines_before = {parent: parent.order_line for parent in following.subscription_id}
        result = super().action_confirm()
        for order in following.sudo():
            parent = order.subscription_id
            if order in renewals:
                order._fc_take_over(parent)
            else:
                order._fc_add_to(parent, lines_before[parent])
        return result

    def _fc_take_over(self, parent):
        """Become the subscription from this order's start on; the parent keeps what was before."""
        begins = midnight(self.start_date, company_zone(self.company_id))
        external_id = parent.x_fc_external_id
        names = (
            "x_fc_service_id",
            "x_fc_account_link_id",
            "x_fc_nexacloud_deployment_id",
            "x_fc_nexacloud_plan_id",
            "x_fc_billing_time",
            "x_fc_anchor_on",
            "x_fc_arrears",
            "x_fc_timezone",
            "x_fc_usage_cycle",
            "x_fc_taxes_told",
            "x_fc_tax_ids",
            "x_fc_billed_until",
            "x_fc_ending_at",
        )
        ours = parent._convert_to_write({name: parent[name] for name in names})
        parent.write(
            {
                "x_fc_external_id": parent._fc_former_id(),
                # The id that its service knows goes on with the new order.
                "x_fc_nexacloud_subscription_id": parent._fc_public_id(),
                "x_fc_terminated_at": begins,
            }
        )
        parent.flush_recordset()
        self.write(
            {
                **ours,
                "x_fc_external_id": external_id,
                "x_fc_nexacloud_subscription_id": parent.x_fc_nexacloud_subscription_id,
                "x_fc_subscribed_at": begins,
                "x_fc_first_day": parent._fc_first(),
                "x_fc_previous_id": parent.id,
                "x_fc_billed_from": self.start_date,
                "x_fc_usage_from": self.start_date,
            }
        )
        if not self.payment_token_id:
            self.payment_token_id = parent.payment_token_id

    def _fc_former_id(self):
        """Return a free id for an order whose own id goes on with its renewal."""
        names = (f"{self.x_fc_external_id}/{number}" for number in count(1))
        mine = [("x_fc_service_id", "=", self.x_fc_service_id.id)]
        return next(
            name
            for name in names
            if not self.search_count([*mine, ("x_fc_external_id", "=", name)], limit=1)
        )

    def _fc_add_to(self, parent, lines_before):
        """Give what was sold on top the price that it was sold at; say that the parent changed."""
        for line in parent.order_line - lines_before:
            sold = self.order_line.filtered(
                lambda one, line=line: one.product_id == line.product_id
            )
            if sold:
                line.write({"price_unit": sold[0].price_unit, "technical_price_unit": PROTECTED})
        self.write(
            {
                "x_fc_service_id": parent.x_fc_service_id.id,
                "x_fc_account_link_id": parent.x_fc_account_link_id.id,
            }
        )
        parent._fc_upsold()

    def _fc_upsold(self):
        """Hook: more of the subscription was sold."""

    def _fc_renewal(self):
        """Return the order that renews this one, or will; possibly empty."""
        if self.subscription_state != RENEWED:
            return self.browse()
        return self.x_fc_next_ids.filtered(lambda one: one._fc_renews() and one.state == "sale")[:1]

    def _fc_renews(self):
        """Tell whether it is the same subscription as the order before it."""
        return bool(self.subscription_id) and self.subscription_id == self.x_fc_previous_id

    def write(self, vals):
        """Note the moment at which a person, a customer or Odoo closes it, or opens it again."""
        state, now = vals.get("subscription_state"), fields.Datetime.now()
        if state not in (CLOSED, RUNS) or "x_fc_terminated_at" in vals:
            return super().write(vals)
        ours = self.filtered(
            lambda order: order.x_fc_service_id and not order.x_fc_shadow and order.state == "sale"
        )
        opened = ours.filtered(lambda order: state == RUNS and order.subscription_state == CLOSED)
        closed = ours.filtered(
            lambda order: (
                state == CLOSED
                and not order.x_fc_terminated_at
                # Odoo closes on the day of an end that was set before; that moment counts.
                and not (order.x_fc_ending_at and order.x_fc_ending_at < now + DAY)
            )
        )
        result = super().write(vals)
        if closed:
            closed.sudo().write({"x_fc_terminated_at": now})
        if opened:
            opened.sudo().write({"x_fc_terminated_at": False})
        return result

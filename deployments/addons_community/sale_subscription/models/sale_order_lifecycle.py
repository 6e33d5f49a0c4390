from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .sale_order import RUNNING


class SaleOrder(models.Model):
    """How a subscription begins, goes on as another order, rests and ends, also by its customer."""

    _inherit = "sale.order"

    def action_confirm(self):
        kinds = self.grouped(lambda order: order.is_subscription and order.subscription_state)
        if len(kinds) > 1:
            return all(orders.action_confirm() for orders in kinds.values())
        result = super().action_confirm()
        self.filtered("is_subscription").order_line._compute_price_unit()
        return result

    def _prepare_confirmation_values(self):
        values = super()._prepare_confirmation_values()
        if self[:1].is_subscription and self[:1].subscription_state != "7_upsell":
            values["subscription_state"] = "3_progress"
        return values

    def _action_confirm(self):
        result = super()._action_confirm()
        today = fields.Date.context_today(self)
        for order in self.filtered("is_subscription"):
            parent = order.subscription_id
            if order.subscription_state == "7_upsell":
                order._add_to_parent()
                continue
            if not order.start_date:
                order.start_date = parent.next_invoice_date or today
            if not order.next_invoice_date:
                order.next_invoice_date = order.start_date
            if parent:
                parent.write({"subscription_state": "5_renewed", "end_date": order.start_date})
        return result

    def _add_to_parent(self):
        """Add what an upsell sells to the subscription, at the price that is computed there."""
        parent = self.subscription_id
        for line in self.order_line.filtered(lambda one: one._is_recurring()):
            known = parent.order_line.filtered(
                lambda one, line=line: one.product_id == line.product_id
            )
            if known:
                known[0].product_uom_qty += line.product_uom_qty
            elif line.product_uom_qty:
                self.env["sale.order.line"].create(
                    {
                        "order_id": parent.id,
                        "product_id": line.product_id.id,
                        "product_uom_qty": line.product_uom_qty,
                    }
                )

    def prepare_renewal_order(self):
        """Return the form of a quotation that takes over when this subscription's period ends."""
        return self._prepare_following("2_renewal", start_date=self.next_invoice_date)

    def prepare_upsell_order(self):
        """Return the form of a quotation for more of it; quantities start at zero."""
        return self._prepare_following("7_upsell", start_date=fields.Date.context_today(self))

    def _prepare_following(self, state, start_date):
        self.ensure_one()
        if self.subscription_state not in RUNNING:
            raise UserError(self.env._("Only a running subscription is renewed or upsold."))
        renewal = state == "2_renewal"
        following = self.create(
            {
                "partner_id": self.partner_id.id,
                "partner_invoice_id": self.partner_invoice_id.id,
                "partner_shipping_id": self.partner_shipping_id.id,
                "company_id": self.company_id.id,
                "pricelist_id": self.pricelist_id.id,
                "plan_id": self.plan_id.id,
                "payment_token_id": self.payment_token_id.id if renewal else False,
                "subscription_state": state,
                "subscription_id": self.id,
                "origin_order_id": (self.origin_order_id or self).id,
                "start_date": start_date,
                "next_invoice_date": self.next_invoice_date if renewal else False,
                "order_line": [
                    fields.Command.create(
                        {
                            "product_id": line.product_id.id,
                            "name": line.name,
                            "product_uom_qty": line.product_uom_qty if renewal else 0.0,
                        }
                    )
                    for line in self.order_line
                    if line._is_recurring()
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": following.id,
            "views": [(False, "form")],
        }

    def set_close(self, close_reason_id=None, renew=False):
        """End the subscription."""
        return self.write(
            {
                "subscription_state": "5_renewed" if renew else "6_churn",
                "close_reason_id": close_reason_id,
                "end_date": fields.Date.context_today(self),
            }
        )

    def set_open(self):
        """Let a subscription that was closed go on; its dates stay as they are."""
        return self.write(
            {"subscription_state": "3_progress", "end_date": False, "close_reason_id": False}
        )

    def pause_subscription(self):
        """Let it rest: no invoices are made."""
        return self.write({"subscription_state": "4_paused"})

    def resume_subscription(self):
        """Let it go on; its dates stay as they are."""
        return self.write({"subscription_state": "3_progress"})

    def _action_cancel(self):
        for order in self.filtered("is_subscription"):
            if any(move.state == "posted" for move in order.invoice_ids):
                raise UserError(
                    self.env._("%s has been invoiced: close it, do not cancel it.", order.name)
                )
        result = super()._action_cancel()
        self.filtered("is_subscription").write({"subscription_state": "6_churn"})
        return result

    def _cron_subscription_expiration(self):
        """Close the subscriptions whose last day has come."""
        today = fields.Date.context_today(self)
        over = [("subscription_state", "in", RUNNING), ("end_date", "<=", today)]
        for order in self.search(over):
            order.write({"subscription_state": "6_churn"})

    def _portal_close(self):
        """Close the subscription for its customer."""
        self._check_self_service("user_closable")
        return self.set_close()

    def _portal_pause(self):
        """Pause the subscription for its customer."""
        self._check_self_service("pausable_by_user")
        return self.pause_subscription()

    def _portal_resume(self):
        """Let a paused subscription go on for its customer."""
        self._check_self_service("pausable_by_user")
        return self.resume_subscription()

    def _portal_extend(self):
        """Make a renewal for the customer, and confirm it."""
        self._check_self_service("user_extend")
        renewal = self.browse(self.prepare_renewal_order()["res_id"])
        return renewal.action_confirm()

    def _check_self_service(self, option):
        if not self.plan_id[option]:
            raise AccessError(self.env._("The plan does not let customers do this."))

"""How a subscription ends, and how it comes to another plan."""

from odoo import fields, models

from ..periods.calendar import day_of, days_at
from .sale_order_following import CLOSED


class FusionBillingOrderEnding(models.AbstractModel):
    """The end of a service's subscription, and the change of its plan."""

    _name = "fusion.billing.order.ending"
    _description = "End of a Subscription"

    def _fc_end(self, at=None):
        """End a subscription now, or at a moment; one that has not begun is canceled.

        A shadow stays the draft that it is. A running order is closed as Odoo closes it, and gets
        no further invoices; what it has used until now is still billed.
        """
        self._fc_take_back_change()
        if self.x_fc_status == "pending":
            if self.x_fc_previous_id._fc_coming():
                self.x_fc_previous_id._fc_take_back_change()
            else:
                self._fc_cancel()
            return
        at = at or fields.Datetime.now()
        self.write({"x_fc_terminated_at": at, "end_date": self._fc_day(at)})
        if self.state == "sale":
            close = getattr(self, "set_close", None)
            if close:
                close()
            else:
                self.write({"subscription_state": CLOSED})

    def _fc_coming(self):
        """Return the order on another plan that is to take over from this one, possibly empty."""
        return self.x_fc_next_ids.filtered(lambda one: one.x_fc_status == "pending")

    def _fc_take_back_change(self):
        """Cancel a change of plan that is to come: the subscription goes on, to its own end."""
        coming = self._fc_coming()
        if coming:
            self._fc_set_end(coming[0].x_fc_ending_at)
            coming._fc_cancel()

    def _fc_cancel(self):
        """Cancel subscriptions that have not begun; what never was has no end either."""
        self.write({"x_fc_ending_at": False, "end_date": False})
        self._action_cancel()

    def _fc_set_end(self, ending):
        """Write the moment at which a subscription ends; False or None: it goes on.

        The end is that of the subscription, whatever plan it is on.
        """
        day = self._fc_day(ending) if ending else False
        self.write({"x_fc_ending_at": ending or False, "end_date": day})

    def _fc_day(self, moment):
        """Return the day of a moment in the zone in which the subscription's days begin."""
        return day_of(moment, self._fc_zone())

    def _fc_plan_price(self):
        """Return the recurring price of the plan: what was agreed for this subscription."""
        plan = self.x_fc_service_plan_id
        flat = self.order_line.filtered(lambda line: line.product_id == plan.flat_product_id)[:1]
        return flat.price_unit if flat else plan._price()

    def _fc_rises_to(self, plan, price):
        """Tell whether another plan holds at once: a dearer one does.

        A cheaper one holds from the end of the billing period. What was agreed for the
        subscription alone counts, not what its plan costs others.

        Args:
            plan: The other ``fusion.billing.plan``.
            price: Of a period of it for this subscription.
        """
        before = self.x_fc_service_plan_id._per_year(self._fc_plan_price())
        return plan._per_year(price) >= before

    def _fc_move_begin(self, begins):
        """Let a subscription that has not begun begin at another moment, its invoices with it."""
        first_day = self._fc_day(begins)
        moved = {"x_fc_subscribed_at": begins, "start_date": first_day}
        if self.x_fc_trial_ends_on:
            moved["x_fc_trial_ends_on"] = self.x_fc_trial_ends_on + (first_day - self.start_date)
        self.write(moved)
        start, end = days_at(self._fc_recurrence(), fields.Datetime.now())
        first = self._fc_first_billed(start, end)
        self.write(
            {
                # Of a shadow it is until when the old side has billed.
                "next_invoice_date": end if self.x_fc_shadow else self._fc_first_due(first),
                "x_fc_billed_until": False if self.x_fc_shadow else first,
                "x_fc_usage_from": False if self.x_fc_shadow else self._fc_first_used(),
            }
        )

    def _fc_go_live(self, period, before):
        """Confirm a subscription that its service started just now; Odoo bills it from then on.

        Odoo bills a plan's price ahead. After a change of plan what the order before has billed
        stays as it is: the new price begins where that ends, so that no day is billed twice.

        Args:
            period: Days of the period that runs now, or of the first.
            before: The order of the plan before, or None.
        """
        self._release_from_shadow()
        self.action_confirm()
        billed_until = before.next_invoice_date if before else None
        first = min(max(period[0], billed_until), period[1]) if billed_until else period[0]
        self.write({"next_invoice_date": first, "x_fc_billed_until": first})
        # Whoever pays by card goes on paying by it on another plan.
        self.payment_token_id = before.payment_token_id if before else False
        self.env["fusion.billing.charge"]._follow_orders(
            self.x_fc_service_id, [self.x_fc_nexacloud_plan_id]
        )

from collections import defaultdict

from odoo import api, fields, models

from ..metering.periods import Calendar
from ..metering.subscriptions import ENDED, company_zone


class SaleOrder(models.Model):
    """An order as its service knows it: a subscription with an id, a plan, a start and an end."""

    _inherit = "sale.order"

    x_fc_account_link_id = fields.Many2one(
        "fusion.billing.account.link",
        "Account",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The account of the service that holds this subscription.",
    )
    x_fc_service_plan_id = fields.Many2one(
        "fusion.billing.plan", "Service Plan", compute="_compute_x_fc_service_plan_id"
    )
    x_fc_billing_time = fields.Selection(
        [("anniversary", "From the First Day"), ("calendar", "Calendar Month")],
        "Billing Periods",
        readonly=True,
        copy=False,
        help="When a billing period begins: on the subscription's own day (also if this is "
        "empty), or on the first of the month.",
    )
    x_fc_subscribed_at = fields.Datetime("Subscribed", readonly=True, copy=False)
    x_fc_ending_at = fields.Datetime("Ends", readonly=True, copy=False)
    x_fc_terminated_at = fields.Datetime("Terminated", readonly=True, copy=False)
    x_fc_previous_id = fields.Many2one(
        "sale.order",
        "Subscription Before",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The same subscription on the plan that it had before.",
    )
    x_fc_next_ids = fields.One2many("sale.order", "x_fc_previous_id", "Subscription After")

    # A subscription's id, as its service says it, comes back with each change of its plan.
    _fc_public_id_idx = models.Index(
        "(x_fc_service_id, COALESCE(x_fc_nexacloud_subscription_id, x_fc_external_id)) "
        "WHERE x_fc_service_id IS NOT NULL"
    )

    @api.depends("x_fc_service_id", "x_fc_nexacloud_plan_id")
    def _compute_x_fc_service_plan_id(self):
        ids_of = defaultdict(set)
        for order in self:
            ids_of[order.x_fc_service_id.id].add(order.x_fc_nexacloud_plan_id)
        plans = self.env["fusion.billing.plan"].with_context(active_test=False)
        found = {
            (service_id, plan.external_id): plan
            for service_id, plan_ids in ids_of.items()
            for plan in plans.search(
                [("service_id", "=", service_id), ("external_id", "in", list(plan_ids - {False}))]
            )
        }
        for order in self:
            key = order.x_fc_service_id.id, order.x_fc_nexacloud_plan_id
            order.x_fc_service_plan_id = found.get(key, plans)

    def _fc_public_id(self):
        """Return the subscription's id in its service."""
        return self.x_fc_nexacloud_subscription_id or self.x_fc_external_id or None

    def _fc_link(self):
        """Return the account that holds the subscription.

        An order that was loaded before accounts were noted on orders has its contact's first.
        """
        if self.x_fc_account_link_id or not self:
            return self.x_fc_account_link_id
        return self.env["fusion.billing.account.link"].search(
            [
                ("service_id", "=", self.x_fc_service_id.id),
                ("partner_id", "=", self.partner_id.id),
            ],
            order="id",
            limit=1,
        )

    def _fc_calendar(self):
        """Return the subscription's billing periods, or None without a start."""
        if not self.start_date:
            return None
        zone = company_zone(self.x_fc_service_id.company_id)
        aligned = self.x_fc_billing_time == "calendar"
        return Calendar(self.start_date, "month", 1, zone, aligned)

    def _fc_ends_at(self):
        """Return the moment from which the subscription is over, or False."""
        moments = [moment for moment in (self.x_fc_terminated_at, self.x_fc_ending_at) if moment]
        return min(moments, default=False)

    def _fc_status(self):
        """Return Lago's word for where the subscription stands."""
        now = fields.Datetime.now()
        ends_at = self._fc_ends_at()
        if self.state == "cancel":
            return "terminated" if ends_at else "canceled"
        if (ends_at and ends_at <= now) or self.subscription_state in ENDED:
            return "terminated"
        if self.x_fc_previous_id and self.x_fc_subscribed_at:
            # The day of a change of plan belongs to both: the moment decides.
            return "pending" if self.x_fc_subscribed_at > now else "active"
        calendar = self._fc_calendar()
        return "pending" if calendar and calendar.boundary(0) > now else "active"

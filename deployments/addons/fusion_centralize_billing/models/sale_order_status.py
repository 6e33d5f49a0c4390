"""Where a subscription stands, in Lago's words: each status is one condition on an order."""

from odoo import api, fields, models
from odoo.fields import Domain

from ..periods.calendar import day_of
from ..periods.stored import company_zone
from .sale_order_following import CLOSED, RENEWED

STATUSES = ("pending", "active", "terminated", "canceled")
#: What is not over.
CURRENT = ("pending", "active")


class FusionBillingOrderStatus(models.AbstractModel):
    """The status of a service's subscription, of one order and of a list by the same rule."""

    _name = "fusion.billing.order.status"
    _description = "Subscription Status"

    x_fc_status = fields.Selection(
        [(status, status.capitalize()) for status in STATUSES],
        "Status in Service",
        compute="_compute_x_fc_status",
        search="_search_x_fc_status",
        help="Pending: begins later. Terminated: over. Canceled: never was.",
    )

    @api.depends(
        "x_fc_service_id",
        "x_fc_terminated_at",
        "x_fc_ending_at",
        "x_fc_subscribed_at",
        "x_fc_previous_id",
        "state",
        "subscription_state",
        "start_date",
        "x_fc_next_ids.state",
    )
    def _compute_x_fc_status(self):
        self.x_fc_status = False
        by_zone = self.filtered("x_fc_service_id").grouped(
            lambda order: company_zone(order.x_fc_service_id.company_id)
        )
        for zone, orders in by_zone.items():
            for status, condition in _conditions(zone).items():
                orders.filtered_domain(condition).x_fc_status = status

    def _search_x_fc_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        services = self.env["fusion.billing.service"].sudo().with_context(active_test=False)
        by_zone = services.search([]).grouped(lambda service: company_zone(service.company_id))
        domains = [Domain("x_fc_service_id", "=", False)] if False in value else []
        for zone, ours in by_zone.items():
            conditions = _conditions(zone)
            wanted = Domain.OR(conditions[status] for status in STATUSES if status in value)
            domains.append(Domain("x_fc_service_id", "in", ours.ids) & wanted)
        return Domain.OR(domains)

    def _fc_ends_at(self):
        """Return the moment from which the subscription is over, or False."""
        moments = [moment for moment in (self.x_fc_terminated_at, self.x_fc_ending_at) if moment]
        return min(moments, default=False)


def _conditions(zone: str) -> dict[str, Domain]:
    """Return the condition of each status, now; of every order exactly one holds."""
    now = fields.Datetime.now()
    today = day_of(now, zone)
    has_end = Domain("x_fc_terminated_at", "!=", False) | Domain("x_fc_ending_at", "!=", False)
    # Until its renewal begins, the order that is renewed runs.
    renewed = (
        Domain("subscription_state", "=", RENEWED)
        & has_end
        & Domain("x_fc_next_ids", "any", [("subscription_id", "!=", False), ("state", "=", "sale")])
    )
    over = (
        Domain("x_fc_terminated_at", "<=", now)
        | Domain("x_fc_ending_at", "<=", now)
        | (Domain("subscription_state", "in", [RENEWED, CLOSED]) & ~renewed)
    )
    # The day of a change of plan belongs to both orders: the moment decides.
    by_moment = Domain("x_fc_previous_id", "!=", False) & Domain("x_fc_subscribed_at", "!=", False)
    later = (by_moment & Domain("x_fc_subscribed_at", ">", now)) | (
        ~by_moment & Domain("start_date", ">", today)
    )
    canceled = Domain("state", "=", "cancel")
    return {
        "canceled": canceled & ~has_end,
        "terminated": (canceled & has_end) | (~canceled & over),
        "pending": ~canceled & ~over & later,
        "active": ~canceled & ~over & ~later,
    }

"""Lago's statuses of subscriptions as conditions on orders; ``sale.order._fc_status`` in SQL."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from odoo import fields
from odoo.fields import Domain

from odoo.addons.fusion_centralize_billing.models.sale_order import ENDED
from odoo.addons.fusion_centralize_billing.models.sale_order_following import RENEWED
from odoo.addons.fusion_centralize_billing.periods.zone import company_zone

STATUSES = ("pending", "active", "terminated", "canceled", "incomplete")


def status_domain(service, statuses: list[str]) -> Domain:
    """Return the condition that an order of the service is in one of the statuses."""
    now = fields.Datetime.now()
    today = datetime.now(UTC).astimezone(ZoneInfo(company_zone(service.company_id))).date()
    has_end = Domain("x_fc_terminated_at", "!=", False) | Domain("x_fc_ending_at", "!=", False)
    no_end = Domain("x_fc_terminated_at", "=", False) & Domain("x_fc_ending_at", "=", False)
    canceled, kept = Domain("state", "=", "cancel"), Domain("state", "!=", "cancel")
    # Until its renewal begins, the order that is renewed runs.
    renewed = (
        Domain("subscription_state", "=", RENEWED)
        & has_end
        & Domain("x_fc_next_ids", "any", [("subscription_id", "!=", False), ("state", "=", "sale")])
    )
    ended = Domain("subscription_state", "in", list(ENDED)) & ~renewed
    over = Domain("x_fc_terminated_at", "<=", now) | Domain("x_fc_ending_at", "<=", now) | ended
    goes_on = (
        _empty_or_after("x_fc_terminated_at", now) & _empty_or_after("x_fc_ending_at", now) & ~ended
    )
    changed = Domain("x_fc_previous_id", "!=", False) & Domain("x_fc_subscribed_at", "!=", False)
    unchanged = Domain("x_fc_previous_id", "=", False) | Domain("x_fc_subscribed_at", "=", False)
    begins_later = (changed & Domain("x_fc_subscribed_at", ">", now)) | (
        unchanged & Domain("start_date", ">", today)
    )
    has_begun = (changed & Domain("x_fc_subscribed_at", "<=", now)) | (
        unchanged & (Domain("start_date", "=", False) | Domain("start_date", "<=", today))
    )
    conditions = {
        "canceled": canceled & no_end,
        "terminated": (canceled & has_end) | (kept & over),
        "pending": kept & goes_on & begins_later,
        "active": kept & goes_on & has_begun,
    }
    return Domain.OR([conditions[status] for status in statuses if status in conditions])


def _empty_or_after(field: str, moment) -> Domain:
    return Domain(field, "=", False) | Domain(field, ">", moment)

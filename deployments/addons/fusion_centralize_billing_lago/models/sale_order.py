import logging
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.periods.calendar import day_of, midnight, period_at
from odoo.addons.fusion_centralize_billing.periods.shares import share_of

from ..crediting.endings import settle_agreed_end
from ..webhooks.tell_subscriptions import tell_thresholds, tell_upsold
from ..webhooks.telling import note

_logger = logging.getLogger(__name__)

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

    x_fc_api_values = fields.Json("Told by Service", readonly=True, copy=False)

    def _get_protected(self):
        return super()._get_protected() | {"x_fc_api_values"}

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

    def _fc_recurring_period_ends_at(self):
        """Return the moment at which the period of the price that runs now ends; now without."""
        now, calendar = fields.Datetime.now(), self._fc_recurrence()
        period = calendar and period_at(calendar, now)
        return period[1] if period else now

    def _fc_go_live(self, period, before):
        """Confirm a subscription; on another plan its price begins with its first day.

        What the plan before has billed of that and later days is credited, so that no day is
        billed twice. In arrears the first invoice comes when the first period is over; of an
        earlier begin nothing that is over, or was due, is billed.
        """
        result = super()._fc_go_live(period, None)
        first = self._fc_first_billed(*period)
        if before:
            first = max(first, before._fc_billed_beyond() or first)
            self.payment_token_id = before.payment_token_id
        self.write(
            {
                "next_invoice_date": self._fc_first_due(first),
                "x_fc_billed_until": first,
                "x_fc_usage_from": self._fc_first_used(),
            }
        )
        return result

    def _fc_billed_beyond(self):
        """Return the day until which an order that ends later is billed, or False."""
        ends_later = self.x_fc_ending_at and not self.x_fc_terminated_at
        return ends_later and (self.x_fc_billed_until or self.next_invoice_date)

    @api.model
    def _cron_settle_ends(self):
        """Settle the ends that were agreed and have come; one that fails keeps no other back.

        Odoo bills no part of a period that is due in arrears, and credits none that was paid
        ahead: it closes a subscription on its last day.
        """
        over = self.search(
            [
                ("state", "=", "sale"),
                ("x_fc_shadow", "!=", True),
                ("x_fc_service_id.source", "=", "lago"),
                ("x_fc_terminated_at", "=", False),
                ("x_fc_ending_at", "<=", fields.Datetime.now()),
            ],
            order="x_fc_ending_at, id",
        )
        for done, order in enumerate(over, start=1):
            try:
                with self.env.cr.savepoint():
                    settle_agreed_end(order)
            except UserError:
                _logger.exception("The end of %s cannot be settled.", order.name)
            self.env["ir.cron"]._commit_progress(processed=1, remaining=len(over) - done)

    def _fc_bill_until(self, day):
        """Invoice the days of the running period before ``day``, of a price due in arrears.

        Fixed charges are due whole, as Lago has them.
        """
        self.ensure_one()
        period = self._fc_next_period()
        zone = self._fc_zone()
        used = (day - day_of(period[0], zone)).days if period else 0
        if used <= 0:
            return None
        part, whole = self._fc_billed_days(period[0])
        # The days that cost are the last ones: those of a trial come before them.
        billed = max(0, part - max(0, (day_of(period[1], zone) - day).days))
        lines = self.order_line.filtered(
            lambda line: (
                line.product_id.recurring_invoice
                and not line.display_type
                and self._fc_line_is_due(line, period[0])
            )
        )
        commands = []
        for place, line in enumerate(lines):
            values = line._prepare_invoice_line(sequence=place)
            values["quantity"] = line.product_uom_qty
            if not line.x_fc_item:
                price = Decimal(repr(line.price_unit))
                values["price_unit"] = float(share_of(price, (billed, whole)))
            values["x_fc_period_end"] = midnight(day, zone)
            commands.append(fields.Command.create(values))
        if not commands:
            return None
        invoice = {
            **self._prepare_invoice(),
            "invoice_date": fields.Date.context_today(self),
            "invoice_line_ids": commands,
        }
        move = self._create_account_invoices([invoice], final=False)
        move.action_post()
        self._fc_collect(move)
        return move


class FusionBillingUsageThreshold(models.Model):
    """Thresholds of which the apps are told."""

    _inherit = "fusion.billing.usage.threshold"

    def _reached(self):
        tell_thresholds(self)
        return super()._reached()

from datetime import timedelta

from odoo import api, models
from odoo.tools import format_date

from ..periods.calendar import day_of, midnight, period_at
from ..periods.zone import company_zone
from ..prices import PROTECTED

# Odoo's own key: the price comes from a computation, nobody set it.
_COMPUTED = "sale_write_from_compute"


class SaleOrderLine(models.Model):
    """Lines of a service's orders: their prices stay, their days are the calendar's."""

    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        orders = self.env["sale.order"]
        for vals in vals_list:
            if "price_unit" in vals and orders.browse(vals.get("order_id")).x_fc_service_id:
                vals["technical_price_unit"] = PROTECTED
        return super().create(vals_list)

    def write(self, vals):
        if {"price_unit", "technical_price_unit"}.isdisjoint(vals) or self.env.context.get(
            _COMPUTED
        ):
            return super().write(vals)
        ours = self.filtered("order_id.x_fc_service_id")
        if self - ours:
            super(SaleOrderLine, self - ours).write(dict(vals))
        # Odoo drops the protection from a write that has no price; this context keeps it.
        protected = ours.with_context(**{_COMPUTED: True})
        return super(SaleOrderLine, protected).write({**vals, "technical_price_unit": PROTECTED})

    def _prepare_invoice_line(self, **optional_values):
        """Note on the invoice line of a recurring price which period it bills.

        Odoo counts a period from the last one's end, so that 31 January, 28 February is followed
        by 28 March. Here a period ends where the subscription's calendar says, and Odoo's next
        date follows the last day that a line bills.
        """
        values = super()._prepare_invoice_line(**optional_values)
        period = self._fc_recurring_period()
        if period:
            values["x_fc_period_start"], values["x_fc_period_end"] = period
            zone = company_zone(self.order_id.company_id)
            first, end = (day_of(moment, zone) for moment in period)
            last = end - timedelta(days=1)
            if "deferred_end_date" in self.env["account.move.line"]._fields:
                values["deferred_start_date"], values["deferred_end_date"] = first, last
            days = f"{format_date(self.env, first)} - {format_date(self.env, last)}"
            values["name"] = f"{self.name}\n{days}"
        return values

    def _fc_recurring_period(self):
        """Return the period that the next invoice bills of this line, or None."""
        order = self.order_id
        calendar = order._fc_recurrence()
        if not (
            order.x_fc_service_id
            and self.product_id.recurring_invoice
            and order.next_invoice_date
            and calendar
            and order.subscription_state != "7_upsell"
        ):
            return None
        start = midnight(order.next_invoice_date, calendar.zone)
        period = period_at(calendar, start)
        return (start, period[1]) if period else None

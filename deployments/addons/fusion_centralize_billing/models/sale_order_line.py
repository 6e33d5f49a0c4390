from odoo import models

from ..periods.calendar import Calendar, midnight, period_at
from ..periods.zone import company_zone


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _prepare_invoice_line(self, **optional_values):
        """Note on the invoice line of a recurring price which period it bills.

        A reconciliation compares by period, and Community's invoice lines have none.
        """
        values = super()._prepare_invoice_line(**optional_values)
        period = self._fc_recurring_period()
        if period:
            values["x_fc_period_start"], values["x_fc_period_end"] = period
        return values

    def _fc_recurring_period(self):
        """Return the period that the next invoice bills of this line, or None."""
        order, plan = self.order_id, self.order_id.plan_id
        if not (
            order.x_fc_service_id
            and self.product_id.recurring_invoice
            and order.start_date
            and order.next_invoice_date
            and plan
        ):
            return None
        zone = company_zone(order.company_id)
        start = midnight(order.next_invoice_date, zone)
        unit, count = plan.billing_period_unit, plan.billing_period_value
        aligned = order.x_fc_billing_time == "calendar"
        period = period_at(Calendar(order.start_date, unit, count, zone, aligned), start)
        return (start, period[1]) if period else None
